"""Batches: what their jobs carry, and accumulators and broadcasts in their functions."""

from pyrite.testing import advance, streaming_context


def facts(row):
    from pyrite import TaskContext

    names = "colour spark.jobGroup.id spark.streaming.internal.batchTime spark.streaming.internal.outputOpId"
    c = TaskContext.get()
    return [c.getLocalProperty(name) for name in names.split()]


def test_jobs_carry_the_starters_properties():
    with streaming_context() as ssc:
        sc = ssc._sc
        seen, driver = [], []
        stream = ssc.queueStream([[1], [2]])
        stream.map(facts).foreachRDD(lambda rdd: seen.append(rdd.first()))
        stream.foreachRDD(lambda rdd: driver.append(sc.getLocalProperty("spark.job.description")))
        sc.setLocalProperty("colour", "red")
        sc.setJobGroup("group", "ours")
        ssc.start()
        sc.setLocalProperty("colour", "blue")
        advance(ssc, 2)
    assert seen == [["red", None, "1000", "0"], ["red", None, "2000", "0"]]
    assert driver[0].startswith(
        'Streaming job from <a href="/streaming/batch/?id=1000">[output operation 1, batch time '
    )


def test_jobs_of_functions_that_make_batches_carry_them_too():
    with streaming_context() as ssc:
        seen = []
        stream = ssc.queueStream([[1], [2]])
        stream.transform(lambda rdd: (seen.append(rdd.map(facts).first()), rdd)[1]).foreachRDD(lambda rdd: None)
        ssc._sc.setLocalProperty("colour", "red")
        ssc._sc.setJobGroup("group", "ours")
        ssc.start()
        advance(ssc, 2)
    assert seen == [["red", None, None, None]] * 2


def test_a_job_of_a_function_that_makes_a_batch_ends_with_the_stream(caplog):
    import time

    with streaming_context() as ssc:
        sc = ssc._sc
        stream = ssc.queueStream([[1]])
        stream.transform(lambda rdd: (rdd.foreach(lambda x: time.sleep(20)), rdd)[1]).foreachRDD(lambda rdd: None)
        ssc.start()
        ssc._clock.advance(1000)
        while not sc.statusTracker().getActiveJobsIds():
            time.sleep(0.01)
        ssc._end(graceful=False, grace=0.1)
        assert sc.statusTracker().getActiveJobsIds() == []
        assert "gave up" not in caplog.text


def test_accumulators_and_broadcasts():
    with streaming_context() as ssc:
        count, names = ssc._sc.accumulator(0), ssc._sc.broadcast({1: "one", 2: "two"})
        said = []

        def each(x):
            count.add(x)
            return names.value[x]

        def output(rdd):
            said.extend(rdd.collect())
            count.add(100)

        ssc.queueStream([[1, 2], [2]]).map(each).foreachRDD(output)
        ssc.start()
        advance(ssc, 2)
    assert (said, count.value) == (["one", "two", "two"], 205)


def test_jobs_of_batches_are_cancelled_by_tag():
    import threading
    import time

    with streaming_context() as ssc:
        sc = ssc._sc
        sc.addJobTag("stream")
        failed = []

        def output(rdd):
            try:
                rdd.foreach(lambda x: time.sleep(20))
            except Exception as error:
                failed.append(str(error))

        ssc.queueStream([[1]]).foreachRDD(output)
        ssc.start()

        def cancel():
            while not failed:
                sc.cancelJobsWithTag("stream")
                time.sleep(0.01)

        thread = threading.Thread(target=cancel)
        thread.start()
        advance(ssc)
        thread.join()
    assert "part of cancelled job tags stream" in failed[0]
