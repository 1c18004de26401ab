"""`pyrite nc` and the line server behind it."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import closing

import pytest
from pyrite.netcat import LineServer


def read_all(port, host="127.0.0.1"):
    with socket.create_connection((host, port), timeout=10) as client:
        return b"".join(iter(lambda: client.recv(65536), b""))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(environment, *arguments):
    command = [sys.executable, "-m", "pyrite", "nc", *arguments]
    running = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    if any("v" in each for each in arguments if each.startswith("-")):
        assert running.stderr.readline().startswith(b"Listening on port")
    return running


def test_lines_reach_every_client_and_wait_for_the_first():
    with closing(LineServer()) as server:
        server.send(b"early\n")
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as one:
            assert one.recv(100) == b"early\n"
            assert server.wait_for_client(5)
            with socket.create_connection(("localhost", server.port), timeout=10) as two:
                # Two clients are in when both get the line.
                for _ in range(100):
                    server.send(b"x")
                    if two in select_readable(two):
                        break
                assert two.recv(1) == b"x"
                assert one.recv(1) == b"x"


def select_readable(client):
    import select

    return select.select([client], [], [], 0.1)[0]


def test_close_ends_the_clients():
    server = LineServer()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        assert server.wait_for_client(5)
        server.close()
        assert client.recv(10) == b""


@pytest.mark.parametrize("form", ["-lvp {}", "-lv {}", "-l -v -p {}", "-lv 127.0.0.1 {}", "-lnvp {}"])
def test_one_client_then_the_end(environment, form):
    port = free_port()
    running = start(environment, *form.format(port).split())
    running.stdin.write("한 줄\r\nsecond\nrest".encode())
    running.stdin.close()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        got = b""
        while not got.endswith(b"rest"):
            got += client.recv(100)
    assert got.decode() == "한 줄\nsecond\nrest"
    assert running.wait(timeout=10) == 0
    running.stdout.close()
    running.stderr.close()


@pytest.mark.skipif(os.name == "nt", reason="a POSIX signal")
def test_k_keeps_listening_until_ctrl_c(environment):
    port = free_port()
    running = start(environment, "-lvk", str(port))
    for line in (b"first\n", b"second\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            assert running.stderr.readline().startswith(b"Connection from")
            running.stdin.write(line)
            running.stdin.flush()
            assert client.recv(100) == line
        assert b"disconnected" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=10) == 0
    for each in (running.stdin, running.stdout, running.stderr):
        each.close()


def test_a_port_in_use_is_one_sentence(python):
    with closing(LineServer()) as server:
        done = python("-m", "pyrite", "nc", "-lk", str(server.port))
    assert done.returncode == 1
    assert "can't listen on port" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("form", ["9999", "-lk", "-lk 70000", "-lk abc", "-l a b c"])
def test_wrong_arguments_show_the_usage(python, form):
    done = python("-m", "pyrite", "nc", *form.split())
    assert done.returncode == 2
    assert "pyrite nc -lk 9999" in done.stderr
