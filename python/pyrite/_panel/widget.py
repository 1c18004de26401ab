"""The widget behind a panel. Importing this imports anywidget, so nothing does before a panel is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from pyrite._panel import panel


class PanelWidget(anywidget.AnyWidget):  # type: ignore[misc,unused-ignore]
    """HTML that the page shows and changes in place; it says what was pressed.

    Setting `html` from any one thread is safe: ipykernel 6 and 7 queue what is sent for the thread that owns the
    socket, and traits are read by other threads, when a page asks for the state, but written by that one alone.
    """

    _esm = panel.script()
    _css = panel.style()
    html = traitlets.Unicode().tag(sync=True)
    mark = traitlets.Unicode().tag(sync=True)
    saved = traitlets.Dict().tag(sync=True)


def make(html: str, mark: str, told: Callable[[dict[str, Any]], None]) -> PanelWidget:
    """A widget whose page tells `told`."""
    made = PanelWidget(html=html, mark=mark)

    def hear(_widget: Any, said: Any, _buffers: Any) -> None:
        if isinstance(said, dict):
            told(said)

    made.on_msg(hear)
    return made
