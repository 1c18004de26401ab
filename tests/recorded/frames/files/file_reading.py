"""Files that are read with options: the cases, and what a session answers. Both Pyrite and real PySpark run this."""

import json
import os

PEOPLE = '{"name":"ann","age":30}\n{"name":"bob"}\n\n{"name":null,"age":-1,"more":true}\n'
NESTED = (
    '{"id":1,"tags":["a","b"],"at":{"x":1.5,"y":null}}\n{"id":2,"tags":[],"at":{"x":2,"z":"q"}}\n{"id":3,"tags":null}\n'
)
BAD = '{"a":1,"b":"x"}\n{"a":2,\nnot json\n{"a":"three","b":"y"}\n[{"a":4,"b":"z"},{"a":5}]\n7\n{"a":6.5,"b":7}\n{"a":99999999999,"b":{"c":[1, 2.0]}}\n'
KINDS = (
    '{"d":"2024-02-03","t":"2024-02-03T04:05:06.789Z","n":"12.345","f":1,"b":true,"s":1.50,"y":"YWJj"}\n'
    '{"d":"2024-13-40","t":"nonsense","n":1234567.891,"f":"NaN","b":"true","s":{"k":[1,null]},"y":null}\n'
    '{"d":"2024-2-3","t":"2024-02-03 04:05:06","n":1e3,"f":"1.5","b":0,"s":true,"y":"!"}\n'
    '{"d":20240203,"t":1700000000,"n":true,"f":1e400,"b":null,"s":"plain","y":5}\n'
)
KINDS_SCHEMA = "d date, t timestamp, n decimal(8,2), f double, b boolean, s string, y binary"
CSV = 'id,name,score,day\n1,ann,1.5,2024-01-02\n2,"b, ob",,2024-01-03\n3,"say ""hi""",x,bad\n'
SHORT = "1,2,3\n4,5\n6\n7,8,9,10\n\n11,12,13\n"
TYPED = "1,true,2024-01-02 03:04:05,7.25\n,false,,\nx,maybe,yesterday,many\n 4 , true ,2024-01-02, 1.5 \n"
TYPED_SCHEMA = "a int, b boolean, c timestamp, d double"

