"""What panels say, in English and in Korean: the page picks its language, what is saved takes the page's."""

from __future__ import annotations

import re
from html import escape

ENGLISH = {
    "waiting": "waiting for ssc.start()",
    "running": "running",
    "failed": "the newest batch failed",
    "stopping": "stopping",
    "stopped": "stopped",
    "batch": "batch of",
    "newest": "rows of the newest batch",
    "rows": "rows of the batch of",
    "since": "and none since",
    "none": "no rows yet",
    "records": "records per batch",
    "processing": "processing time",
    "error": "failed: the batch of",
    "stop": "Stop the stream",
    "stage": "stage",
    "tasks": "tasks",
    "rate": "rows/s",
    "cancel": "Cancel the job",
    "cancelling": "cancelling",
    "busy": "The kernel is busy with a cell: press its interrupt button (■).",
}
KOREAN = {
    "waiting": "ssc.start()를 기다리는 중",
    "running": "실행 중",
    "failed": "최근 배치가 실패했습니다",
    "stopping": "중지하는 중",
    "stopped": "중지됨",
    "batch": "배치",
    "newest": "최근 배치의 행",
    "rows": "행이 있던 배치:",
    "since": "그 뒤로는 없음",
    "none": "아직 행이 없습니다",
    "records": "배치당 레코드",
    "processing": "처리 시간",
    "error": "실패한 배치:",
    "stop": "스트림 중지",
    "stage": "스테이지",
    "tasks": "태스크",
    "rate": "행/초",
    "cancel": "작업 취소",
    "cancelling": "취소하는 중",
    "busy": "커널이 셀을 실행하고 있습니다. 노트북의 중단 단추(■)를 누르세요.",
}

_MARKED = re.compile(r'(<\w+ [^<>]*?data-word="(\w+)"[^<>]*>)[^<]*')


def word(name: str, kind: str = "span", more: str = "") -> str:
    """A word that the page puts into its own language."""
    return f'<{kind} {more}{" " if more else ""}data-word="{name}">{escape(ENGLISH[name])}</{kind}>'


def in_language(html: str, language: str) -> str:
    """The HTML with its words in that language."""
    if language != "ko":
        return html
    return _MARKED.sub(lambda found: found[1] + escape(KOREAN[found[2]]), html)
