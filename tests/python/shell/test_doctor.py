"""`pyrite doctor`: this machine, and a program on a cluster."""

import json
import socket
import subprocess
import sys

import pytest
from pyrite._doctor import machine, ports


def found(done):
    return {each["name"]: each for each in json.loads(done.stdout)}


def test_a_machine_that_works(python):
    done = python("-m", "pyrite", "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    names = "Python Pyrite cloudpickle cores memory files port encodings kernel pyspark Java master"
    assert all(any(f" {name} " in line for line in lines) for name in names.split())
    assert all(line.startswith(("ok ", "note ")) for line in lines)


def test_as_json(python, environment):
    done = python(
        "-m", "pyrite", "doctor", "--json", env=environment | {"PYTHONHASHSEED": "7", "PYTHONIOENCODING": "cp949"}
    )
    seen = found(done)
    assert seen["hash seed"] == {
        "name": "hash seed",
        "state": "note",
        "found": "7",
        "do": "Spark's workers have 0: unset PYTHONHASHSEED, or set it to 0",
    }
    assert seen["encodings"]["state"] == "note"
    assert "cp949" in seen["encodings"]["found"]
    assert sys.executable in seen["Python"]["found"]


def test_who_has_the_port(python, tmp_path, environment):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "spark-defaults.conf").write_text(f"spark.ui.port {port}\n")
        seen = found(python("-m", "pyrite", "doctor", "--json", env=environment | {"SPARK_CONF_DIR": str(tmp_path)}))
    assert seen["port"]["state"] == "note"
    assert f"{port} is taken by " in seen["port"]["found"]
    if sys.platform == "linux":
        import os

        assert f"process {os.getpid()} (" in seen["port"]["found"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_who_has_the_port_is_told_in_a_line():
    """A program that was given on the command line may have many."""
    source = "import socket\ns = socket.create_server(('127.0.0.1', 0))\nprint(s.getsockname()[1], flush=True)\ninput()"
    program = [sys.executable, "-c", source]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as listening:
        who = ports.holder(int(listening.stdout.readline()))
        listening.communicate("\n")
    assert who.startswith(f"process {listening.pid} (")
    assert "-c import socket s = socket.create_server" in who


def test_what_is_broken_is_the_exit_code(python, environment, tmp_path):
    (tmp_path / "spark-defaults.conf").write_text(f"spark.local.dir {tmp_path}/missing\nspark.master yarn\n")
    env = environment | {"SPARK_CONF_DIR": str(tmp_path), "JAVA_HOME": "/no/such"}
    done = python("-m", "pyrite", "doctor", "--json", env=env)
    seen = found(done)
    assert done.returncode == 1
    assert (seen["files"]["state"], seen["master"]["state"]) == ("broken", "broken")
    assert "set spark.local.dir" in seen["files"]["do"]
    assert seen["Java"]["found"].startswith("none")


def test_a_container_allows_less(monkeypatch):
    files = {
        "/proc/self/cgroup": "0::/a/b\n",
        "/sys/fs/cgroup/a/cpu.max": "150000 100000",
        "/sys/fs/cgroup/cpu.max": "max 100000",
        "/sys/fs/cgroup/a/b/memory.max": "max",
        "/sys/fs/cgroup/memory.max": "536870912",
    }
    monkeypatch.setattr(machine, "_read", files.get)
    monkeypatch.setattr(machine, "available_cores", lambda: 8)
    assert machine.core_quota() == 1.5
    assert machine.cores().do.startswith("use local[2]")
    assert machine.memory_limit() == 512 << 20
    assert machine.memory().state == "note"
    assert "the container's limit is 512 MB" in machine.memory().found
    # Version 1, seen from inside: the paths are the host's.
    old = {
        "/proc/self/cgroup": "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000",
        "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
    }
    monkeypatch.setattr(machine, "_read", old.get)
    assert machine.core_quota() == 4
    assert machine.memory_limit() is None


PROGRAM = """
import sys
import helper
import pyrite.testing
from pyspark import SparkConf, SparkContext
from pyspark.streaming import StreamingContext
from functools import partial

conf = SparkConf().setMaster("local[2]").set("pyrite.native", "require")
sc = SparkContext(conf=conf)
ssc = StreamingContext(sc, 0.1)
seen = []
table = {}
total = sc.accumulator(0)

def count(word):
    global last
    last = word
    seen.append(word)
    table[word] = 1
    total.add(1)
    print(word, open("/tmp/x"), hash(word), sys.argv)
    own = []
    own.append(word)
    return word, sc.defaultParallelism

lines = ssc.socketTextStream("localhost", 9999)
pairs = lines.map(count).filter(lambda pair: seen.append(pair) is None)
pairs.mapWithState(None).explain()
pairs.saveToKafka("t", {}, transactional=True)
pairs.foreachRDD(partial(print, 1))
pairs.foreachRDD(helper.take)
sc.textFile("data.txt").saveAsTextFile("hdfs://h/out")
ssc.checkpoint("/tmp/checkpoint")
try:
    sc.parallelize([0]).map(lambda x: 1 / x).collect()
except ZeroDivisionError:
    pass
print(open("here"))
"""


def test_a_program_on_a_cluster(python, tmp_path, script):
    (tmp_path / "helper.py").write_text("def take(rdd): pass\n")
    done = python("-m", "pyrite", "doctor", "--json", "--cluster", script(PROGRAM))
    assert done.returncode == 0, done.stderr
    lines = PROGRAM.splitlines()
    seen = [(lines[int(each["name"].partition(":")[2]) - 1].strip(), each["found"]) for each in json.loads(done.stdout)]
    wanted = [
        ("import helper", "helper.py beside the program"),
        ("import pyrite.testing", "pyrite.testing"),
        (lines[8], "master 'local[2]' in the program"),
        (lines[8], "the setting pyrite.native"),
        (lines[10], "batches of 0.1 s"),
        ("global last", "global last in a function"),
        ("seen.append(word)", "seen.append() in a function"),
        ("table[word] = 1", "table[...] = in a function"),
        (lines[21].strip(), "hash() in a function"),
        (lines[21].strip(), "open() in a function"),
        (lines[21].strip(), "print() in a function"),
        (lines[21].strip(), "sys.argv in a function"),
        (lines[24].strip(), "sc in a function of the data"),
        (lines[26], "a receiver"),
        (lines[26], "a socket of localhost"),
        (lines[27], "seen.append() in a function"),
        (lines[28], "explain() of an RDD or a stream"),
        (lines[28], "mapWithState()"),
        (lines[29], "saveToKafka()"),
        (lines[29], "saveToKafka(transactional=True)"),
        (lines[30], "a partial in foreachRDD()"),
        (lines[31], "helper.take in foreachRDD()"),
        (lines[32], "the local path 'data.txt'"),
        (lines[33], "the local path '/tmp/checkpoint'"),
        ("except ZeroDivisionError:", "except ZeroDivisionError around a job"),
    ]
    assert sorted(seen) == sorted(wanted)


def test_a_program_without_differences(python, script):
    path = script(
        "from pyspark import SparkContext\nsc = SparkContext()\nprint(sc.range(3).map(lambda x: x + 1).sum())\n"
    )
    done = python("-m", "pyrite", "doctor", "--cluster", path)
    assert done.stdout == f"{path}: nothing that behaves differently on a cluster was found\n"


@pytest.mark.parametrize("text", ["def f(:\n", None])
def test_a_program_that_cannot_be_read(python, script, text, tmp_path):
    path = script(text) if text else str(tmp_path / "no.py")
    done = python("-m", "pyrite", "doctor", "--cluster", path)
    assert done.returncode == 2
    assert done.stderr.startswith("pyrite: can't read ")
