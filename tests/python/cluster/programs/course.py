import findspark

findspark.init()
import pyspark
from pyspark import SparkConf, SparkContext
from pyspark.streaming import StreamingContext

sc = pyspark.SparkContext(master="local[2]")
ssc = StreamingContext(sc, 10)
lines = ssc.socketTextStream("localhost", 9999)
import re

words = lines.flatMap(lambda line: re.split("\W+", line))
words = words.filter(lambda word: len(word) > 0)
wordsLower = words.map(lambda w: w.lower())
wordAndOne = wordsLower.map(lambda w: (w, 1))
wordCount = wordAndOne.reduceByKey(lambda v1, v2: v1 + v2)
sortedWC = wordCount.transform(lambda rdd: rdd.sortBy(lambda x: x[1], False))
sortedWC.pprint()
ssc.start()
ssc.awaitTermination()
