"""What goes wrong outside of the program: nobody listens, no such host, bytes that are no text, a line without end."""

import logging
import re
import socket
import threading
import time

import pytest
from pyrite.streaming import StreamingContext

RETRY = "trying again every 2 s."


@pytest.fixture
def real_ssc(make_sc):
    """Batches of 50 ms on the machine's clock."""
    ssc = StreamingContext(make_sc("local[2]"), 0.05)
    yield ssc
    ssc.stop()


def collected(stream):
    rows: list = []
    stream.foreachRDD(lambda rdd: rows.extend(rdd.collect()))
    return rows


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


@pytest.fixture
def serve():
    """`serve(*pieces)`: a server that sends them to whoever connects; gives its port."""
    sockets = []

    def start(*pieces):
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)

        def send():
            connection, _ = listener.accept()
            sockets.append(connection)
            for piece in pieces:
                connection.sendall(piece)

        threading.Thread(target=send, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    for one in sockets:
        one.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def levels(caplog):
    return {record.levelno for record in caplog.records if record.name.startswith("pyrite")}


def test_nobody_on_the_port(real_ssc, said, caplog):
    port = free_port()
    rows = collected(real_ssc.socketTextStream("127.0.0.1", port))
    real_ssc.start()
    assert said("Nobody listens") == (
        f"Nobody listens on 127.0.0.1:{port}. Start a server there, for example `nc -lk {port}` or "
        f"`pyrite nc -lk {port}`; {RETRY}"
    )
    assert real_ssc.awaitTerminationOrTimeout(0.2) is False
    assert rows == []
    assert max(levels(caplog)) <= logging.WARNING
    with socket.create_server(("127.0.0.1", port)) as listener:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"here\n")
            wait_for(lambda: rows == ["here"])
    assert len([r for r in caplog.records if "Nobody listens" in r.getMessage()]) == 1


def test_an_unknown_host(real_ssc, said):
    collected(real_ssc.socketTextStream("no-such-host.invalid", 9999))
    real_ssc.start()
    line = said("no-such-host.invalid")
    expected = rf"The host 'no-such-host\.invalid' is not known \(.+\)\. Check its name; {re.escape(RETRY)}"
    assert re.fullmatch(expected, line), line
    assert real_ssc.awaitTerminationOrTimeout(0.2) is False


def test_bytes_that_are_no_text(real_ssc, serve):
    port = serve(b"a\xff\xfe b\n", "한국".encode()[:4], "한국".encode()[4:], b"\nend\n")
    rows = collected(real_ssc.socketTextStream("127.0.0.1", port))
    real_ssc.start()
    wait_for(lambda: len(rows) == 3)
    assert rows == ["a\ufffd\ufffd b", "한국", "end"]
    assert real_ssc.awaitTerminationOrTimeout(0) is False


def test_bytes_of_another_encoding_get_a_hint(real_ssc, serve, said):
    port = serve("한국어 단어를 세어 봅시다\n".encode("cp949") * 20)
    rows = collected(real_ssc.socketTextStream("127.0.0.1", port))
    real_ssc.start()
    assert "pyrite.socket.encoding" in said("pyrite.socket.encoding")
    wait_for(lambda: len(rows) == 20)


def test_a_line_of_100_megabytes(real_ssc, serve):
    size = 100_000_000
    piece = b"x" * 1_000_000
    port = serve(*[piece] * (size // len(piece)), b"\nafter\n")
    lengths: list = []
    real_ssc.socketTextStream("127.0.0.1", port).map(len).foreachRDD(lambda rdd: lengths.extend(rdd.collect()))
    real_ssc.start()
    wait_for(lambda: len(lengths) == 2)
    assert lengths == [size, 5]
    assert real_ssc.awaitTerminationOrTimeout(0) is False


def test_a_directory_that_does_not_exist_yet(real_ssc, said, tmp_path):
    folder = tmp_path / "later"
    rows = collected(real_ssc.textFileStream(str(folder)))
    real_ssc.start()
    assert said("no directory") == f"There is no directory {folder} yet; files are read once it is there."
    folder.mkdir()
    (tmp_path / "words").write_text("one\ntwo\n")
    (tmp_path / "words").rename(folder / "words")
    wait_for(lambda: len(rows) == 2)
    assert rows == ["one", "two"]
    assert real_ssc.awaitTerminationOrTimeout(0) is False
