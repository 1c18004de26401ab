"""A checkpoint directory that can't be written: said calmly, with the remedy, and the stream loses nothing."""

import errno
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyrite.errors import Py4JJavaError
from pyrite.streaming import StreamingContext
from pyrite.testing import advance

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions as POSIX has them")
NOBODY = 65534


@contextmanager
def not_writable(directory):
    """Nobody may write there; root becomes somebody else for so long."""
    mode = directory.stat().st_mode
    directory.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        directory.chmod(mode)


@pytest.fixture
def tmp_path():
    """A directory that nobody, too, can reach: pytest's are their owner's."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def totals(lines):
    return lines.map(lambda word: (word, 1)).updateStateByKey(lambda new, old: sum(new) + (old or 0))


def test_one_that_may_not_be_written_is_told_at_once(make_sc, tmp_path):
    tmp_path.chmod(0o755)
    ssc = StreamingContext(make_sc(), 1)
    with not_writable(tmp_path), pytest.raises(Py4JJavaError) as raised:
        ssc.checkpoint(str(tmp_path / "kept"))
    ssc.stop()
    text = str(raised.value)
    assert f"no directory {tmp_path / 'kept'} for checkpoints" in text
    assert "Permission denied" in text
    assert "give ssc.checkpoint() a directory that this user may write" in text


def test_one_that_is_made_read_only_loses_nothing(program, seen, caplog):
    program.start(lambda lines: totals(lines).foreachRDD(seen.keep))
    program.batch(a="a")
    with caplog.at_level(logging.INFO, "pyrite"):
        with not_writable(program.checkpoints):
            # The log of batches is open; a checkpoint is a new file.
            advance(program.ssc, 15)
        program.batch(b="a")
        advance(program.ssc, 15)
        program.stop()
    told = [r.getMessage() for r in caplog.records if "No checkpoint could be written" in r.getMessage()]
    assert len(told) == 1
    assert str(program.checkpoints) in told[0]
    assert "Permission denied" in told[0]
    assert any("Checkpoints are written to" in r.getMessage() for r in caplog.records)
    assert seen.rows[-1] == (32, [("a", 2)])
    program.start(lambda lines: lines.pprint())
    program.batch(c="a\nc")
    assert seen.rows[-1] == (33, [("a", 3), ("c", 1)])


def test_killed_while_it_could_not_be_written_it_goes_on_from_before(program, seen):
    """Batches behind the last checkpoint run again, and nothing that came in them is lost."""
    program.start(lambda lines: totals(lines).foreachRDD(seen.keep))
    program.batch(a="a")
    program.stop()
    program.start(lambda lines: lines.pprint())
    program.incoming.chmod(0o777)
    with not_writable(program.checkpoints):
        program.batch(b="a")
        program.batch(c="b")
        program.stop()
    assert seen.rows == [(1, [("a", 1)]), (2, [("a", 2)]), (3, [("a", 2), ("b", 1)])]
    program.start(lambda lines: lines.pprint())
    program.batch(d="b")
    # Nothing says that they were there: the first that runs again has their time, and takes all that is there.
    assert seen.rows[-1] == (2, [("a", 2), ("b", 2)])


FULL = """
import logging, os, sys
from pathlib import Path
from pyrite.context import SparkContext
from pyrite.streaming import StreamingContext
from pyrite.testing import advance, manual_clock_conf

logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
logging.getLogger("pyrite").setLevel(logging.INFO)
disk, incoming, out = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

def put(name, text):
    (incoming / f".{name}").write_text(text)
    os.utime(incoming / f".{name}", (0, 0))
    (incoming / f".{name}").rename(incoming / name)

def setup():
    ssc = StreamingContext(SparkContext("local[2]", "full", conf=manual_clock_conf()), 1)
    pairs = ssc.textFileStream(str(incoming)).flatMap(str.split).map(lambda word: (word, 1))
    total = pairs.updateStateByKey(lambda new, old: sum(new) + (old or 0))
    total.checkpoint(2)
    total.saveAsTextFiles(out)
    return ssc

ssc = StreamingContext.getOrCreate(str(disk / "checkpoints"), setup)
ssc.start()
for name in "abc":
    put(name, "x y")
    advance(ssc)
filler = open(disk / "filler", "wb", buffering=0)
try:
    while True:
        filler.write(bytes(4096))
except OSError as error:
    print("full", error.errno, flush=True)
for name in "defg":
    put(name, "x z")
    advance(ssc)
filler.close()
os.unlink(disk / "filler")
for name in "hij":
    put(name, "x")
    advance(ssc)
print("done", flush=True)
os._exit(9)
"""


@pytest.fixture
def small_disk(tmp_path):
    """A disk of half a megabyte, where this user may mount one: the words before a command that is to see it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f'mount -t tmpfs -o size=512k small {disk} && exec "$@"'
    inside = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "sh", "-c", mount, "sh"]
    try:
        tried = subprocess.run([*inside, "true"], capture_output=True, timeout=20, check=False)
    except OSError:
        pytest.skip("no unshare on this machine")
    if tried.returncode:
        pytest.skip("this user may not mount a small disk")
    return disk, inside


def test_a_full_disk_loses_nothing(small_disk, tmp_path):
    """A real one: what could not be written is told once, and what is written again is whole."""
    disk, inside = small_disk
    (tmp_path / "incoming").mkdir()
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(FULL))
    arguments = [str(disk), str(tmp_path / "incoming"), str(tmp_path / "out")]
    # The same disk for the run that ends at once and for the one behind it.
    both = 'set +e; "$@"; echo "ended $?"; sed -i "s/\\"abc\\"/\\"\\"/; s/\\"defg\\"/\\"\\"/; s/\\"hij\\"/\\"k\\"/" "$2"; "$@"'
    done = subprocess.run(
        [*inside, "sh", "-c", both, "sh", sys.executable, str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, "TZ": "UTC", "PYTHONHASHSEED": "0"},
    )
    assert done.stdout.split("\n")[:3] == [f"full {errno.ENOSPC}", "done", "ended 9"], done.stderr
    assert done.stdout.count("done") == 2, done.stderr
    assert done.stderr.count("No checkpoint could be written") == 1, done.stderr
    assert "No space left on device" in done.stderr
    assert str(disk / "checkpoints") in done.stderr
    saved = {int(p.name.rsplit("-", 1)[1]): p for p in tmp_path.glob("out-*")}
    assert set(saved) == {1000 * n for n in range(1, 12)}
    rows = "".join(part.read_text() for part in saved[11000].glob("part-*")).split("\n")
    assert sorted(filter(None, rows)) == ["('x', 11)", "('y', 3)", "('z', 4)"]
