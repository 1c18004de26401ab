"""The `pyrite` command as a newcomer types it: nothing, a script, a mistyped word."""

import pytest


@pytest.mark.parametrize("words", [[], ["help"], ["--help"]])
def test_help(python, words):
    done = python("-m", "pyrite", *words)
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("usage: pyrite script.py [arguments]   or   pyrite command ...")
    for command in ("run", "submit", "shell", "demo", "nc", "kernel"):
        assert f"\n    {command} " in done.stdout


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        (
            "ncc",
            "there is no command or script 'ncc'; did you mean `pyrite nc`? The commands: run, submit, shell, demo, doctor, nc, kernel.",
        ),
        ("kernal", "did you mean `pyrite kernel`?"),
        (
            "xyzzy",
            "there is no command or script 'xyzzy'. The commands: run, submit, shell, demo, doctor, nc, kernel. A script: pyrite script.py",
        ),
    ],
)
def test_a_mistyped_command(python, word, answer):
    done = python("-m", "pyrite", word, "-lk", "9999")
    assert done.returncode == 2
    assert answer in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_and_a_missing_script(python, tmp_path):
    done = python("-m", "pyrite", str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "is a folder; name a script" in done.stderr
    done = python("-m", "pyrite", "missing.py")
    assert (done.returncode, done.stderr) == (2, "pyrite: can't open 'missing.py': No such file or directory\n")


def test_the_command_runs_a_script_too(python, script):
    path = script("import sys, pyspark; print(pyspark.__version__, sys.argv[1:])")
    code = f"import sys; from pyrite.cli import main; sys.argv = ['pyrite', {path!r}, '-x']; sys.exit(main())"
    assert python("-c", code).stdout == "4.3.0 ['-x']\n"
