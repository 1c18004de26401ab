"""Looks at the pages that were built: every link inside leads to a page, and to a place on it, that is there; and no
page asks another machine for a script, a style, a font or a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

_ASKED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[str] = []
        self.asked: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take down where it leads and what may be led to."""
        said = {name: value or "" for name, value in attributes}
        self.places |= {said[name] for name in ("id", "name") if name in said}
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        if tag in _ASKED and _ASKED[tag] in said:
            self.asked.append(said[_ASKED[tag]])
            self.links.append(said[_ASKED[tag]])


def wrong(folder: Path) -> Iterator[tuple[Path, str]]:
    """Pages with what is wrong in them."""
    pages = {path.resolve(): _Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}
    for path, page in pages.items():
        for target in page.asked:
            if _is_outside(target) and not target.startswith("data:"):
                yield path, f"asks another machine: {target}"
        for link in page.links:
            if _is_outside(link):
                continue
            name, place = urldefrag(link)
            name = unquote(name).partition("?")[0]
            there = (path.parent / name).resolve() if name else path
            if there.is_dir():
                there /= "index.html"
            if not there.exists():
                yield path, f"leads nowhere: {link}"
            elif place and there in pages and unquote(place) not in pages[there].places:
                yield path, f"leads to no place there: {link}"


def _is_outside(link: str) -> bool:
    return link.startswith(("http:", "https:", "//", "mailto:", "data:", "javascript:"))


def setup(app) -> dict[str, bool]:
    """Sphinx: look when all is written."""
    from sphinx.util import logging

    log = logging.getLogger(__name__)

    def look(app, exception) -> None:
        if exception is None and app.builder.format == "html":
            found = list(wrong(Path(app.outdir)))
            for path, what in found:
                log.warning("%s: %s", path.name, what)
            log.info("links inside: %s", f"{len(found)} wrong" if found else "all lead somewhere")

    app.connect("build-finished", look)
    return {"parallel_read_safe": True}
