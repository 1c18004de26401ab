"""JupyterLab and Notebook 7 as a person has them before them: served on loopback from a temporary folder, seen in Debian's
Chromium."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

SCREENSHOTS = Path(__file__).parents[4] / "target" / "screenshots"
# A hang guard: a loaded machine takes its time to start a kernel.
PATIENCE = 120_000
expect.set_options(timeout=PATIENCE)


class Notebook:
    """A notebook that is open in JupyterLab or Notebook 7."""

    def __init__(self, page: Page, address: str, file: Path) -> None:
        self.page = page
        self.file = file
        self._address = address
        self.open()

    def open(self) -> None:
        """Open it, or load its page anew."""
        self.page.goto(self._address)
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=PATIENCE)
        self.kernel_is("idle", "busy")

    def run(self, *cells: int) -> None:
        """Run these cells, counted from 0; what waits for something goes on."""
        for cell in cells:
            self.page.evaluate(
                "at => { const lab = window.jupyterapp; lab.shell.currentWidget.content.activeCellIndex = at;"
                " lab.commands.execute('notebook:run-cell'); }",
                cell,
            )

    def command(self, name: str) -> None:
        """Have the application do something, and wait for it."""
        self.page.evaluate("name => window.jupyterapp.commands.execute(name)", name)

    def cell(self, at: int) -> Locator:
        """The output of a cell."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(at).locator(".jp-Cell-outputArea")

    def view(self, at: int) -> Locator:
        """The live view that a cell shows: the widget, not what is saved."""
        return self.cell(at).locator(".pyrite-panel-place .pyrite-panel")

    def kernel_is(self, *status: str) -> None:
        """Wait until the kernel is one of these: idle, busy."""
        self.page.wait_for_function(
            "status => status.includes("
            "window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel?.status)",
            arg=status,
            timeout=PATIENCE,
        )

    def shot(self, name: str) -> None:
        """Keep a picture."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("These tests need Chromium (Debian's package chromium; `make chromium` installs it as root).")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of both, and their folder."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    settings = home / "settings_dir" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    places = {f"JUPYTER_{name}": str(home / name.lower()) for name in names}
    places |= {f"JUPYTERLAB_{name}": str(home / name.lower()) for name in ("SETTINGS_DIR", "WORKSPACES_DIR")}
    places |= {"IPYTHONDIR": str(home / "ipython"), "JUPYTER_NO_CONFIG": "1", "JUPYTER_PLATFORM_DIRS": "0"}
    options = [
        "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--ServerApp.token=pyrite",
        f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly",
        "--LanguageServerManager.autodetect=False", "--ServerApp.jpserver_extensions={'notebook': True}",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]  # fmt: skip
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], env={**os.environ, **places}, stdout=log, stderr=log
        )
    try:
        end = time.monotonic() + 60
        info = home / "runtime_dir" / f"jpserver-{process.pid}.json"
        while not info.exists() or not info.read_text():
            assert process.poll() is None and time.monotonic() < end, (home / "log").read_text()
            time.sleep(0.1)
        yield json.loads(info.read_text())["url"], folder
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def open_notebook(browser: Browser, server: tuple[str, Path]) -> Iterator[Callable[..., Notebook]]:
    """Opens a notebook of these cells. The pages may ask nobody but the server."""
    url, folder = server
    asked: list[str] = []
    contexts = []

    def start(name: str, cells: list[str], application: str = "lab", **page: object) -> Notebook:
        file = folder / f"{name}.ipynb"
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, file)
        context = browser.new_context(viewport={"width": 1200, "height": 900}, **page)
        contexts.append(context)
        opened = context.new_page()
        opened.set_default_timeout(PATIENCE)
        opened.on("request", lambda request: asked.append(request.url))
        place = f"lab/workspaces/{name}/tree" if application == "lab" else "notebooks"
        return Notebook(opened, f"{url}{place}/{file.name}?token=pyrite", file)

    yield start
    for context in contexts:
        context.close()
    outside = [each for each in asked if not each.startswith((url, url.replace("http", "ws"), "data:", "blob:"))]
    assert outside == []
