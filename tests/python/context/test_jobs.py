"""Jobs: groups, tags, descriptions, local properties, cancellation from other threads, and how jobs went."""

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyrite import InheritableThread, inheritable_thread_target
from pyrite.errors import Py4JError, Py4JJavaError


def eventually(seen):
    end = time.monotonic() + 20
    while not (found := seen()):
        assert time.monotonic() < end
        time.sleep(0.005)
    return found


def slow(x):
    import time

    time.sleep(20)
    return x


def cancelled(sc, cancel, action=lambda rows: rows.collect()):
    """The message of a job that another thread cancels once it runs, and how long the cancellation took."""
    began = []

    def other():
        eventually(sc.statusTracker().getActiveStageIds)
        began.append(time.monotonic())
        cancel()

    thread = threading.Thread(target=other)
    thread.start()
    with pytest.raises(Py4JJavaError) as caught:
        action(sc.parallelize(range(4), 4).map(slow))
    took = time.monotonic() - began[0]
    thread.join()
    return caught.value.java_exception.getMessage(), took


def test_properties_groups_and_tags_are_the_threads(sc):
    assert sc.getLocalProperty("x") is None
    sc.setLocalProperty("x", "1")
    assert sc.getLocalProperty("x") == "1"
    sc.setLocalProperty("x", None)
    assert sc.getLocalProperty("x") is None
    sc.setJobGroup("g", "d")
    names = ("spark.jobGroup.id", "spark.job.description", "spark.job.interruptOnCancel")
    assert [sc.getLocalProperty(name) for name in names] == ["g", "d", "false"]
    sc.setJobGroup("g", "d", True)
    assert sc.getLocalProperty(names[2]) == "true"
    sc.setJobGroup(None, None)
    assert [sc.getLocalProperty(name) for name in names] == [None, None, "false"]
    sc.setJobDescription("dd")
    assert sc.getLocalProperty(names[1]) == "dd"
    sc.addJobTag("b")
    sc.addJobTag("a")
    sc.addJobTag("b")
    assert (sc.getJobTags(), sc.getLocalProperty("spark.job.tags")) == ({"a", "b"}, "b,a")
    sc.removeJobTag("b")
    sc.removeJobTag("unknown")
    assert sc.getJobTags() == {"a"}
    sc.clearJobTags()
    assert (sc.getJobTags(), sc.getLocalProperty("spark.job.tags")) == (set(), None)


def test_what_they_refuse(sc):
    for call in (sc.addJobTag, sc.removeJobTag, sc.cancelJobsWithTag):
        for tag, why in (("", "be an empty string."), ("a,b", "contain ','."), (None, "be null.")):
            with pytest.raises(Py4JJavaError, match=f"IllegalArgumentException: Spark job tag cannot {why}"):
                call(tag)
    for call in (
        lambda: sc.addJobTag(1),
        lambda: sc.setLocalProperty("y", 1),
        lambda: sc.setJobGroup(5, 6),
        lambda: sc.setInterruptOnCancel("x"),
        lambda: sc.statusTracker().getJobInfo(None),
    ):
        with pytest.raises(Py4JError):
            call()
    assert [f("nope") for f in (sc.cancelJobGroup, sc.cancelJobsWithTag)] == [None, None]
    assert (sc.cancelJobGroup(None), sc.cancelAllJobs()) == (None, None)


def test_cancelled_by_group(sc):
    sc.setJobGroup("x", "slow ones")
    said, took = cancelled(sc, lambda: sc.cancelJobGroup("x"))
    assert said == "[SPARK_JOB_CANCELLED] Job 0 cancelled part of cancelled job group x SQLSTATE: XXKDA"
    assert took < 2
    # The group can be used again.
    assert sc.parallelize([1]).collect() == [1]


@pytest.mark.parametrize("name", ["sum", "countByValue", "zipWithIndex"])
def test_totals_are_cancelled_by_group(sc, name):
    sc.setJobGroup("x", "slow ones")
    said, took = cancelled(sc, lambda: sc.cancelJobGroup("x"), lambda rows: getattr(rows, name)())
    assert said == "[SPARK_JOB_CANCELLED] Job 0 cancelled part of cancelled job group x SQLSTATE: XXKDA"
    assert took < 2


def test_cancelled_by_tag_and_all(sc):
    sc.addJobTag("red")
    sc.addJobTag("blue")
    said, _ = cancelled(sc, lambda: sc.cancelJobsWithTag("red"))
    assert "Job 0 cancelled part of cancelled job tags red" in said
    said, _ = cancelled(sc, sc.cancelAllJobs)
    assert "Job 1 cancelled as part of cancellation of all jobs" in said
    tracker = sc.statusTracker()
    assert [tracker.getJobInfo(i).status for i in (0, 1)] == ["FAILED", "FAILED"]


