"""Streaming queries on the web page, in a real browser: what they say, that it moves, errors, the button that stops one."""

import pytest
from browser import SCREENSHOTS, WAYS, violations, watching

HEADINGS = {"en": "Structured Streaming", "ko": "구조적 스트리밍"}
CHARTS = ("input-rate", "process-rate", "input-rows", "batch-duration", "watermark-gap", "state-rows", "state-memory")


@pytest.fixture(params=WAYS)
def look(request, chromium, program):
    """A page; an error in the console and a request to another address fail the test."""
    with watching(chromium, request.param) as page:
        yield page
        page.goto("about:blank")
        assert page.wrong == []
        assert [url for url in page.asked if not url.startswith((program.base + "/", "about:blank"))] == []


def _well(page, name):
    """Readable on a phone, in its language, accessible; the picture is kept."""
    page.click("#pause")
    assert page.get_attribute("html", "lang") == page.way[:2]
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.screenshot(path=SCREENSHOTS / f"{name}_{page.way}.png", full_page=True)


def test_queries_and_one_of_them(program, look):
    look.goto(program.base + "/StreamingQuery/")
    row = look.locator("tr", has_text="windows")
    row.wait_for()
    look.locator("tr", has=look.locator(".failure")).wait_for()
    assert look.inner_text("h1") == HEADINGS[look.way[:2]]
    _well(look, "queries")
    row.locator("a").first.click()
    look.wait_for_selector("#watermark-gap circle", state="attached")
    assert "windows" in look.inner_text("h1")
    _well(look, "query")


@pytest.fixture
def page(chromium):
    with watching(chromium, "english-light") as page:
        page.on("dialog", lambda dialog: dialog.accept())
        yield page


NEWEST = "id => Number([...document.querySelectorAll(`#${id} circle`)].at(-1)?.dataset.batch ?? 0)"
MOVES = "([id, before]) => Number([...document.querySelectorAll(`#${id} circle`)].at(-1)?.dataset.batch ?? 0) > before"


def test_the_charts_move(program, page):
    page.goto(program.base + "/StreamingQuery/")
    page.click("tr:has-text('windows') a")
    page.wait_for_selector("#watermark-gap circle", state="attached")
    before = {chart: page.evaluate(NEWEST, chart) for chart in CHARTS}
    for chart in CHARTS:
        page.wait_for_function(MOVES, arg=[chart, before[chart]])
    assert page.locator("#operation-duration rect").count() > 0
    assert "addBatch" in page.inner_text("#operation-duration")
    assert page.locator("#source-0").inner_text().startswith("RateStreamV2")
    assert "stateStoreSave" in page.inner_text("#operator-0")
    page.click("#last-progress summary")
    assert '"numInputRows"' in page.inner_text("#last-progress pre")


def test_a_query_says_what_went_wrong(program, page):
    page.goto(program.base + "/StreamingQuery/")
    failed = page.locator("tr", has=page.locator(".failure"))
    assert failed.locator("summary").inner_text() == "ValueError: the third batch is bad"
    assert "failed" in failed.inner_text()
    failed.locator("a").first.click()
    page.wait_for_selector("h2:has-text('Failure')")
    text = page.locator("pre").first.inner_text()
    assert "running.py" in text and 'raise ValueError("the third batch is bad")' in text
    assert page.locator("button.kill").count() == 0
    page.screenshot(path=SCREENSHOTS / "query_error.png", full_page=True)


def test_a_query_is_stopped(program, page):
    page.goto(program.base + "/StreamingQuery/")
    row = page.locator("tr", has_text="stopped").first
    assert "running" in row.inner_text()
    row.locator("button.kill").click()
    # Whoever waits for its end goes on, though its next batch is an hour away.
    assert program.line() == "stopped"
    page.wait_for_selector("tr:has-text('stopped') .badge:has-text('finished')")
    page.goto(program.base + "/log/")
    page.wait_for_selector("tr:has-text('The streaming query stopped is stopped from the web page.')")
