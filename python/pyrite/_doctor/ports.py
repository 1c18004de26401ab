"""Whether a port is free, and who has it."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress

from pyrite._doctor.findings import NOTE, OK, Finding

__all__ = ["holder", "page_port"]

# The state of a socket that listens, in /proc/net/tcp.
_LISTENS = "0A"


def page_port(setting: str | None) -> Finding:
    """The port of the web page of a running program."""
    port = int(setting) if setting and setting.isdigit() else 4040
    if port == 0 or port > 65535 or _is_free(port):
        return Finding("port", OK, f"{port} is free for the page of a running program" if port else "any free one")
    who = holder(port)
    found = f"{port} is taken by {who or 'another process, which this user may not see'}"
    return Finding("port", NOTE, found, "a program takes the next free one, as Spark does; sc.uiWebUrl says which")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if os.name != "nt":
            # As servers do: a connection that has just ended keeps nobody from listening.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def holder(port: int) -> str | None:
    """The process that listens on a port, as `process 4711 (java)`; None where it can't be seen."""
    found = _by_proc(port) if sys.platform == "linux" else _by_psutil(port)
    return None if found is None else f"process {found[0]} ({found[1]})"


def _by_psutil(port: int) -> tuple[int, str] | None:
    try:
        import psutil
    except ImportError:
        return None
    with suppress(psutil.Error):
        for each in psutil.net_connections("tcp"):
            if each.status == psutil.CONN_LISTEN and each.laddr.port == port and each.pid:
                return each.pid, psutil.Process(each.pid).name()
    return None


def _by_proc(port: int) -> tuple[int, str] | None:
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    if not sockets:
        return None
    for process in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            folder = f"/proc/{process}/fd"
            for name in os.listdir(folder):
                with suppress(OSError):
                    if os.readlink(f"{folder}/{name}") in sockets:
                        return int(process), _command(process)
    return None


def _inodes(port: int) -> list[str]:
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError), open(table, encoding="ascii") as file:
            for line in list(file)[1:]:
                fields = line.split()
                if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                    found.append(fields[9])
    return found


def _command(process: str) -> str:
    with open(f"/proc/{process}/cmdline", encoding="utf-8", errors="replace") as file:
        words = [word for word in file.read().split("\0") if word]
    # An interpreter is told apart by what it runs, which may be a program of many lines.
    return " ".join(" ".join([os.path.basename(words[0]), *words[1:3]]).split())[:60] if words else "?"
