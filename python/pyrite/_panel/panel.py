"""A panel in the output of the cell that runs: a widget where the page can show one, and beside it the same as HTML.

The plain HTML is what a saved notebook keeps, and what a page without the widget's extension shows; while the widget is
on the page, it hides that. Both are asked to change from one thread only, the sender's.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pyrite._panel import words

_HERE = Path(__file__).parent
# Jupyter's own name for the place where a widget is to be shown.
_VIEW = "application/vnd.jupyter.widget-view+json"
Told = Callable[[dict[str, Any]], None]


def shell() -> Any:
    """The notebook's shell; None where this is no Jupyter kernel."""
    module = sys.modules.get("IPython.core.getipython")
    found = module.get_ipython() if module is not None else None
    return found if getattr(found, "kernel", None) is not None else None


def missing() -> str | None:
    """Why there are no panels here, as a sentence; None where there are."""
    if shell() is None:
        return "a live view needs a notebook"
    if find_spec("anywidget") is None:
        return "a live view needs anywidget: pip install 'pyrite[jupyter]', then restart the kernel and reload the page"
    return None


def running_cell() -> tuple[str, str] | None:
    """The cell that runs, and which run of it this is; None where the page doesn't say."""
    try:
        request = shell().kernel.get_parent()
        return str(request["metadata"]["cellId"]), str(request["header"]["msg_id"])
    except (AttributeError, KeyError, TypeError):
        return None


@cache
def style() -> str:
    """The panels' style sheet."""
    return (_HERE / "panel.css").read_text(encoding="utf-8")


@cache
def script() -> str:
    """The widget's module: an ES module as anywidget takes it, which asks nothing of any other address."""
    text = (_HERE / "panel.js").read_text(encoding="utf-8")
    for name, known in (("KOREAN", words.KOREAN), ("ENGLISH", words.ENGLISH)):
        text = text.replace(f"/* {name} */ {{}}", json.dumps(known, ensure_ascii=False))
    return text


class Panel:
    """A panel in the running cell's output. `told` is called with what the page says: a dict with `do`.

    It is called on the kernel's own threads, so it must return at once.
    """

    def __init__(self, html: str, plain: str, told: Told, *, keeps: bool = True) -> None:
        from pyrite._panel import widget

        self._mark = uuid.uuid4().hex[:12]
        self._keeps = keeps
        self._widget: Any = widget.make(html, self._mark, told)
        view = {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}
        # An empty text: who shows no widget shows the other output.
        self._output = _display({_VIEW: view, "text/plain": ""})
        self._saved = _display(self._bundle(html, plain)) if keeps else None

    def show(self, html: str) -> None:
        """Have the widget show this."""
        self._widget.html = html

    def save(self, html: str, plain: str) -> None:
        """Have the notebook keep this."""
        if self._saved is None:
            return
        bundle = self._bundle(html, plain)
        _update(self._saved, bundle)
        # A page that was loaded anew takes no update of an output any more: there the widget sees to it.
        self._widget.saved = bundle

    def close(self) -> None:
        """Leave the page; what is kept stays."""
        self._widget.close()
        if not self._keeps:
            _update(self._output, {"text/plain": ""})

    def _bundle(self, html: str, plain: str) -> dict[str, Any]:
        # The widget hides what has its mark.
        kept = f'<div class="pyrite-saved pyrite-saved-{self._mark}"><style>{style()}</style>{html}</div>'
        return {"text/html": kept, "text/plain": plain}


def _display(bundle: dict[str, Any]) -> str:
    """Put an output below the running cell; gives the name under which it can be changed."""
    from IPython.display import publish_display_data

    name = uuid.uuid4().hex
    publish_display_data(bundle, transient={"display_id": name})  # type: ignore[no-untyped-call,unused-ignore]
    return name


def _update(name: str, bundle: dict[str, Any]) -> None:
    from IPython.display import publish_display_data

    publish_display_data(bundle, transient={"display_id": name}, update=True)  # type: ignore[no-untyped-call,unused-ignore]
