"""Sockets and files through the Python API, on the machine's clock and by hand."""

import gzip
import logging
import os
import socket
import threading
import time
from contextlib import closing

import pytest
from pyrite.streaming import StreamingContext
from pyrite.testing import advance


def notices(caplog):
    """What sources have said; what is left of an earlier test may be heard of late."""
    said = [record for record in caplog.records if record.name.startswith("pyrite.streaming.")]
    return [record.getMessage() for record in said if record.levelno < logging.ERROR]


def until(condition, timeout=20):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def server():
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(20)
        yield listening


@pytest.mark.parametrize("master", ["local[1]", "local[2]"])
def test_a_socket_counts_words(make_sc, server, master):
    """A receiver takes no task slot."""
    ssc = StreamingContext(make_sc(master), 0.05)
    totals = {}
    counts = (
        ssc.socketTextStream("localhost", server.getsockname()[1])
        .flatMap(lambda line: line.split())
        .map(lambda w: (w, 1))
        .reduceByKey(lambda a, b: a + b)
    )

    def add(rdd):
        for word, n in rdd.collect():
            totals[word] = totals.get(word, 0) + n

    counts.foreachRDD(add)
    ssc.start()
    with closing(server.accept()[0]) as peer:
        peer.sendall("가 b b\r\nb 가\npartial".encode())
        until(lambda: totals.get("b") == 3)
    until(lambda: "partial" in totals)
    assert totals == {"가": 2, "b": 3, "partial": 1}
    ssc.stop()


def test_data_before_a_batch_belongs_to_it_and_nothing_has_no_partitions(manual, server, watch):
    ssc = StreamingContext(manual(), 1)
    stream = ssc.socketTextStream("localhost", server.getsockname()[1])
    rows, counts = watch(stream), watch(stream.count())
    ssc.start()
    with closing(server.accept()[0]) as peer:
        peer.sendall(b"one\ntwo\n")
        time.sleep(0.2)
        advance(ssc, 2)
    assert rows == [[["one", "two"]], []]
    assert counts == [[[2]], [[]]]


def test_a_refused_connection_is_one_calm_line(make_sc, caplog):
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    ssc = StreamingContext(make_sc("local[2]", **{"spark.streaming.receiverRestartDelay": "20ms"}), 0.1)
    ssc.socketTextStream("localhost", port).foreachRDD(lambda rdd: None)
    with caplog.at_level(logging.INFO, "pyrite"):
        ssc.start()
        time.sleep(0.3)
        assert notices(caplog) == [
            f"Nobody listens on localhost:{port}. Start a server there, for example `nc -lk {port}` or "
            f"`pyrite nc -lk {port}`; trying again every 20 ms."
        ]
        with closing(socket.create_server(("127.0.0.1", port))) as late:
            late.settimeout(20)
            with closing(late.accept()[0]):
                until(lambda: len(notices(caplog)) == 2)
        assert notices(caplog)[1] == f"Connected to localhost:{port}."
        assert ssc.awaitTerminationOrTimeout(0) is False, "no batch failed"


def test_an_encoding_can_be_set(manual, server, watch):
    ssc = StreamingContext(manual(**{"pyrite.socket.encoding": "cp949"}), 1)
    rows = watch(ssc.socketTextStream("localhost", server.getsockname()[1]))
    ssc.start()
    with closing(server.accept()[0]) as peer:
        peer.sendall("안녕\n".encode("cp949"))
        time.sleep(0.2)
        advance(ssc)
    assert rows == [[["안녕"]]]


def test_a_line_of_100_mb(manual, server):
    ssc = StreamingContext(manual(), 1)
    lengths = []
    stream = ssc.socketTextStream("localhost", server.getsockname()[1])
    stream.map(lambda line: len(line)).foreachRDD(lambda rdd: lengths.extend(rdd.collect()))
    ssc.start()
    with closing(server.accept()[0]) as peer:
        sender = threading.Thread(target=peer.sendall, args=(b"x" * (100 << 20) + b"\nend\n",))
        sender.start()
        sender.join(60)
        until(lambda: advance(ssc) or len(lengths) == 2, 60)
    assert lengths == [100 << 20, 3]


def write(path, text, seconds):
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    os.utime(path, (seconds, seconds))


def test_files_go_to_the_batch_of_their_time(manual, tmp_path, watch):
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "old", "old\n", 0)
    ssc = StreamingContext(manual(), 1)
    rows = watch(ssc.textFileStream(str(tmp_path / "in")))
    ssc.start()
    write(tmp_path / "in" / "a", "1\n2\r3\r\n4", 0.5)
    write(tmp_path / "in" / "b.gz", "zipped\n", 0.6)
    write(tmp_path / "in" / "c", "later\n", 1.5)
    write(tmp_path / "in" / "empty", "", 0.5)
    write(tmp_path / "in" / ".hidden", "no\n", 0.5)
    advance(ssc, 3)
    assert rows == [[["1", "2", "3", "4"], ["zipped"]], [["later"]], []]


def test_a_window_over_what_is_made_of_files(manual, tmp_path, watch):
    ssc = StreamingContext(manual(), 1)
    windows = watch(ssc.textFileStream(str(tmp_path)).map(lambda line: line + "!").window(3, 1))
    ssc.start()
    for batch in range(1, 6):
        write(tmp_path / str(batch), f"line {batch}\n", batch)
        advance(ssc)
    rows = [[row for part in window for row in part] for window in windows]
    assert rows == [[f"line {n}!" for n in range(max(1, batch - 2), batch + 1)] for batch in range(1, 6)]
    ssc.stop()


def test_a_skipped_file_is_logged_and_breaks_nothing(manual, tmp_path, watch, caplog):
    ssc = StreamingContext(manual(), 1)
    with caplog.at_level(logging.INFO, "pyrite"):
        rows = watch(ssc.textFileStream(str(tmp_path / "later")))
        ssc.start()
        advance(ssc)
        (tmp_path / "later").mkdir()
        write(tmp_path / "later" / "_mark", "no\n", 1.2)
        write(tmp_path / "later" / "good", "yes\n", 1.2)
        advance(ssc)
        until(lambda: len(notices(caplog)) == 2)
    assert rows == [[], [["yes"]]]
    told = notices(caplog)
    assert "There is no directory" in told[0]
    assert "_mark is not read: a name that starts with _ is hidden." in told[1]


def test_two_sources_and_a_window(manual, server, watch):
    ssc = StreamingContext(manual(), 1)
    lines = ssc.socketTextStream("localhost", server.getsockname()[1])
    both = watch(lines.window(2).union(ssc.queueStream([["q1"], ["q2"]])))
    ssc.start()
    with closing(server.accept()[0]) as peer:
        for line in (b"one\n", b"two\n"):
            peer.sendall(line)
            time.sleep(0.2)
            advance(ssc)
    assert both == [[["one"], [], ["q1"]], [["one"], ["two"], [], ["q2"]]]
