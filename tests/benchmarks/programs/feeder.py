"""A line server for one client: `feeder.py paced LINES_PER_SECOND` or `feeder.py flood FILE`; its first output is its port.

Paced sends one line at each moment of an absolute schedule, so that a late moment doesn't slow the stream; flood sends the
file again and again as fast as the client reads.
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


def main(mode: str, argument: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        client, _ = server.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            paced(client, int(argument)) if mode == "paced" else flood(client, Path(argument))
        except OSError:
            pass  # the client has gone, as it does at the end


if __name__ == "__main__":
    main(*sys.argv[1:])
