"""Looks at a program's page until its input ends: `watch_page.py URL read` asks what the open page of the stream asks, as
often as it does; `watch_page.py URL browse` has Chromium do it. Both read the metrics each second. It says `watching` once
it has seen something.
"""

import contextlib
import json
import shutil
import sys
import threading
import time
import urllib.error
import urllib.request

PATHS = ["/streaming/statistics", "/streaming/receivers", "/streaming/batches?length=200", "/pyrite/streaming"]


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()


def scrape(url: str) -> None:
    while True:
        get(f"{url}/metrics")
        time.sleep(1)


def read(url: str) -> None:
    app = json.loads(get(f"{url}/api/v1/applications"))[0]["id"]
    with urllib.request.urlopen(f"{url}/events", timeout=60) as events:
        for line in events:
            if line.startswith(b"data:"):
                # There may be no stream yet.
                with contextlib.suppress(urllib.error.HTTPError):
                    for path in PATHS:
                        get(f"{url}/api/v1/applications/{app}{path}")
                print("watching", flush=True)


def browse(url: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(f"{url}/streaming/")
        page.wait_for_selector("h1")
        print("watching", flush=True)
        sys.stdin.read()
        browser.close()


def main(url: str, how: str) -> None:
    threading.Thread(target=scrape, args=(url,), daemon=True).start()
    if how == "browse":
        browse(url)
        return
    threading.Thread(target=read, args=(url,), daemon=True).start()
    sys.stdin.read()


main(*sys.argv[1:])