# name: (format, files, schema, options)
CASES = {
    "json people": ("json", {"a.json": PEOPLE}, None, {}),
    "json two files": ("json", {"a.json": '{"b":1}\n', "b.json": '{"a":"x","b":2.5}\n'}, None, {}),
    "json nested": ("json", {"a.json": NESTED}, None, {}),
    "json nested with a schema": ("json", {"a.json": NESTED}, "id bigint, tags array<string>, at struct<x:double,z:string>, none int", {}),
    "json as a map": ("json", {"a.json": '{"m":{"a":1,"b":2}}\n{"m":{}}\n{"m":{"a":"x"}}\n'}, "m map<string,int>", {}),
    "json types that meet": ("json", {"a.json": '{"a":1,"b":1,"c":[1],"d":{"x":1},"e":null}\n{"a":2.5,"b":"t","c":[null,"u"],"d":{"x":true,"y":2}}\n{"a":true,"c":[]}\n'}, None, {}),
    "json whole numbers": ("json", {"a.json": '{"a":1}\n{"a":9223372036854775807}\n{"a":9223372036854775808}\n'}, None, {}),
    "json large whole number": ("json", {"a.json": '{"a":9223372036854775807}\n'}, None, {}),
    "json bad lines": ("json", {"a.json": BAD}, None, {}),
    "json bad lines with a schema": ("json", {"a.json": BAD}, "a int, b string", {}),
    "json corrupt column": ("json", {"a.json": BAD}, "a int, b string, _corrupt_record string", {}),
    "json other corrupt column": ("json", {"a.json": BAD}, "a int, bad string", {"columnNameOfCorruptRecord": "bad"}),
    "json dropped": ("json", {"a.json": BAD}, "a int, b string", {"mode": "DROPMALFORMED"}),
    "json dropped, inferred": ("json", {"a.json": BAD}, None, {"mode": "DROPMALFORMED"}),
    "json fails fast": ("json", {"a.json": BAD}, "a int, b string", {"mode": "FAILFAST"}),
    "json fails fast, inferred": ("json", {"a.json": BAD}, None, {"mode": "FAILFAST"}),
    "json good and fast": ("json", {"a.json": PEOPLE}, "name string, age int", {"mode": "failfast"}),
    "json only corrupt asked": ("json", {"a.json": "{\n"}, None, {}),
    "json kinds": ("json", {"a.json": KINDS}, KINDS_SCHEMA, {}),
    "json kinds corrupt": ("json", {"a.json": KINDS}, KINDS_SCHEMA + ", _corrupt_record string", {}),
    "json kinds dropped": ("json", {"a.json": KINDS}, KINDS_SCHEMA, {"mode": "DROPMALFORMED"}),
    "json small ints": ("json", {"a.json": '{"a":1,"b":1,"c":1}\n{"a":300,"b":70000,"c":9999999999}\n{"a":"5","b":true,"c":1.0}\n'}, "a tinyint, b smallint, c bigint", {}),
    "json times inferred": ("json", {"a.json": '{"t":"2024-01-02T03:04:05Z","d":"2024-01-02"}\n'}, None, {}),
    "json times wanted": ("json", {"a.json": '{"t":"2024-01-02T03:04:05Z","d":"2024-01-02"}\n'}, None, {"inferTimestamp": "true"}),
    "json date formats": ("json", {"a.json": '{"d":"03/02/2024","t":"03/02/2024 04:05"}\n{"d":"2024-02-03","t":"x"}\n'}, "d date, t timestamp", {"dateFormat": "dd/MM/yyyy", "timestampFormat": "dd/MM/yyyy HH:mm"}),
    "json primitives": ("json", {"a.json": '{"a":1,"b":[true,2.0],"c":{"d":null}}\n'}, None, {"primitivesAsString": "true"}),
    "json decimals": ("json", {"a.json": '{"a":1.25,"b":3}\n{"a":10.5,"b":4}\n'}, None, {"prefersDecimal": "true"}),
    "json all null dropped": ("json", {"a.json": '{"a":null,"b":[],"c":1,"d":{"e":null}}\n'}, None, {"dropFieldIfAllNull": "true"}),
    "json of many lines": ("json", {"a.json": '[\n {"a": 1,\n  "b": "x"},\n {"a": 2}\n]\n', "b.json": '{"a":\n3}'}, None, {"multiLine": "true"}),
    "json of many lines, bad": ("json", {"a.json": '[{"a":1},', "b.json": '{"a":\n3}'}, "a int, _corrupt_record string", {"multiLine": "true"}),
    "json unquoted and comments": ("json", {"a.json": "{'a':1}\n{\"a\":2} /* two */\n{b:3}\n"}, None, {}),
    "json twice the name": ("json", {"a.json": '{"a":1,"a":2}\n'}, "a int", {}),
    "json other case": ("json", {"a.json": '{"A":1}\n'}, "a int", {}),
    "json partitions": ("json", {"k=1/a.json": '{"v":1}\n', "k=2/a.json": '{"v":2}\n'}, None, {}),
    "json partitions with a schema": ("json", {"k=1/a.json": '{"v":1}\n', "k=2/a.json": '{"v":2}\n'}, "v int, k string", {}),
    "json empty": ("json", {"a.json": ""}, "a int", {}),
    "json text escapes": ("json", {"a.json": '{"a":"\\u00e9\\n\\"한글 \\ud83d\\ude00"}\n{"a":"tab\there"}\n'}, "a string", {}),
    "json scalars in structs": ("json", {"a.json": '{"a":1}\n{"a":{"b":2}}\n{"a":[{"b":3}]}\n'}, "a struct<b:int>", {}),
    "json arrays of structs": ("json", {"a.json": '{"a":[{"b":1},{"b":"x"},null,{}]}\n{"a":{"b":2}}\n'}, "a array<struct<b:int>>", {}),
    "json time in a struct": ("json", {"a.json": '{"a":{"t":"2024-01-02 03:04:05"},"l":["2024-01-02",null]}\n'}, "a struct<t:timestamp>, l array<date>", {}),
    "csv as text": ("csv", {"a.csv": CSV}, None, {}),
    "csv header": ("csv", {"a.csv": CSV}, None, {"header": "true"}),
    "csv inferred": ("csv", {"a.csv": CSV}, None, {"header": "true", "inferSchema": "true"}),
    "csv inferred kinds": ("csv", {"a.csv": "1,1.5,true,2024-01-02,2024-01-02 03:04:05,99999999999,x,,1e3\n2,3,false,2024-02-03,2024-01-02T03:04:05,5,y,,7\n"}, None, {"inferSchema": "true"}),
    "csv schema": ("csv", {"a.csv": CSV}, "id int, name string, score double, day date", {"header": "true"}),
    "csv dropped": ("csv", {"a.csv": CSV}, "id int, name string, score double, day date", {"header": "true", "mode": "DROPMALFORMED"}),
    "csv fails fast": ("csv", {"a.csv": CSV}, "id int, name string, score double, day date", {"header": "true", "mode": "FAILFAST"}),
    "csv good and fast": ("csv", {"a.csv": "1,a\n2,b\n"}, "x int, y string", {"mode": "FAILFAST"}),
    "csv corrupt column": ("csv", {"a.csv": CSV}, "id int, name string, score double, day date, _corrupt_record string", {"header": "true"}),
    "csv short lines": ("csv", {"a.csv": SHORT}, None, {}),
    "csv short lines with a schema": ("csv", {"a.csv": SHORT}, "a int, b int, c int", {}),
    "csv short lines dropped": ("csv", {"a.csv": SHORT}, "a int, b int, c int", {"mode": "DROPMALFORMED"}),
    "csv short lines corrupt": ("csv", {"a.csv": SHORT}, "a int, b int, c int, _corrupt_record string", {}),
    "csv short lines fail": ("csv", {"a.csv": SHORT}, "a int, b int, c int", {"mode": "FAILFAST"}),
    "csv more columns": ("csv", {"a.csv": "1,2\n"}, "a int, b int, c string", {}),
    "csv typed": ("csv", {"a.csv": TYPED}, TYPED_SCHEMA, {}),
    "csv trimmed": ("csv", {"a.csv": TYPED}, TYPED_SCHEMA, {"ignoreLeadingWhiteSpace": "true", "ignoreTrailingWhiteSpace": "true"}),
    "csv trimmed texts": ("csv", {"a.csv": ' a ," b ",c \n'}, None, {"ignoreLeadingWhiteSpace": "true", "ignoreTrailingWhiteSpace": "true"}),
    "csv nulls": ("csv", {"a.csv": 'NA,x,""\n,NA,""\n'}, None, {"nullValue": "NA"}),
    "csv empties": ("csv", {"a.csv": 'a,"",\n"",,b\n'}, None, {}),
    "csv emptyValue": ("csv", {"a.csv": 'a,"",\n'}, None, {"emptyValue": "EMPTY"}),
    "csv other separator": ("csv", {"a.csv": "1|2|3\n4|'5|6'|7\n"}, None, {"sep": "|", "quote": "'"}),
    "csv tab": ("csv", {"a.csv": "1\t2\n"}, None, {"delimiter": "\\t"}),
    "csv long separator": ("csv", {"a.csv": "1||2||x|y\n"}, None, {"sep": "||"}),
    "csv comments": ("csv", {"a.csv": "# one\n1,2\n#3,4\n5,#6\n"}, None, {"comment": "#"}),
    "csv escapes": ("csv", {"a.csv": '"a\\"b","c\\\\d",e\\n\n"x""y",\'z\'\n'}, None, {}),
    "csv escape is quote": ("csv", {"a.csv": '"a""b",c\n'}, None, {"escape": '"'}),
    "csv many lines": ("csv", {"a.csv": 'a,b\n1,"two\nlines"\n2,x\n'}, None, {"header": "true", "multiLine": "true"}),
    "csv one line": ("csv", {"a.csv": 'a,b\n1,"two\nlines"\n2,x\n'}, None, {"header": "true"}),
    "csv date formats": ("csv", {"a.csv": "03/02/2024,03.02.2024 04:05:06\nx,y\n"}, "d date, t timestamp", {"dateFormat": "dd/MM/yyyy", "timestampFormat": "dd.MM.yyyy HH:mm:ss"}),
    "csv headers twice": ("csv", {"a.csv": "a,a,,b\n1,2,3,4\n"}, None, {"header": "true"}),
    "csv headers of two files": ("csv", {"a.csv": "a,b\n1,2\n", "b.csv": "a,b\n3,4\n"}, None, {"header": "true"}),
    "csv header does not match": ("csv", {"a.csv": "x,y\n1,2\n"}, "a int, b int", {"header": "true"}),
    "csv numbers": ("csv", {"a.csv": "NaN,Inf,1e5,+7,1_000,0x1F\n-Inf,Infinity,.5,-0,1.,07\n"}, "a double, b double, c double, d int, e double, f int", {}),
    "csv decimals": ("csv", {"a.csv": '1.005,"1,234.5",99999999.99\n'}, "a decimal(5,2), b decimal(8,1), c decimal(5,2)", {}),
    "csv crlf": ("csv", {"a.csv": "a,b\r\n1,2\r\n"}, None, {"header": "true"}),
    "csv partitions": ("csv", {"k=x/a.csv": "1\n", "k=y/a.csv": "2\n"}, None, {}),
    "csv partitions that are numbers": ("csv", {"k=1/a.csv": "1\n", "k=02/a.csv": "2\n"}, None, {"inferSchema": "true"}),
    "csv empty file": ("csv", {"a.csv": ""}, "a int", {}),
    "csv quotes in the middle": ("csv", {"a.csv": 'a"b,c"d"e,"f"g\n'}, None, {}),
    "csv latin": ("csv", {"a.csv": "é,1\n"}, None, {"encoding": "ISO-8859-1"}),
    "csv line separator": ("csv", {"a.csv": "1,2;3,4;"}, None, {"lineSep": ";"}),
    "text partitions": ("text", {"k=1/a.txt": "one\ntwo\n", "k=2/a.txt": "three"}, None, {}),
    "text line separator": ("text", {"a.txt": "one;two;"}, None, {"lineSep": ";"}),
    "text whole": ("text", {"a.txt": "one\ntwo\n"}, None, {"wholetext": "true"}),
}  # fmt: skip


def answer(spark, name, folder):
    """The schema and the rows, or the condition of the error."""
    form, files, schema, options = CASES[name]
    for path, content in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "w", encoding=options.get("encoding", "utf-8"), newline="") as file:
            file.write(content)
    try:
        reader = spark.read.format(form).options(**options)
        frame = (reader.schema(schema) if schema else reader).load(folder)
        shown = json.loads(frame.schema.json())
        rows = [repr(tuple(row)) for row in frame.collect()]
    except Exception as error:  # noqa: BLE001 - which one is the answer
        condition = getattr(error, "getCondition", lambda: None)()
        return {"error": condition or type(error).__name__}
    for field in shown["fields"]:
        field.pop("metadata", None)
    return {"schema": shown, "rows": rows if len(files) == 1 else sorted(rows)}
