"""What a live view shows, sends and keeps: on a manual clock, with a page that is a list, and in a kernel that runs a notebook."""

import itertools
import re
import threading
import time
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from pyrite import Row
from pyrite._panel import html, panel, sender
from pyrite.errors import Py4JJavaError
from pyrite.streaming import StreamingContext, _live
from pyrite.testing import ABORT, Aborted, advance, manual_clock_conf, run_batches, source, streaming_context


class Screen:
    """Stands for a page: it keeps what it is shown, and when."""

    made: list["Screen"]

    def __init__(self, first, plain, told, *, keeps=True):
        self.shown, self.at, self.kept, self.told, self.closed = [first], [], [], told, False
        Screen.made.append(self)

    def show(self, text):
        self.at.append(time.monotonic())
        self.shown.append(text)

    def save(self, text, plain):
        self.kept.append((text, plain))

    def close(self):
        self.closed = True

    @property
    def now(self):
        assert sender.sender.flush(60)
        return self.shown[-1]


@pytest.fixture
def screens(monkeypatch):
    Screen.made = []
    monkeypatch.setattr(panel, "missing", lambda: None)
    monkeypatch.setattr(panel, "Panel", Screen)
    return Screen.made


@pytest.fixture
def cell(monkeypatch):
    """Which cell runs, and for which time."""
    running = SimpleNamespace(at=("a cell", "1"))
    monkeypatch.setattr(panel, "running_cell", lambda: running.at)
    return running


@pytest.fixture
def ssc():
    with streaming_context() as context:
        yield context


def counts(ssc, *batches):
    return source(ssc, batches).flatMap(str.split).map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b)


def keys(text):
    return re.findall(r'<tr data-key="([^"]*)"', text)


def phase(text):
    return re.search(r'<div class="pyrite-panel" data-phase="(\w+)"', text)[1]


def test_pairs_with_numbers_are_ranked_and_drawn(ssc, screens):
    counts(ssc, "b a b c b a", "d d").live(2)
    assert phase(screens[0].now) == "waiting"
    run_batches(ssc, 1)
    shown = screens[0].now
    assert phase(shown) == "running"
    assert keys(shown) == ["b", "a"]
    assert re.findall(r"width:([\d.]+)%", shown) == ["100.0", "66.7"]
    assert "1970-01-01" in shown
    advance(ssc)
    assert keys(screens[0].now) == ["d"]


def test_an_empty_batch_leaves_the_rows_before_it_and_says_so(ssc, screens):
    counts(ssc, "a").live()
    run_batches(ssc, 3)
    shown = screens[0].now
    assert keys(shown) == ["a"]
    assert "and none since" in shown
    assert len(re.search(r'polyline points="([^"]*)"', shown)[1].split()) == 3


@pytest.mark.parametrize(
    ("by", "expected"),
    [(None, ["(3, 'c')", "(1, 'a')"]), (0, ["(3, 'c')", "(2, 'b')"]), (lambda row: row[1], ["(3, 'c')", "(2, 'b')"])],
)
def test_rows_are_the_first_ones_or_the_largest(ssc, screens, by, expected):
    source(ssc, [(3, "c"), (1, "a"), (2, "b")], rows=3).map(str if by is None else tuple).live(2, by)
    run_batches(ssc, 1)
    shown = screens[0].now
    found = re.findall(r"<tr [^>]*>(.*?)</tr>", shown)
    cells = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in found]
    assert [
        row if by is None else f"({row[0]}, '{row[-1]}')" for row in ([c[0] for c in cells] if by is None else cells)
    ] == [html.escape(text) if by is None else text for text in expected]


def test_texts_of_the_program_are_escaped_and_numbers_stand_to_the_right(ssc, screens):
    class Rude:
        def __str__(self):
            raise RuntimeError

        __repr__ = __str__

    rows = [("<script>alert(1)</script>", "x" * 500, 1234567, 0.1 + 0.2, Rude())]
    source(ssc, [1]).map(lambda _: rows[0]).live()
    run_batches(ssc, 1)
    shown = screens[0].now
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert '<td class="number">1,234,567</td><td class="number">0.3</td>' in shown
    assert "x" * 200 + "…" in shown
    assert "(Rude: its str failed)" in shown


def test_what_counts_as_a_number():
    table = html.table([("a", np.int64(3)), ("b", Decimal("1.5")), ("c", float("nan"))], 1)
    assert [row[1].number for row in table.rows] == [3.0, 1.5, 0.0]
    assert not html.is_ranked_pair(("a", True))
    assert not html.is_ranked_pair((1.5, 2.5))
    assert html.table([Row(word="a", n=1)], None).head == ["word", "n"]
    assert html.table([("a", 10**400)], 1).bar is None


