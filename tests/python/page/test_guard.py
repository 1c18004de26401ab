"""Who may look at the web page, and who may not."""

import http.client
import json
import urllib.parse

import pytest


def ask(url, path="/api/v1/version", method="GET", **headers):
    """The status, the headers and the text of an answer; `headers` with _ for -."""
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def url(make_page):
    return make_page().uiWebUrl


def test_it_listens_on_loopback_at_the_next_free_port(make_page):
    first = make_page(port="0").uiWebUrl
    taken = int(first.rsplit(":", 1)[1])
    second = make_page(port=str(taken), keep=True).uiWebUrl
    assert first.startswith("http://127.0.0.1:")
    assert taken < int(second.rsplit(":", 1)[1]) <= taken + 16


def test_without_a_free_port_the_program_goes_on_without_a_page(make_page, caplog):
    taken = make_page(port="0").uiWebUrl.rsplit(":", 1)[1]
    sc = make_page(port=taken, keep=True, **{"spark.port.maxRetries": "0"})
    assert sc.uiWebUrl is None
    assert sc.parallelize([1, 2], 2).sum() == 3
    assert "There is no web page" in caplog.text
    assert taken in caplog.text


def test_it_can_be_left_out(make_page):
    assert make_page(**{"spark.ui.enabled": "false"}).uiWebUrl is None


def test_it_ends_with_the_context(make_page):
    sc = make_page()
    url = sc.uiWebUrl
    assert ask(url)[0] == 200
    sc.stop()
    with pytest.raises(OSError):
        ask(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}"])
def test_this_machines_own_names_are_answered(url, host):
    assert ask(url, Host=host.format(port=url.rsplit(":", 1)[1]))[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "", "0.0.0.0:{port}"]
)
def test_a_name_that_leads_here_by_trickery_gets_nothing(url, host):
    status, _, text = ask(url, Host=host.format(port=url.rsplit(":", 1)[1]))
    assert status == 403
    assert "sc.uiWebUrl" in text


@pytest.mark.parametrize("path", ["/", "/jobs/", "/api/v1/applications", "/metrics", "/events", "/static/app.js"])
def test_a_page_of_another_origin_reads_nothing(url, path):
    port = url.rsplit(":", 1)[1]
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://localhost:{int(port) + 1}"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ):
        status, answered, text = ask(url, path, **headers)
        assert (status, text) == (403, "Another page asks.\n"), headers
        assert "Access-Control-Allow-Origin" not in answered


def test_its_own_page_reads(url):
    assert ask(url, Origin=url, Sec_Fetch_Site="same-origin")[0] == 200
    status, headers, _ = ask(url, "/jobs/", Sec_Fetch_Site="none")
    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_a_job_is_cancelled_by_its_own_page_only(make_page):
    import threading
    import time

    sc = make_page()
    found = []

    def slow(row):
        time.sleep(0.05)
        return row

    def run():
        try:
            found.append(sc.parallelize(range(20_000), 2).map(slow).count())
        except Exception as error:
            found.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    while not (jobs := sc.statusTracker().getActiveJobsIds()):
        time.sleep(0.01)
    path = f"/jobs/job/kill/?id={jobs[0]}"
    assert ask(sc.uiWebUrl, path, Sec_Fetch_Site="same-origin")[0] == 405  # it is a change
    assert ask(sc.uiWebUrl, path, "POST", Origin="http://evil.example")[0] == 403
    assert ask(sc.uiWebUrl, "/jobs/job/kill/?id=x", "POST", Origin=sc.uiWebUrl)[0] == 404
    assert not found
    assert ask(sc.uiWebUrl, path, "POST", Origin=sc.uiWebUrl)[0] == 204
    thread.join(60)
    assert "from the web page" in found[0]
    assert ask(sc.uiWebUrl, path, "POST", Origin=sc.uiWebUrl)[0] == 404


class TestOpenToOthers:
    @pytest.fixture
    def opened(self, make_page):
        return make_page(**{"spark.ui.host": "0.0.0.0"}).uiWebUrl

    def test_the_address_has_the_token(self, opened):
        token = urllib.parse.parse_qs(urllib.parse.urlsplit(opened).query)["token"][0]
        assert len(token) >= 32
        status, headers, _ = ask(opened, f"/jobs/?token={token}")
        assert status == 200
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert ask(opened, "/api/v1/version", Cookie=cookie.split(";")[0])[0] == 200

    def test_without_it_there_is_no_answer(self, opened):
        for path in ("/", "/metrics", "/healthz", "/api/v1/version?token=guess", "/api/v1/version?token="):
            status, _, text = ask(opened, path)
            assert status == 403
            assert "token" in text
        assert ask(opened, Cookie="pyrite-token=guess")[0] == 403

    def test_a_change_by_the_cookie_alone_needs_the_origin(self, opened):
        token = urllib.parse.parse_qs(urllib.parse.urlsplit(opened).query)["token"][0]
        cookie, port = f"pyrite-token={token}", urllib.parse.urlsplit(opened).port
        kill = "/jobs/job/kill/?id=77"
        assert ask(opened, kill, "POST", Cookie=cookie)[0] == 403
        assert ask(opened, kill, "POST", Cookie=cookie, Origin="http://evil.example")[0] == 403
        own = {"Host": f"127.0.0.1:{port}", "Origin": f"http://127.0.0.1:{port}"}
        assert ask(opened, kill, "POST", Cookie=cookie, **own)[0] == 404  # there is no such job
        assert ask(opened, f"{kill}&token={token}", "POST")[0] == 404


def test_secrets_are_stars(make_page):
    sc = make_page(**{"spark.hadoop.fs.s3a.secret.key": "hush", "spark.my.note": "the password is hush"})
    path = f"/api/v1/applications/{sc.applicationId}/environment"
    text = ask(sc.uiWebUrl, path)[2]
    assert "hush" not in text
    properties = dict(json.loads(text)["sparkProperties"])
    assert properties["spark.hadoop.fs.s3a.secret.key"] == "*********(redacted)"


@pytest.mark.parametrize(
    "path", ["/nothing", "/static/../Cargo.toml", "/static/%2e%2e/x", "/api/v1/nothing", "/api/v1/applications/x/jobs"]
)
def test_what_isnt_there_is_404(url, path):
    assert ask(url, path)[0] == 404


@pytest.mark.parametrize(
    ("key", "value"), [("spark.ui.port", "70000"), ("spark.ui.port", "x"), ("spark.port.maxRetries", "many")]
)
def test_a_port_that_is_none_is_an_error(make_page, key, value):
    with pytest.raises(Exception, match=f"{key} should be") as caught:
        make_page(**{"port": "0", key: value} if key != "spark.ui.port" else {"port": value})
    assert "IllegalArgumentException" in str(caught.value)
