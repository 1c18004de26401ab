"""The live view in real JupyterLab and Notebook 7: it moves, it stops, it outlives what people do to cells and pages."""

import re

import nbformat
import pytest
from playwright.sync_api import expect

# Hang guards: a loaded machine takes its time to show JupyterLab.
pytestmark = pytest.mark.timeout(600)

START = (
    "import pyrite; pyrite.init()\n"
    "from pyspark import SparkContext\n"
    "from pyspark.streaming import StreamingContext\n"
    "sc = SparkContext('local[2]')\n"
    "ssc = StreamingContext(sc, 0.5)"
)
# In each batch other words lead.
WORDS = (
    "batches = [[f'word{(i * 7 + j) % 9}' for j in range(9) for _ in range(j + i % 3)] for i in range(2000)]\n"
    "counts = ssc.queueStream(batches).map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b)"
)
WAIT = "ssc.start()\nssc.awaitTermination()\nprint('it is over')"


def names(view):
    """The words in the order in which they are shown."""
    return view.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.key)")


def moves(view):
    """Wait until the order of the bars is another one."""
    first = names(view)
    view.page.wait_for_function(
        "([view, first]) => [...view.querySelectorAll('tbody tr')].map(row => row.dataset.key).join() !== first",
        arg=[view.element_handle(), ",".join(first)],
    )
    return first


@pytest.mark.parametrize("application", ["lab", "notebook"])
def test_it_moves_and_the_button_stops_the_stream_while_a_cell_waits_for_it(open_notebook, application):
    cells = [START, WORDS + "\ncounts.live(5)", WAIT, "print(sc.range(3).sum())"]
    notebook = open_notebook(f"moves-{application}", cells, application)
    notebook.run(0, 1, 2)
    view = notebook.view(1)
    expect(view).to_have_attribute("data-phase", "running")
    expect(view.locator("tbody tr")).to_have_count(5)
    moves(view)
    assert view.locator(".bar").first.evaluate("bar => bar.style.width") == "100%"
    expect(view.locator("svg")).to_have_count(2)
    expect(notebook.cell(1).locator(".pyrite-saved")).to_be_hidden()
    notebook.shot(f"live-{application}-light")

    button = view.get_by_role("button", name="Stop the stream")
    button.focus()
    moves(view)
    expect(button).to_be_focused()
    notebook.page.keyboard.press("Enter")
    expect(view).to_have_attribute("data-phase", "stopped")
    expect(notebook.cell(2)).to_contain_text("it is over")
    expect(button).to_have_count(0)
    notebook.run(3)
    expect(notebook.cell(3)).to_contain_text("3")

    # What is saved is what was seen last.
    shown = names(view)
    notebook.command("docmanager:save")
    kept = nbformat.read(notebook.file, as_version=4).cells[1].outputs[1]["data"]["text/html"]
    assert 'class="pyrite-panel" data-phase="stopped"' in kept
    assert re.findall(r'data-key="(\w+)"', kept) == shown


def test_two_views_an_error_a_reload_and_a_cell_that_runs_again(open_notebook):
    fails = (
        "import time\n"
        "failing = counts.map(lambda pair: (pair[0], 1 // (0 if wrong else 1)))\n"
        "wrong = False\n"
        "failing.live(3, by=0)"
    )
    notebook = open_notebook(
        "outlives", [START, WORDS + "\ncounts.live(4)", fails, "ssc.start()", "wrong = True", "ssc"]
    )
    page = notebook.page
    notebook.run(0, 1, 2, 3)
    counts, failing = notebook.view(1), notebook.view(2)
    expect(counts.locator("tbody tr")).to_have_count(4)
    expect(failing.locator("tbody tr")).to_have_count(3)
    assert names(failing) == ["word8", "word7", "word6"]

    notebook.run(4)
    expect(failing).to_have_attribute("data-phase", "failed")
    expect(failing.locator("details")).to_contain_text("ZeroDivisionError")
    moves(counts)
    page.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    moves(counts)
    failing.scroll_into_view_if_needed()
    notebook.shot("live-lab-dark-error")

    # The browser is closed and comes back: the views go on where they were.
    notebook.command("docmanager:save")
    page.goto("about:blank")
    notebook.open()
    expect(counts.locator("tbody tr")).to_have_count(4)
    moves(counts)

    # The cell runs again while the stream runs: a new view in place of the old one.
    page.evaluate("document.documentElement.lang = 'ko'")
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(1)
    page.evaluate(
        "text => { window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.setSource(text); }",
        "counts.live(6)",
    )
    notebook.run(1)
    expect(counts.locator("tbody tr")).to_have_count(6)
    expect(cell.locator(".pyrite-panel-place")).to_have_count(1)
    moves(counts)
    expect(counts.get_by_role("button", name="스트림 중지")).to_be_visible()
    cell.scroll_into_view_if_needed()
    notebook.shot("live-lab-korean")
    counts.get_by_role("button", name="스트림 중지").click()
    expect(counts).to_have_attribute("data-phase", "stopped")
    expect(counts).to_contain_text("중지됨")
    expect(failing).to_have_attribute("data-phase", "stopped")
    notebook.run(5)
    expect(notebook.cell(5)).to_contain_text("stopped")

    # The kernel is gone: what is saved is seen, and no widget's complaint.
    notebook.command("docmanager:save")
    page.evaluate("window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
    page.goto("about:blank")
    notebook.open()
    kept = nbformat.read(notebook.file, as_version=4)
    assert 'class="pyrite-panel" data-phase="stopped"' in kept.cells[2].outputs[1]["data"]["text/html"], "loaded anew"
    saved = notebook.cell(1).locator(".pyrite-saved")
    expect(saved).to_be_visible()
    expect(saved.locator("tbody tr")).to_have_count(6)
    expect(saved).to_contain_text("중지됨")
    expect(notebook.cell(1).get_by_text("Error displaying widget")).to_be_hidden()
    notebook.shot("live-lab-saved")


def test_a_long_job_has_bars_and_a_button_that_cancels_it(open_notebook):
    job = (
        "import time\nsc.parallelize(range(20000), 2000).map(lambda x: time.sleep(0.05) or x).map(lambda x: (x % 3, 1))"
    )
    cells = [START, job + ".reduceByKey(lambda a, b: a + b).collect()", "print(sc.range(4).sum())"]
    notebook = open_notebook("cancels", cells)
    notebook.run(0, 1)
    bars = notebook.view(1)
    expect(bars.locator("progress")).to_have_attribute("max", "2000")
    expect(bars).to_contain_text("rows/s")
    notebook.shot("progress-lab")
    bars.get_by_role("button", name="Cancel the job").click()
    # Where the kernel hears the page too late, the page interrupts the cell.
    expect(notebook.cell(1)).to_contain_text(re.compile("cancelled from the notebook|KeyboardInterrupt"))
    expect(bars).to_have_count(0)
    notebook.run(2)
    expect(notebook.cell(2)).to_contain_text("6")
