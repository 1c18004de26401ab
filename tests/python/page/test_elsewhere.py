"""A page of another origin, in a real browser, gets nothing of the program's and changes nothing there."""

import http.server
import threading
import time

import pytest

TRIES = """<!DOCTYPE html><meta charset="utf-8"><title>elsewhere</title>
<form id="form" method="post" target="frame" action="{base}/jobs/job/kill/?id={job}"></form><iframe name="frame" title="frame"></iframe>
<script>
const base = "{base}", job = "{job}", got = {{}};
const settled = (name, promise) => promise.then((value) => {{ got[name] = value; }}, () => {{ got[name] = null; }});
const loads = (element) => new Promise((resolve, reject) => {{
  element.onload = () => resolve("loaded"); element.onerror = reject; document.body.append(element);
}});
async function tries() {{
  await settled("fetch", fetch(base + "/api/v1/applications").then((answer) => answer.text()));
  await settled("opaque", fetch(base + "/api/v1/applications", {{ mode: "no-cors" }}).then((answer) => answer.text()).then((text) => text || null));
  await settled("post", fetch(base + "/jobs/job/kill/?id=" + job, {{ method: "POST", mode: "no-cors" }}).then((answer) => answer.text()).then((text) => text || null));
  await settled("script", loads(Object.assign(document.createElement("script"), {{ src: base + "/static/words.js" }})));
  await settled("module", import(base + "/static/words.js").then((found) => Object.keys(found)));
  await settled("image", loads(Object.assign(new Image(), {{ src: base + "/static/icon.svg" }})));
  await settled("style", loads(Object.assign(document.createElement("link"), {{ rel: "stylesheet", href: base + "/static/style.css" }})));
  await settled("events", new Promise((resolve, reject) => {{
    const events = new EventSource(base + "/events"); events.onmessage = (event) => resolve(event.data); events.onerror = reject;
  }}));
  await settled("socket", new Promise((resolve, reject) => {{
    const socket = new WebSocket(base.replace("http", "ws") + "/events"); socket.onopen = () => resolve("open"); socket.onerror = reject;
  }}));
  await settled("frame", new Promise((resolve, reject) => {{
    const frame = document.createElement("iframe"); frame.src = base + "/jobs/";
    frame.onload = () => {{ try {{ resolve(frame.contentDocument.body.innerText || null); }} catch {{ reject(); }} }};
    document.body.append(frame);
  }}));
  document.getElementById("form").submit();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return got;
}}
</script>"""


@pytest.fixture
def other():
    """A server of another origin on this machine; its page is set by the test."""

    class Handler(http.server.BaseHTTPRequestHandler):
        text = ""

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(self.text.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Handler, server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join(60)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_it_gets_nothing(make_page, chromium, other, host):
    sc = make_page()
    done = threading.Event()

    def work():
        try:
            sc.parallelize(range(100_000), 2).map(lambda n: time.sleep(0.005)).count()
        except Exception:
            pass
        done.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not (running := sc.statusTracker().getActiveJobsIds()) and time.monotonic() < deadline:
        time.sleep(0.01)
    job = running[0]
    handler, port = other
    handler.text = TRIES.format(base=sc.uiWebUrl, job=job)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"http://{host}:{port}/")
    got = page.evaluate("tries()")
    # An element that loads says so of nothing but an error; no byte of the program's may be in what was got.
    assert {name: value for name, value in got.items() if value is not None} == {}
    assert set(got) == {"fetch", "opaque", "post", "script", "module", "image", "style", "events", "socket", "frame"}
    assert not done.is_set()
    assert job in sc.statusTracker().getActiveJobsIds()
    # The page itself may: so the tries above were tries.
    page.goto(sc.uiWebUrl + "/jobs/")
    assert (
        page.evaluate(f"fetch('/jobs/job/kill/?id={job}', {{ method: 'POST' }}).then((answer) => answer.status)") == 204
    )
    assert done.wait(60)
    context.close()
    thread.join(60)


def test_a_link_from_elsewhere_is_a_visit(make_page, chromium, other):
    """As from a notebook, whose server has another port: the person sees the page, the other page nothing of it."""
    sc = make_page()
    handler, port = other
    handler.text = f"<script>var opened = null;</script><button onclick=\"opened = window.open('{sc.uiWebUrl}/jobs/')\">look</button>"
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"http://localhost:{port}/")
    with context.expect_page() as opened:
        page.click("button")
    visited = opened.value
    visited.wait_for_selector("h1:has-text('Jobs')")
    assert visited.evaluate("window.opener") is None
    assert page.evaluate("(() => { try { return opened.document.title } catch { return null } })()") is None
    context.close()
