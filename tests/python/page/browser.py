"""A real browser to look at the page with, and what is asked of every page in it."""

import contextlib
import shutil
from pathlib import Path

SCREENSHOTS = Path(__file__).parents[3] / "target" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# How it is looked at: language, colours, width and height.
WAYS = {
    "english-light": ("en-US", "light", 1280, 900),
    "korean-dark": ("ko-KR", "dark", 1280, 900),
    "english-dark-phone": ("en-US", "dark", 390, 844),
}


def program():
    """The browser's program; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextlib.contextmanager
def launched():
    """The browser."""
    from playwright.sync_api import sync_playwright

    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextlib.contextmanager
def watching(browser, way):
    """A page that notes what it asks for and what goes wrong."""
    language, colours, width, height = WAYS[way]
    # The page's own policy lets in no script but its own: not even axe's.
    context = browser.new_context(
        locale=language, color_scheme=colours, viewport={"width": width, "height": height}, bypass_csp=True
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.way, page.asked, page.wrong = way, [], []
    context.on("request", lambda asked: page.asked.append(asked.url))
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda said: page.wrong.append(said.text) if said.type in ("error", "warning") else None)
    yield page
    context.close()


def violations(page):
    """axe's rules that are broken, those that matter. Of a table's rows the first ones stand for the others."""
    from axe_playwright_python.sync_playwright import Axe

    what = {"exclude": [["tbody tr:nth-child(n+5)"], ["circle:nth-of-type(n+5)"]]}
    found = Axe().run(page, context=what, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    return [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in serious]
