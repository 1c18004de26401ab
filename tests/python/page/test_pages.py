"""Every page in a real browser, on a running stream: it says something, looks well on a phone too, breaks no rule of
accessibility that matters, and asks no other address."""

from pathlib import Path

import pytest

SCREENSHOTS = Path(__file__).parents[3] / "target" / "screenshots"

PAGES = {
    "jobs": "/jobs/", "job": "/jobs/?id=1", "stages": "/stages/", "stage": "/stages/?id=0", "streaming": "/streaming/",
    "functions": "/functions/", "storage": "/storage/", "executors": "/executors/", "environment": "/environment/", "log": "/log/",
}  # fmt: skip
HEADINGS = {
    "jobs": ("Jobs", "작업"), "stages": ("Stages", "스테이지"), "streaming": ("Streaming", "스트리밍"), "functions": ("Functions", "함수"),
    "storage": ("Storage", "저장소"), "executors": ("Executors", "실행기"), "environment": ("Environment", "환경"), "log": ("Log", "로그"),
}  # fmt: skip
# How it is looked at: language, colours, width and height.
WAYS = {
    "english-light": ("en-US", "light", 1280, 900),
    "korean-dark": ("ko-KR", "dark", 1280, 900),
    "english-dark-phone": ("en-US", "dark", 390, 844),
}


@pytest.fixture(params=WAYS, scope="module")
def opened(request, chromium):
    """A page of the browser that notes what it asks for and what goes wrong."""
    language, colours, width, height = WAYS[request.param]
    # The page's own policy lets in no script but its own: not even axe's.
    context = chromium.new_context(
        locale=language, color_scheme=colours, viewport={"width": width, "height": height}, bypass_csp=True
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.way, page.asked, page.wrong = request.param, [], []
    context.on("request", lambda asked: page.asked.append(asked.url))
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda said: page.wrong.append(said.text) if said.type in ("error", "warning") else None)
    yield page
    context.close()


@pytest.fixture
def look(opened, program):
    """The same; an error in the console and a request to another address fail the test."""
    opened.asked.clear()
    opened.wrong.clear()
    yield opened
    opened.goto("about:blank")
    assert opened.wrong == []
    assert opened.asked
    assert [url for url in opened.asked if not url.startswith((program.base + "/", "about:blank"))] == []


def violations(page):
    """axe's rules that are broken, those that matter. Of a table's rows the first ones stand for the others."""
    from axe_playwright_python.sync_playwright import Axe

    what = {"exclude": [["tbody tr:nth-child(n+5)"], ["circle:nth-of-type(n+5)"]]}
    found = Axe().run(page, context=what, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    return [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in serious]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_there(program, look, name):
    look.goto(program.base + PAGES[name])
    look.wait_for_selector("h1")
    if name == "streaming":
        look.wait_for_selector("#input-rate circle", state="attached")
        look.wait_for_selector(".failure")
    look.click("#pause")
    if name in HEADINGS:
        assert look.inner_text("h1") == HEADINGS[name][look.way.startswith("korean")]
    assert look.get_attribute("html", "lang") == ("ko" if look.way.startswith("korean") else "en")
    # Wide tables scroll in a region of their own: the page itself never goes sideways.
    assert look.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert violations(look) == []
    look.screenshot(path=SCREENSHOTS / f"{name}_{look.way}.png")


def test_colours_follow_the_system(program, chromium):
    seen = {}
    for colours in ("light", "dark"):
        context = chromium.new_context(color_scheme=colours)
        page = context.new_page()
        page.goto(program.base + "/jobs/")
        page.wait_for_selector("h1")
        seen[colours] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        context.close()
    assert sum(map(int, seen["light"][4:-1].split(","))) > 600
    assert sum(map(int, seen["dark"][4:-1].split(","))) < 150