def test_pairs_that_are_none_any_more_are_shown_as_they_come(ssc, screens):
    source(ssc, [("a", 1), ("b", 2), ("c", None), ("d", 1)], rows=2).live()
    run_batches(ssc, 1)
    assert keys(screens[0].now) == ["b", "a"]
    advance(ssc)
    assert keys(screens[0].now) == ["c", "d"]


def test_the_error_of_a_batch_is_in_the_view_and_the_next_batch_goes_on(ssc, screens):
    source(ssc, [1, 0, 2]).map(lambda x: ("x", 1 // x)).live()
    run_batches(ssc, 1)
    with pytest.raises(ZeroDivisionError):
        advance(ssc)
    shown = screens[0].now
    assert phase(shown) == "failed"
    assert "<details open>" in shown
    assert "ZeroDivisionError: integer division or modulo by zero" in shown
    assert "the record: 0" in shown
    with pytest.raises(ZeroDivisionError):
        advance(ssc)
    shown = screens[0].now
    assert phase(shown) == "running"
    assert "<details>" in shown


def test_an_error_of_transform_is_in_the_view(ssc, screens):
    source(ssc, [1]).transform(lambda rdd: rdd.nothing()).live()
    with pytest.raises(AttributeError):
        run_batches(ssc, 1)
    assert "object has no attribute &#x27;nothing&#x27;" in screens[0].now


def test_no_more_than_ten_updates_a_second(ssc, screens):
    counts(ssc, *(f"w{i}" for i in range(300))).live()
    run_batches(ssc, 300)
    assert keys(screens[0].now) == ["w299"]
    gaps = [later - before for before, later in itertools.pairwise(screens[0].at)]
    assert min(gaps, default=1) >= 0.099
    assert len(screens[0].shown) < 300


def test_a_page_that_hangs_holds_up_no_batch(ssc, screens, monkeypatch):
    free = threading.Event()
    monkeypatch.setattr(Screen, "show", lambda self, text: free.wait(60) and self.shown.append(text))
    counts(ssc, *(f"w{i}" for i in range(50))).live()
    run_batches(ssc, 50)
    assert len(screens[0].shown) == 1
    free.set()
    assert keys(screens[0].now) == ["w49"]


def test_the_button_stops_the_stream_and_keeps_the_context(ssc, screens):
    counts(ssc, "a").live()
    screens[0].told({"do": "stop"})
    run_batches(ssc, 1)
    screens[0].told({"do": "seen", "language": "ko"})
    screens[0].told({"do": "stop"})
    assert ssc.awaitTerminationOrTimeout(60)
    end = time.monotonic() + 60
    while not (screens[0].kept and phase(screens[0].kept[-1][0]) == "stopped") and time.monotonic() < end:
        time.sleep(0.01)
    text, plain = screens[0].kept[-1]
    assert "중지됨" in text
    assert "<button" not in text
    assert plain.endswith("('a', 1)")
    assert ssc.sparkContext.parallelize([1]).count() == 1


def test_the_end_is_kept_whoever_stops(ssc, screens):
    counts(ssc, "a").live()
    run_batches(ssc, 1)
    ssc.sparkContext.stop()
    assert sender.sender.flush(60)
    assert phase(screens[0].kept[-1][0]) == "stopped"
    assert keys(screens[0].kept[-1][0]) == ["a"]


def test_a_cell_that_runs_again_takes_the_old_views_place(ssc, screens, cell):
    stream = counts(ssc, "a", "b", "c")
    stream.live()
    stream.live(1)  # two in one cell
    cell.at = ("a cell", "2")
    stream.live()
    stream.live(1)
    run_batches(ssc, 1)
    assert [keys(each.now) for each in screens[2:]] == [["a"], ["a"]]
    assert [each.closed for each in screens] == [True, True, False, False]
    # While the stream runs, too, and from another cell.
    cell.at = ("a cell", "3")
    stream.live()
    cell.at = ("another cell", "4")
    stream.live()
    advance(ssc)
    assert [keys(each.now) for each in screens[4:]] == [["b"], ["b"]]
    assert [each.closed for each in screens] == [True] * 4 + [False] * 2
    assert len(ssc._streaming.history()) == 2


def test_a_stream_without_a_view_is_told_to_ask_before_the_start(ssc, screens):
    stream = counts(ssc, "a")
    stream.live()
    run_batches(ssc, 1)
    with pytest.raises(Py4JJavaError) as caught:
        stream.map(str).live()
    assert "call it before ssc.start()" in caught.value.__notes__[-1]
    assert len(screens) == 1
    ssc.stop(stopSparkContext=False)
    with pytest.raises(Py4JJavaError):
        stream.live()


@pytest.mark.parametrize(
    ("n", "by", "error"), [(0, None, ValueError), (2.5, None, ValueError), (3, True, TypeError), (3, [], TypeError)]
)
def test_wrong_arguments(ssc, n, by, error):
    with pytest.raises(error, match="live"):
        counts(ssc, "a").live(n, by)


def test_it_prints_where_there_is_no_notebook(ssc, capsys, monkeypatch):
    monkeypatch.setattr(_live, "_said", set())
    stream = counts(ssc, "a b b c")
    stream.live(2)
    stream.live(1, by=1)
    run_batches(ssc, 1)
    out, err = capsys.readouterr()
    assert err == "A live view needs a notebook. live() prints here, as pprint() does.\n"
    rule = "-" * 43
    first, second = out.split(f"{rule}\nTime: {datetime.fromtimestamp(1)}\n{rule}\n")[1:]
    assert (first.count("\n"), second) == (4, "('b', 2)\n...\n\n")


def test_what_goes_on_from_a_checkpoint_prints(tmp_path, screens, capsys):
    def setup():
        from pyrite import SparkContext

        ssc = StreamingContext(SparkContext("local[2]", "test", conf=manual_clock_conf()), 1)
        source(ssc, ["a", ABORT, "b"]).map(lambda w: (w, 1)).live(3, by=lambda row: row[1])
        return ssc

    ssc = StreamingContext.getOrCreate(str(tmp_path), setup)
    with pytest.raises(Aborted):
        run_batches(ssc, 2)
    ssc.sparkContext.stop()
    ssc = StreamingContext.getOrCreate(str(tmp_path), setup)
    ssc.start()
    advance(ssc, 2)
    ssc.stop()
    assert "('b', 1)" in capsys.readouterr().out
    assert len(screens) == 1


START = (
    "import pyrite; pyrite.init()\nfrom pyspark import SparkContext\nfrom pyspark.streaming import StreamingContext\n"
    "sc = SparkContext('local[2]')\nssc = StreamingContext(sc, 0.2)"
)
LIVE = "counts = ssc.queueStream([['a', 'b', 'a']] * 1000).map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b)\ncounts.live()"


def test_an_interrupt_of_awaitTermination_ends_a_live_stream(student):
    with student(
        [START, LIVE, "ssc.start()\nssc.awaitTermination()", "print(sc.range(3).count())"], "python3"
    ) as reader:
        reader.run()
        reader.run()
        notebook = reader._client.nb

        def watch(_see):
            end = time.monotonic() + 60
            while "('a', 2)" not in notebook.cells[1].outputs[1]["data"]["text/plain"] and time.monotonic() < end:
                time.sleep(0.05)

        said, seconds = reader.run_watched(watch)
        assert said == "Interrupted: the StreamingContext was stopped; the SparkContext goes on.\n"
        assert seconds < 0.3
        assert reader.run() == "3\n"


def test_a_saved_notebook_keeps_the_last_state(student):
    # What is published behind a cell's end is lost to nbclient; how much time the end has isn't the question here.
    patient = "\nimport pyrite.streaming.context as c; c._GRACE_SHOWN = 60"
    wait = "ssc.start()\nprint(ssc.awaitTerminationOrTimeout(3))"
    cells = [START + patient, LIVE, wait, "ssc.stop(stopSparkContext=False)", "ssc", "counts", "sc"]
    with student(cells, "python3") as reader:
        for _ in cells:
            reader.run()
        notebook = reader._client.nb
    widget, saved = (output["data"] for output in notebook.cells[1].outputs)
    assert "application/vnd.jupyter.widget-view+json" in widget
    assert phase(saved["text/html"]) == "stopped"
    assert keys(saved["text/html"]) == ["a", "b"]
    assert saved["text/plain"].endswith("('a', 2)\n('b', 1)")
    described = [cell.outputs[0]["data"]["text/html"] for cell in notebook.cells[4:]]
    assert all(
        text in shown for text, shown in zip(["stopped", "reduceByKey at cell", "local[2]"], described, strict=True)
    )
    # Without the widgets' states, as JupyterLab saves it, and with them, as nbclient does: the HTML is there.
    for states in (False, True):
        if states:
            reader._client.set_widgets_metadata()
            assert "widgets" in notebook.metadata
        exported, _ = HTMLExporter().from_notebook_node(notebook)
        assert re.search(r'<div class="pyrite-saved.*data-phase="stopped".*<td>a</td>', exported, re.DOTALL)
    nbformat.validate(notebook)


def test_without_anywidget_it_prints_and_says_how_to_get_it(student):
    hidden = "import sys; sys.modules['anywidget'] = None\nimport importlib.util as u; find = u.find_spec\nu.find_spec = lambda name, *a: None if name == 'anywidget' else find(name, *a)\n"
    with student(
        [hidden + START, LIVE, "ssc.start()\nprint(ssc.awaitTerminationOrTimeout(3))", "ssc.stop()"], "python3"
    ) as reader:
        reader.run()
        assert "pip install 'pyrite[jupyter]'" in reader.run()
        assert "('a', 2)" in reader.run()
        reader.run()
