"""Every page in a real browser, on a running stream: it says something, looks well on a phone too, breaks no rule of
accessibility that matters, and asks no other address."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from browser import SCREENSHOTS, WAYS, violations, watching  # noqa: E402

PAGES = {
    "jobs": "/jobs/", "job": "/jobs/?id=1", "stages": "/stages/", "stage": "/stages/?id=0", "streaming": "/streaming/",
    "queries": "/StreamingQuery/", "functions": "/functions/", "storage": "/storage/", "executors": "/executors/", "environment": "/environment/", "log": "/log/",
}  # fmt: skip
HEADINGS = {
    "jobs": ("Jobs", "작업"), "stages": ("Stages", "스테이지"), "streaming": ("Streaming", "스트리밍"), "queries": ("Structured Streaming", "구조적 스트리밍"), "functions": ("Functions", "함수"),
    "storage": ("Storage", "저장소"), "executors": ("Executors", "실행기"), "environment": ("Environment", "환경"), "log": ("Log", "로그"),
}  # fmt: skip


@pytest.fixture(params=WAYS, scope="module")
def opened(request, chromium):
    """A page of the browser."""
    with watching(chromium, request.param) as page:
        yield page


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
