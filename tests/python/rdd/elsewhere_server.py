"""A server of the web on loopback that has files: with and without ranges, slow, forbidden, of unknown length."""

import http.server
import re
import threading
from typing import Any


class Files:
    """`with Files({"/a.txt": b"..."}) as files: files.url + "/a.txt"`."""

    def __init__(self, files: dict[str, bytes], ranges: bool = True, sized: bool = True) -> None:
        self.files, self.ranges, self.sized = files, ranges, sized
        self.asked: list[tuple[str, str | None]] = []
        # The most bytes that one answer had.
        self.largest = 0

    def __enter__(self) -> "Files":
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(handler) -> None:
                self._answer(handler, False)

            def do_GET(handler) -> None:
                self._answer(handler, True)

            def log_message(handler, *_: Any) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: Any, whole: bool) -> None:
        path = handler.path.partition("?")[0]
        wanted = handler.headers.get("Range")
        if whole:
            self.asked.append((path, wanted))
        if path == "/forbidden":
            handler.send_error(403)
            return
        data = self.files.get(path)
        if data is None:
            handler.send_error(404)
            return
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted or "") if self.ranges else None
        if found:
            start, end = int(found[1]), min(int(found[2] or len(data)) + 1, len(data))
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
            data = data[start:end]
        else:
            handler.send_response(200)
        handler.send_header("Content-Type", "text/html" if path.endswith("/") else "application/octet-stream")
        if self.sized:
            handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        if whole:
            self.largest = max(self.largest, len(data))
            try:
                handler.wfile.write(data)
            except ConnectionError:
                pass
