"""What a person does on the page, in a real browser."""

from pathlib import Path

import pytest

SCREENSHOTS = Path(__file__).parents[3] / "target" / "screenshots"

LONG = 60_000


@pytest.fixture
def page(program, chromium):
    # The page's own policy lets no text be made a script: not even what a test waits for.
    context = chromium.new_context(locale="en-US", viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.set_default_timeout(LONG)
    page.on("dialog", lambda dialog: dialog.accept())
    yield page
    context.close()


# The batch of the newest point of a chart, and whether there is a newer one. (The oldest ones leave a long chart.)
NEWEST = "id => Number([...document.querySelectorAll(`#${id} circle`)].at(-1)?.dataset.batch ?? 0)"
MOVES = "([id, before]) => Number([...document.querySelectorAll(`#${id} circle`)].at(-1)?.dataset.batch ?? 0) > before"


def moves(page, chart="input-rate", times=1):
    """Waits until a chart has newer points."""
    for _ in range(times):
        page.wait_for_function(MOVES, arg=[chart, page.evaluate(NEWEST, chart)])


def test_the_charts_move(program, page):
    page.goto(program.base + "/streaming/")
    page.wait_for_selector("#processing-time circle", state="attached")
    for chart in ("input-rate", "scheduling-delay", "processing-time", "total-delay"):
        before = page.locator(f"#{chart} circle").count()
        moves(page, chart)
        assert page.locator(f"#{chart} circle").count() > before or before == 200
    assert page.inner_text("#live") == "live"


def test_a_batch_says_what_went_wrong(program, page):
    page.goto(program.base + "/streaming/")
    failed = page.locator("tr", has=page.locator(".failure")).filter(has_text="ZeroDivisionError").first
    failed.locator("summary").click()
    text = failed.locator("pre").inner_text()
    assert "running.py" in text
    assert "1 // len(word.replace" in text
    assert "ZeroDivisionError: integer division or modulo by zero" in text
    assert "'bad'" in text  # the note with the record
    page.screenshot(path=SCREENSHOTS / "batch_error_in_list.png")
    failed.locator("a").first.click()
    page.wait_for_selector("h1:has-text('Batch of')")
    pre = page.locator("pre").first
    assert pre.is_visible()
    assert "1 // len(word.replace" in pre.inner_text()
    # The jobs that the output operations have started are linked, and the one that failed says why, too.
    jobs = page.locator(".jobs a")
    assert jobs.count() >= 2
    page.screenshot(path=SCREENSHOTS / "batch_error.png", full_page=True)


def test_what_is_unfolded_stays_so_while_the_page_goes_on(program, page):
    page.goto(program.base + "/streaming/")
    row = page.locator("tr[id^=batch-]", has=page.locator(".failure")).first
    name = row.get_attribute("id")
    row.locator("summary").click()
    moves(page, times=2)
    assert page.locator(f"#{name} details").get_attribute("open") is not None


def test_a_failed_job_shows_the_users_traceback(program, page):
    page.goto(program.base + "/jobs/")
    failed = page.locator("tr", has=page.locator(".failure")).filter(has_text="collect at running.py").first
    failed.locator("summary").click()
    text = failed.locator("pre").inner_text()
    assert "10 // n" in text
    assert "running.py" in text
    failed.locator("a").first.click()
    page.wait_for_selector("h2:has-text('Failure')")
    assert "10 // n" in page.locator("pre").first.inner_text()


def test_a_job_is_killed(program, page):
    program.tell("job")
    page.goto(program.base + "/jobs/")
    row = page.locator("tr", has=page.locator("button.kill")).filter(has_text="count at running.py").first
    row.wait_for()
    name = row.get_attribute("id")
    page.screenshot(path=SCREENSHOTS / "kill.png")
    row.locator("button.kill").click()
    page.wait_for_selector(f"#{name} .failure")
    assert "from the web page" in page.locator(f"#{name}").inner_text()


def test_a_batchs_job_is_killed(program, page):
    program.tell("linger")
    page.goto(program.base + "/jobs/")
    row = page.locator("tr", has=page.locator("button.kill")).filter(has=page.locator("a[href^='/streaming/batch/']"))
    row.first.wait_for()
    # Others come and go: this one stays.
    page.wait_for_timeout(1500)
    row.first.locator("a[href^='/streaming/batch/']").click()
    page.wait_for_selector("button.kill")
    page.locator("button.kill").first.click()
    page.wait_for_selector("pre:has-text('from the web page')")
    assert page.locator("button.kill").count() == 0
    # The stream goes on.
    page.goto(program.base + "/streaming/")
    page.wait_for_selector("#input-rate circle", state="attached")
    moves(page)


def test_functions_say_how_they_run(program, page):
    page.goto(program.base + "/functions/")
    native = page.locator("tr", has_text="lambda word: (word, 1)")
    native.wait_for()
    assert "native" in native.inner_text()
    assert "running.py:" in native.inner_text()
    python = page.locator("tr", has_text="lambda n: time.time() > n").inner_text()
    assert "Python" in python
    assert "time" in python.split("running.py:")[1]


def test_sources_state_and_checkpoints_are_shown(program, page):
    page.goto(program.base + "/streaming/")
    page.wait_for_selector("tr:has-text('connected')")
    refused = page.locator("tr[id^=source-]", has_text="retrying")
    refused.locator("summary").click()
    assert "Nobody listens" in refused.locator("pre").inner_text()
    assert "back-pressure: at most" in page.locator("tr[id^=source-]", has_text="connected").inner_text()
    assert page.locator("tr", has_text="updateStateByKey").first.inner_text().split("\t")[1] == "4"
    page.wait_for_selector("tr[id^=checkpoint-]")


def test_the_log_is_shown_and_filtered(program, page):
    page.goto(program.base + "/log/")
    page.wait_for_selector("tr:has-text('the disk of nobody is nearly full')")
    assert page.locator("tr", has_text="Connected to 127.0.0.1").count() == 1
    page.select_option("#level", "WARNING")
    page.wait_for_function("!document.querySelector('main').innerText.includes('Connected to')")
    assert page.locator("tr", has_text="the disk of nobody").count() == 1


def test_it_pauses_and_speaks_korean(program, page):
    page.goto(program.base + "/streaming/")
    page.wait_for_selector("#input-rate circle", state="attached")
    page.click("#pause")
    page.wait_for_timeout(300)
    before = page.inner_text("main")
    page.wait_for_timeout(1500)
    assert page.inner_text("main") == before
    page.click("#pause")
    page.wait_for_function("before => document.querySelector('main').innerText !== before", arg=before)
    page.click("#language")
    page.wait_for_selector("h1:has-text('스트리밍')")
    page.goto(program.base + "/jobs/")
    page.wait_for_selector("h1:has-text('작업')")


CONTROLS = "a[href], button, select, summary, [tabindex='0']"


@pytest.mark.parametrize("path", ["/jobs/", "/jobs/?id=1", "/streaming/", "/functions/", "/log/"])
def test_the_keyboard_reaches_every_control(program, page, path):
    page.goto(program.base + path)
    page.wait_for_selector("h1")
    page.click("#pause")
    page.wait_for_timeout(500)
    controls = page.evaluate(
        f"""() => [...document.querySelectorAll("{CONTROLS}")].filter((one) => one.checkVisibility())
            .map((one, at) => {{ one.dataset.nth = at; return at; }})"""
    )
    page.evaluate("document.activeElement.blur()")
    reached, seen = set(), "document.activeElement?.dataset.nth ?? null"
    for _ in range(len(controls) + 10):
        page.keyboard.press("Tab")
        nth = page.evaluate(seen)
        if nth is not None:
            reached.add(int(nth))
    assert reached == set(controls)
    # Enter does what a click does.
    page.focus("#pause")
    page.keyboard.press("Enter")
    assert page.get_attribute("#pause", "aria-pressed") == "false"
