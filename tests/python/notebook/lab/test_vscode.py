"""The live view on the widgets' manager that VS Code's Jupyter extension brings: that library and RequireJS come from npm
(`make vscode-widgets`); the extension itself is in no package registry. See vscode.js for what stands in for it.
"""

import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

# Hang guards: a loaded machine takes its time.
pytestmark = pytest.mark.timeout(600)

HERE = Path(__file__).parent
LIBRARIES = HERE.parents[3] / "target" / "vscode"
ASSETS = "pyrite-vscode"
START = (
    "import pyrite; pyrite.init()\n"
    "from pyspark import SparkContext\n"
    "from pyspark.streaming import StreamingContext\n"
    "sc = SparkContext('local[2]')\n"
    "ssc = StreamingContext(sc, 0.5)\n"
    "batches = [[f'word{(i * 7 + j) % 9}' for j in range(9) for _ in range(j + i % 3)] for i in range(2000)]\n"
    "counts = ssc.queueStream(batches).map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b)"
)


def serve(route: Route) -> None:
    """What VS Code has in its extension, and the files of Jupyter's that it reads beside the kernel."""
    name = route.request.url.partition(f"/{ASSETS}/")[2].partition("?")[0]
    if name.startswith("nbextensions/"):
        file = Path(sys.prefix, "share", "jupyter", name)
    else:
        file = LIBRARIES / name
    route.fulfill(path=file, content_type="text/javascript")


class VSCode:
    """A notebook in it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.page.route(f"**/{ASSETS}/**", serve)
        self.page.goto(f"{url}lab?token=pyrite")
        self.page.wait_for_function("window.jupyterapp?.serviceManager.isReady")
        self.page.add_script_tag(url=f"/{ASSETS}/require.js")
        self.page.add_script_tag(path=HERE / "vscode.js")
        self.page.evaluate("assets => window.openVSCode(assets)", f"{url}{ASSETS}")

    def run(self, code: str, at: int) -> None:
        """Run a cell without waiting for its end."""
        self.page.evaluate("([code, at]) => window.vscode.run(code, at)", [code, at])

    def cell(self, at: int):
        """A cell's outputs."""
        return self.page.locator("main > section").nth(at)

    def view(self, at: int):
        """The live view that a cell shows."""
        return self.cell(at).locator(".pyrite-panel-place .pyrite-panel")

    def close(self) -> None:
        """Shut the kernel down."""
        self.page.evaluate("window.vscode.kernel.shutdown()")
        assert self.page.evaluate("window.vscode.said") == []


@pytest.fixture
def vscode(browser, server):
    """Opens it; it may ask nobody but the server."""
    if not (LIBRARIES / "ipywidgets.js").exists():
        pytest.skip("VS Code's widgets are not here: `make vscode-widgets` fetches them from npm")
    url, _ = server
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    opened = VSCode(page, url)
    yield opened
    opened.close()
    page.close()
    assert [each for each in asked if not each.startswith((url, url.replace("http", "ws"), "data:", "blob:"))] == []


def test_it_moves_stops_and_leaves_what_is_saved(vscode):
    vscode.run(START, 0)
    vscode.run("counts.live(5)", 1)
    vscode.run("ssc.start()", 2)
    view, saved = vscode.view(1), vscode.cell(1).locator(".pyrite-saved")
    expect(view).to_have_attribute("data-phase", "running")
    expect(view.locator("tbody tr")).to_have_count(5)
    shown = view.locator("tbody").inner_text()
    expect(view.locator("tbody")).not_to_have_text(shown)
    expect(saved).to_be_hidden()

    # A cell that runs again takes the old view's place.
    vscode.run("counts.live(4)", 1)
    expect(view.locator("tbody tr")).to_have_count(4)

    # While a cell waits, the kernel hears no button, and VS Code lets no widget interrupt it: that is said.
    vscode.run("ssc.awaitTermination()", 3)
    expect(vscode.cell(3)).to_have_attribute("data-state", "busy")
    expect(view).to_have_attribute("data-awaited", "1")
    button = view.get_by_role("button", name="Stop the stream")
    button.click()
    hint = vscode.cell(1).locator(".pyrite-hint")
    expect(hint).to_contain_text("press its interrupt button")

    vscode.page.evaluate("window.vscode.interrupt()")
    expect(vscode.cell(3)).to_contain_text("Interrupted: the StreamingContext was stopped")
    expect(view).to_have_attribute("data-phase", "stopped")
    expect(button).to_have_count(0)
    expect(hint).to_be_empty()

    # Without the widget, what the notebook keeps is seen: its last state.
    kept = view.locator("tbody").inner_text()
    vscode.page.evaluate("window.vscode.manager.clear_state()")
    expect(saved).to_be_visible()
    expect(saved.locator(".pyrite-panel")).to_have_attribute("data-phase", "stopped")
    expect(saved.locator("tbody")).to_have_text(re.compile(r"\s*".join(map(re.escape, kept.split()))))
