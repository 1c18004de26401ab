"""A line server: sends lines to every stream that connects. `pyrite nc` is it with the terminal as its source."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections import deque
from io import RawIOBase

__all__ = ["LineServer", "serve_terminal"]

# Lines typed before anybody has connected wait, but not without end.
_WAITING_LINES = 100_000


class LineServer:
    """Listens on a port; `send` goes to all who are connected, or waits for the first one."""

    def __init__(self, host: str | None = None, port: int = 0, *, keep: bool = True, verbose: bool = False) -> None:
        self._keep = keep
        self._verbose = verbose
        self._changed = threading.Condition()
        self._clients: list[socket.socket] = []
        self._waiting: deque[bytes] = deque(maxlen=_WAITING_LINES)
        self._closed = False
        self._listeners = _listen(host, port)
        self.port: int = self._listeners[0].getsockname()[1]
        for listener in self._listeners:
            threading.Thread(target=self._accept, args=(listener,), daemon=True, name="pyrite-nc-accept").start()

    def send(self, data: bytes) -> None:
        """Send bytes to every connected stream; with none, keep them for the next.

        A stream that reads slowly holds this up: that is its back-pressure.
        """
        with self._changed:
            clients = list(self._clients)
            if not clients:
                self._waiting.append(data)
        for client in clients:
            try:
                client.sendall(data)
            except OSError:
                self._drop(client)

    def wait_for_client(self, timeout: float | None = None, *, clients: int = 1) -> bool:
        """Wait until a stream, or so many, are connected; whether they are. `timeout` is in seconds."""
        with self._changed:
            there = self._changed.wait_for(lambda: len(self._clients) >= clients or self._closed, timeout)
            return there and not self._closed

    def wait_until_closed(self) -> None:
        """Wait until the server has ended: after its one client without `keep`, else only by `close`."""
        with self._changed:
            # In slices: on Windows an endless wait can't be interrupted.
            while not self._closed:
                self._changed.wait(0.1)

    @property
    def closed(self) -> bool:
        """Has the server ended?"""
        return self._closed

    def close(self) -> None:
        """Stop listening and close every connection."""
        with self._changed:
            self._closed = True
            sockets = [*self._listeners, *self._clients]
            self._clients.clear()
            self._changed.notify_all()
        for each in sockets:
            # shutdown wakes a thread that is blocked in accept or recv; close alone doesn't.
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self, listener: socket.socket) -> None:
        while not self._closed:
            try:
                client, address = listener.accept()
            except OSError:
                return
            self._say(f"Connection from {address[0]}:{address[1]}")
            try:
                self._send_what_waits(client)
            except OSError:
                client.close()
                continue
            threading.Thread(target=self._watch, args=(client,), daemon=True, name="pyrite-nc-client").start()

    def _send_what_waits(self, client: socket.socket) -> None:
        """Bring a new stream up to date, outside of the lock, and count it as connected."""
        while True:
            with self._changed:
                waiting = b"".join(self._waiting)
                self._waiting.clear()
                if not waiting:
                    self._clients.append(client)
                    self._changed.notify_all()
                    return
            client.sendall(waiting)

    def _watch(self, client: socket.socket) -> None:
        """Read what the other side sends (a stream sends nothing) until it goes."""
        with contextlib.suppress(OSError):
            while client.recv(4096):
                pass
        self._drop(client)

    def _drop(self, client: socket.socket) -> None:
        with self._changed:
            if client not in self._clients:
                return
            self._clients.remove(client)
        client.close()
        self._say("The stream has disconnected.")
        if not self._keep:
            self.close()

    def _say(self, text: str) -> None:
        if self._verbose:
            print(text, file=sys.stderr, flush=True)


def _listen(host: str | None, port: int) -> list[socket.socket]:
    """Listening sockets on the host, or on both of this machine's loopback addresses: `localhost` may mean either."""
    if host is not None:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return [_bound(family, (address[0], port))]
    listeners = [_bound(socket.AF_INET, ("127.0.0.1", port))]
    with contextlib.suppress(OSError):
        listeners.append(_bound(socket.AF_INET6, ("::1", listeners[0].getsockname()[1])))
    return listeners


def _bound(family: socket.AddressFamily, address: tuple[str | int, int]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # On Windows this option would let two servers share a port; elsewhere it lets one start again at once.
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def serve_terminal(host: str | None, port: int, *, keep: bool, verbose: bool) -> int:
    """Send what is typed, line by line, until Ctrl-C; gives the exit code."""
    try:
        server = LineServer(host, port, keep=keep, verbose=verbose)
    except OSError as error:
        reason = error.strerror or str(error)
        print(f"pyrite nc: can't listen on port {port}: {reason}. Is another netcat running there?", file=sys.stderr)
        return 1
    if verbose:
        print(f"Listening on port {server.port}", file=sys.stderr, flush=True)
    try:
        # A thread reads, so that the command can end while it waits for a line.
        reader = threading.Thread(target=_forward, args=(server,), daemon=True, name="pyrite-nc-read")
        reader.start()
        server.wait_until_closed()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
    return 0


def _forward(server: LineServer) -> None:
    # The raw file: a thread that ends with the process while it holds the buffered one's lock would make Python abort.
    raw: RawIOBase = sys.stdin.buffer.raw  # type: ignore[union-attr]
    rest = b""
    while data := raw.read(65536):
        lines, end, rest = (rest + data).rpartition(b"\n")
        server.send((lines + end).replace(b"\r\n", b"\n"))
    server.send(rest)