def test_only_the_group_is_cancelled(make_sc):
    sc = make_sc("local[2]")
    answers = {}

    def run(group):
        sc.setJobGroup(group, group)
        try:
            answers[group] = sc.parallelize(range(2), 2).map(lambda x: (time.sleep(0.5), x)[1]).collect()
        except Py4JJavaError as error:
            answers[group] = error.java_exception.getMessage()

    threads = [threading.Thread(target=run, args=(group,)) for group in ("keep", "drop")]
    for thread in threads:
        thread.start()
    eventually(lambda: len(sc.statusTracker().getActiveJobsIds()) == 2)
    sc.cancelJobGroup("drop")
    for thread in threads:
        thread.join()
    assert answers["keep"] == [0, 1]
    assert "part of cancelled job group drop" in answers["drop"]


def test_the_tracker_tells_jobs_and_stages(sc):
    tracker = sc.statusTracker()
    assert sc.parallelize([1], 1).collect() == [1]
    sc.setJobGroup("g", "")
    pairs = sc.parallelize(range(4), 3).map(lambda x: (x, 1)).reduceByKey(lambda a, b: a + b, 2)
    pairs.collect()
    with pytest.raises(ZeroDivisionError):
        sc.parallelize([1], 1).map(lambda x: x // 0).collect()
    assert (tracker.getJobIdsForGroup("g"), tracker.getJobIdsForGroup(), tracker.getJobIdsForGroup("z")) == (
        [2, 1],
        [0],
        [],
    )
    assert tracker.getJobInfo(0) == (0, [0], "SUCCEEDED")
    assert tracker.getJobInfo(1) == (1, [1, 2], "SUCCEEDED")
    assert tracker.getJobInfo(2).status == "FAILED"
    assert (tracker.getJobInfo(-1), tracker.getJobInfo(9), tracker.getStageInfo(9)) == (None, None, None)
    shuffle, result, failed = (tracker.getStageInfo(i) for i in (1, 2, 3))
    assert (shuffle.numTasks, shuffle.numCompletedTasks, result.numTasks, result.numCompletedTasks) == (3, 3, 2, 2)
    assert (failed.numTasks, failed.numCompletedTasks, failed.numFailedTasks) == (1, 0, 1)
    assert shuffle.name.startswith("reduceByKey at ")
    assert result.name.startswith(f"collect at {__file__}:")
    assert (tracker.getActiveJobsIds(), tracker.getActiveStageIds()) == ([], [])
    assert len(tracker.getExecutorInfos()) == 1


def test_the_tracker_sees_running_tasks(make_sc):
    sc = make_sc("local[2]")
    tracker = sc.statusTracker()
    seen = []

    def look():
        def half():
            stages = [tracker.getStageInfo(i) for i in tracker.getActiveStageIds()]
            return [s for s in stages if s.numCompletedTasks == 1]

        seen.extend(eventually(half))
        seen.append(tracker.getJobInfo(tracker.getActiveJobsIds()[0]))

    looking = threading.Thread(target=look)
    looking.start()
    sc.parallelize(range(2), 2).map(lambda x: time.sleep(0.5 * x)).collect()
    looking.join()
    stage, job = seen
    assert (stage.numTasks, stage.numActiveTasks, job.status) == (2, 1, "RUNNING")


def test_only_the_newest_are_remembered(make_sc):
    sc = make_sc("local[1]", **{"spark.ui.retainedJobs": 3, "spark.ui.retainedStages": 2})
    for _ in range(5):
        sc.parallelize([1], 1).count()
    tracker = sc.statusTracker()
    assert tracker.getJobIdsForGroup() == [4, 3, 2]
    assert [tracker.getStageInfo(i) is not None for i in range(5)] == [False, False, False, True, True]


def test_inheritable_threads(sc):
    sc.setJobGroup("parent", "")
    seen = []

    def look(*args, **kwargs):
        seen.append((sc.getLocalProperty("spark.jobGroup.id"), args, kwargs))
        sc.setLocalProperty("child", "1")

    plain = threading.Thread(target=look)
    heir = InheritableThread(target=look, args=(1,), kwargs={"x": 2})
    wrapped = inheritable_thread_target(look)
    sc.setJobGroup("later", "")
    later = threading.Thread(target=wrapped)
    for thread in (plain, heir, later):
        thread.start()
        thread.join()
    assert seen == [(None, (), {}), ("later", (1,), {"x": 2}), ("parent", (), {})]
    assert (sc.getLocalProperty("child"), wrapped.__name__) == (None, "look")


def test_collect_with_job_group(sc):
    with pytest.warns(FutureWarning, match="Deprecated in 3.1"):
        assert sc.parallelize([1, 2]).collectWithJobGroup("g", "d") == [1, 2]
    assert sc.getLocalProperty("spark.jobGroup.id") == "g"
    assert sc.statusTracker().getJobIdsForGroup("g") == [0]


def test_a_new_context_knows_nothing_of_the_old_one(make_sc):
    sc = make_sc("local[1]")
    sc.setJobGroup("g", "")
    sc.stop()
    for call in (lambda: sc.getLocalProperty("x"), lambda: sc.setJobGroup("a", "b"), sc.statusTracker):
        with pytest.raises(Py4JJavaError, match="stopped SparkContext"):
            call()
    assert make_sc("local[1]").getLocalProperty("spark.jobGroup.id") is None


def test_jobs_take_turns(make_sc):
    """A short job doesn't wait behind all tasks of a long one."""
    sc = make_sc("local[1]")
    ended = []

    def run(name, rows):
        sc.setJobGroup(name, "")
        sc.parallelize(range(rows), rows).foreach(lambda x: time.sleep(0.02))
        ended.append(name)

    long = threading.Thread(target=run, args=("long", 60))
    long.start()
    eventually(sc.statusTracker().getActiveJobsIds)
    run("short", 2)
    assert ended == ["short"]
    long.join()


def test_tasks_that_wait_behind_a_failure_never_run(make_sc, tmp_path):
    sc = make_sc("local[2]")
    late = sc.accumulator(0)

    def work(x):
        if x == 0:
            raise ValueError("first")
        time.sleep(0.5)  # a busy machine takes its time to tell of the failure
        (tmp_path / str(x)).touch()
        late.add(1)

    with pytest.raises(ValueError):
        sc.parallelize(range(50), 50).foreach(work)
    time.sleep(1)
    assert len(list(tmp_path.iterdir())) <= 2
    assert late.value <= 1


def test_bad_settings(make_sc):
    for settings in ({"spark.task.maxFailures": "x"}, {"spark.task.maxFailures": "0"}, {"spark.ui.retainedJobs": "x"}):
        with pytest.raises(Py4JJavaError, match=next(iter(settings))):
            make_sc("local[1]", **settings)


def test_retries_by_setting(make_sc):
    sc = make_sc("local[1]", **{"spark.task.maxFailures": 3})

    def third(x):
        from pyrite import TaskContext

        if TaskContext.get().attemptNumber() < 2:
            raise OSError("try again")
        return x

    assert sc.parallelize([1], 1).map(third).collect() == [1]
    assert sc.parallelize([(1, 1)], 1).map(third).sortByKey().collect() == [(1, 1)]
    assert sc.statusTracker().getStageInfo(0).numFailedTasks == 2


def test_a_lost_worker_is_tried_again(make_sc, tmp_path):
    sc = make_sc("local[2,3]", **{"pyrite.python.workers": "2"})
    a = sc.accumulator(0)
    mark = tmp_path / "died"

    def dies_once(x):
        a.add(1)
        if x == 1 and not mark.exists():
            mark.touch()
            os._exit(3)
        return x

    assert sc.parallelize([0, 1, 2], 3).map(dies_once).collect() == [0, 1, 2]
    assert a.value == 3


def test_many_small_jobs_cancelled_at_random(make_sc):
    """Groups are cancelled from threads while others start jobs: each job gives its answer or says why not."""
    jobs = 10_000 if os.environ.get("PYRITE_SOAK") else 600
    sc = make_sc("local[2]")
    rows = sc.parallelize(range(20), 2).map(lambda x: (x % 3, x)).reduceByKey(lambda a, b: a + b)
    total = sc.accumulator(0)
    counted = sc.parallelize(range(4), 2).map(lambda x: (total.add(1), x)[1])
    over = threading.Event()
    outcomes = []

    def start(n):
        sc.setJobGroup(f"g{n % 5}", "")
        try:
            if n % 4:
                assert sorted(rows.map(lambda p: p[1] + 0).collect()) == [57, 63, 70]
            else:
                assert counted.count() == 4
            outcomes.append("ok")
        except Py4JJavaError as error:
            outcomes.append(f"part of cancelled job group g{n % 5} " in str(error))

    def cancel():
        chance = random.Random(1)
        while not over.is_set():
            sc.cancelJobGroup(f"g{chance.randrange(5)}")
            time.sleep(chance.random() * 0.01)

    canceller = threading.Thread(target=cancel)
    canceller.start()
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(start, n) for n in range(jobs)]:
            done.result()
    over.set()
    canceller.join()
    assert (len(outcomes), False in outcomes) == (jobs, False)
    assert outcomes.count("ok") > jobs // 4
    assert 0 < total.value <= jobs
    assert sc.statusTracker().getActiveJobsIds() == []
    assert sc.parallelize([1]).collect() == [1]
