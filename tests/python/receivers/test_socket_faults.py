"""A socket's stream through a proxy that does what networks do: nothing that was delivered is lost, nothing is doubled."""

import socket
import struct
import threading
import time
from contextlib import closing, suppress

import pytest
from pyrite.streaming import StreamingContext


class Proxy:
    """Sends the lines `0` to `n - 1` to whoever connects, from where it was, by a rule for each connection."""

    def __init__(self, n, *rules):
        self.n, self.rules, self.sent, self.connections = n, list(rules), 0, 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.settimeout(20)
        self.port = self.listening.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with suppress(OSError):
            while self.sent < self.n:
                peer, _ = self.listening.accept()
                rule = self.rules[min(self.connections, len(self.rules) - 1)]
                self.connections += 1
                with closing(peer):
                    rule(self, peer)

    def lines(self, n):
        end = min(self.n, self.sent + n)
        text = "".join(f"{k}\n" for k in range(self.sent, end)).encode()
        self.sent = end
        return text

    def close(self):
        self.listening.close()


def all_at_once(proxy, peer):
    peer.sendall(proxy.lines(proxy.n))
    time.sleep(0.3)


def half_close(proxy, peer):
    peer.sendall(proxy.lines(100))
    peer.shutdown(socket.SHUT_WR)
    peer.settimeout(5)
    with suppress(OSError):
        peer.recv(1)


def close(proxy, peer):
    peer.sendall(proxy.lines(100))


def reset(proxy, peer):
    peer.sendall(proxy.lines(100))
    # What was sent is to be read before the reset throws it away.
    time.sleep(0.3)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def stall(proxy, peer):
    text = proxy.lines(100)
    peer.sendall(text[:77])
    time.sleep(0.4)
    peer.sendall(text[77:])


def bytewise(proxy, peer):
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in proxy.lines(200):
        peer.sendall(bytes([byte]))
        time.sleep(0.0002)


@pytest.mark.parametrize("logged", [False, True], ids=["memory", "logged"])
@pytest.mark.parametrize("rule", [close, half_close, reset, stall, bytewise])
def test_every_line_comes_once(make_sc, until, tmp_path, rule, logged):
    proxy = Proxy(600, rule, all_at_once)
    settings = {"spark.streaming.receiverRestartDelay": "10ms"}
    if logged:
        settings["spark.streaming.receiver.writeAheadLog.enable"] = "true"
    ssc = StreamingContext(make_sc(**settings), 0.05)
    if logged:
        ssc.checkpoint(str(tmp_path))
    got = []
    ssc.socketTextStream("localhost", proxy.port).foreachRDD(collect_into(got))
    ssc.start()
    until(lambda: len(got) >= 600)
    ssc.stop(stopGraceFully=True)
    proxy.close()
    assert got == [str(n) for n in range(600)]
    assert proxy.connections == 2


class collect_into:
    """A function that pickles for checkpoints and still reaches the test's list."""

    lists: dict = {}

    def __init__(self, into):
        self.key = id(into)
        self.lists[self.key] = into

    def __call__(self, rdd):
        collect_into.lists[self.key].extend(rdd.collect())


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_a_slow_job_slows_a_fast_sender(make_sc, until):
    """Batches that take ten times too long: the sender waits, and memory stays where it is."""
    ssc = StreamingContext(make_sc(**{"pyrite.receiver.maxBufferedBytes": "4m"}), 0.05)
    listening = socket.create_server(("127.0.0.1", 0))
    sent, over = [0], threading.Event()
    line = b"x" * 999 + b"\n"

    def send():
        peer, _ = listening.accept()
        with closing(peer), suppress(OSError):
            while not over.is_set():
                peer.sendall(line * 100)
                sent[0] += 100

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    counts = []

    def slow(rdd):
        counts.append(rdd.count())
        time.sleep(0.5)

    ssc.socketTextStream("localhost", listening.getsockname()[1]).foreachRDD(slow)
    ssc.start()
    until(lambda: len(counts) >= 3)
    before, at = resident(), sent[0]
    until(lambda: len(counts) >= 7)
    grown, went = resident() - before, sent[0] - at
    over.set()
    ssc.stop()
    listening.close()
    # Four batches of at most 4 MB and what fits into the system's buffers; unhindered it would be gigabytes.
    assert 0 < went * 1000 < 64 << 20
    assert grown < 32 << 20


def test_a_rate_slows_the_sender(manual, until):
    """Exactly as many records a second as are allowed, by hand."""
    ssc = manual(**{"spark.streaming.receiver.maxRate": "100"})
    proxy = Proxy(1000, all_at_once)
    counts, rows = [], []
    stream = ssc.socketTextStream("localhost", proxy.port)
    stream.foreachRDD(lambda rdd: counts.append(rdd.count()))
    stream.foreachRDD(lambda rdd: rows.extend(rdd.collect()))
    ssc.start()
    until(lambda: proxy.sent == 1000)
    until(lambda: time.sleep(0.05) or len(rows) == 1000, ssc)
    proxy.close()
    assert all(sum(counts[:seconds]) <= 100 * seconds for seconds in range(1, len(counts) + 1))
    assert rows == [str(n) for n in range(1000)]


def test_back_pressure_finds_the_rate(make_sc, until):
    """A job that manages about 2,000 records a second and gets 6,000: the rate comes down to about that."""
    settings = {
        "spark.streaming.backpressure.enabled": "true",
        "spark.streaming.backpressure.initialRate": "6000",
        "spark.streaming.backpressure.pid.minRate": "500",
    }
    ssc = StreamingContext(make_sc(**settings), 0.1)
    proxy = Proxy(10**6, lambda proxy, peer: [peer.sendall(proxy.lines(1000)) for _ in range(1000)])
    counts = []

    def slow(rdd):
        n = rdd.count()
        counts.append(n)
        time.sleep(n / 2000)

    def settled():
        last = counts[-8:]
        return len(counts) > 20 and 40 < sum(last) / len(last) < 320 and max(last) < 500

    ssc.socketTextStream("localhost", proxy.port).foreachRDD(slow)
    ssc.start()
    until(settled, timeout=60)
    ssc.stop()
    proxy.close()
    assert max(counts) > 500, "at first it was too much"
