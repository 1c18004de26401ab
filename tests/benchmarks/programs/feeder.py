"""A line server for one client: `feeder.py paced LINES_PER_SECOND`, `flood FILE` or `asked WORDS`; its first output is its port.

Paced sends one line at each moment of an absolute schedule, so that a late moment doesn't slow the stream; flood sends the
file again and again as fast as the client reads; asked sends as many lines of so many words as each line of its input says.
"""

import itertools
import socket
import sys
import time
from pathlib import Path

WORDS = "the course of true love never did run smooth 데이터 스트리밍 But, either it was different in blood".split()


def paced(client: socket.socket, per_second: int) -> None:
    begin = time.monotonic()
    for number in itertools.count():
        wait = begin + number / per_second - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        start = number % len(WORDS)
        client.sendall(" ".join((WORDS + WORDS)[start : start + 8]).encode() + b"\n")


def flood(client: socket.socket, path: Path) -> None:
    data = memoryview(path.read_bytes())
    while True:
        for at in range(0, len(data), 1 << 20):
            client.sendall(data[at : at + (1 << 20)])


def asked(client: socket.socket, words: int) -> None:
    texts = [b" ".join(b"w%d" % (at + more) for more in range(words)) + b"\n" for at in range(1000)]
    block = b"".join(texts * 10)
    for wanted in sys.stdin:
        times, rest = divmod(int(wanted), 10_000)
        for _ in range(times):
            client.sendall(block)
        client.sendall(b"".join((texts * 10)[:rest]))


def main(mode: str, argument: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        client, _ = server.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if mode == "paced":
                paced(client, int(argument))
            elif mode == "asked":
                asked(client, int(argument))
            else:
                flood(client, Path(argument))
        except OSError:
            pass  # the client has gone, as it does at the end


if __name__ == "__main__":
    main(*sys.argv[1:])
