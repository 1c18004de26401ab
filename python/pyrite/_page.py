"""The web page of a SparkContext: `sc.uiWebUrl`. It is on unless `spark.ui.enabled` is false.

It listens on 127.0.0.1 at `spark.ui.port` (4040) or the next free one; `spark.ui.host` opens it to others, who must
know the token that is in the address then, as Jupyter does it.
"""

from __future__ import annotations

import logging
import re
import sys
import sysconfig
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyrite import _engine, _log
from pyrite.errors import Py4JJavaError, engine_error

if TYPE_CHECKING:
    from pyrite.context import SparkContext

__all__ = ["Page", "environment", "start", "wanted"]

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Spark's `spark.redaction.regex` as it is by default.
_SECRET = "(?i)secret|password|token|access[.]?key"
_PORTS = 65_535
# Seconds that the end of the page waits for its last answer.
_JOINED = 1.0
_HIDDEN = "*********(redacted)"


class Page:
    """The page of a context that runs."""

    def __init__(self, served: Any, host: str, token: str | None) -> None:
        self._served = served
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{served.port}" + (f"/?token={token}" if token else "")
        self._lines = _Lines(served)
        _log.logger.addHandler(self._lines)
        # How each streaming query that runs is stopped, by the id of its run.
        self._stops: dict[str, Callable[[], object]] = {}
        self._answers = threading.Thread(target=self._answer, name="pyrite-page-answers", daemon=True)
        self._answers.start()

    def show(self, streaming: Any) -> None:
        """Show this stream as long as it runs."""
        self._served.show(streaming)

    def query(
        self,
        ids: tuple[str, str, str | None],
        started: int,
        more: str,
        plan: str,
        *,
        metered: bool,
        remembered: tuple[int, int],
        stop: Callable[[], object],
    ) -> Any:
        """Show a streaming query; what this gives is told of it. `stop()` asks it to end, and comes back at once."""
        self._stops[ids[1]] = stop
        return self._served.query(ids, started, more, plan, metered, remembered)

    def ended(self, run_id: str) -> None:
        """A streaming query can't be stopped any more."""
        self._stops.pop(run_id, None)

    def _answer(self) -> None:
        """What the page can't know by itself is asked here, on a thread that ends with it."""
        while (asked := self._served.asked()) is not None:
            number, what, of = asked
            try:
                text = self._stopped(of) if what == "stop" else _threads_now()
            except Exception:  # noqa: BLE001 - the next question is answered all the same
                _log.logger.exception("The web page gets no answer to %s %s", what, of)
                text = None
            self._served.answer(number, text)

    def _stopped(self, run_id: str) -> str | None:
        stop = self._stops.get(run_id)
        if stop is None:
            return None
        stop()
        return run_id

    def stop(self) -> None:
        """End it."""
        _log.logger.removeHandler(self._lines)
        self._served.stop()
        if threading.current_thread() is not self._answers:
            self._answers.join(_JOINED)
        self._stops.clear()


def _threads_now() -> str:
    from pyrite._threads import dump

    return dump()


class _Lines(logging.Handler):
    """Hands messages to the page, which keeps the last of them."""

    def __init__(self, served: Any) -> None:
        super().__init__()
        self._served = served

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._served.log(int(record.created * 1000), record.levelname, record.name, self.format(record))
        except Exception:  # noqa: BLE001 - a message that can't be put into words must not stop a stream
            self.handleError(record)


@dataclass(frozen=True)
class Wanted:
    """Where a page is to listen."""

    host: str
    port: int
    retries: int


def wanted(sc: SparkContext) -> Wanted | None:
    """Where the page of a context is to listen; None where it shall have none.

    Raises
    ------
    Py4JJavaError
        A setting isn't the number of a port.
    """
    if str(sc._conf.get("spark.ui.enabled", "true")).lower() == "false":
        return None
    port, retries = sc._number("spark.ui.port", 4040, least=0), sc._number("spark.port.maxRetries", 16, least=0)
    if port > _PORTS:
        told = f"spark.ui.port should be at most {_PORTS}, but was {port}"
        raise engine_error("java.lang.IllegalArgumentException", told)
    return Wanted(str(sc._conf.get("spark.ui.host") or "127.0.0.1"), port, min(retries, _PORTS))


def start(engine: Any, sc: SparkContext, at: Wanted) -> Page | None:
    """The page of a context that is being made; None where no port is free, which is logged."""
    token = None if at.host in _LOOPBACK else _new_token()
    program = (sc.applicationId, sc.appName, sc.sparkUser(), sc.startTime, sc.version, sc._threads)
    try:
        served = _engine.Page(engine, program, environment(sc), at.host, at.port, at.retries, token)
    except Py4JJavaError as error:
        reason = error.java_exception.getMessage()
        _log.logger.warning("There is no web page: %s. The program goes on without one.", reason)
        return None
    return Page(served, at.host, token)


def _new_token() -> str:
    import secrets  # it brings much along, and few pages need it

    return secrets.token_urlsafe(24)


def environment(sc: SparkContext) -> list[tuple[str, list[tuple[str, str]]]]:
    """What Spark's page calls the environment, by section; secrets are hidden."""
    import pyrite

    conf = sc._conf
    secret = re.compile(str(conf.get("spark.redaction.regex") or _SECRET))
    settings = [
        (key, _HIDDEN if secret.search(key) or secret.search(str(value)) else str(value))
        for key, value in sorted(conf.getAll())
    ]
    runtime = [
        ("javaVersion", "none"),
        ("javaHome", "none"),
        ("scalaVersion", "none"),
        ("pyriteVersion", pyrite.__version__),
        ("pythonVersion", sys.version.split()[0]),
        ("pythonExecutable", sys.executable),
        ("platform", sysconfig.get_platform()),
    ]
    return [("runtime", runtime), ("sparkProperties", settings)]
