"""A response that players can seek in (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class RangedFile:
    """The part of a file that a response has: from, to (exclusive), and the size of the whole, in bytes."""

    start: int
    stop: int
    size: int


class RangedResponse(HttpResponse):
    """The whole content, or the one range that the request asks for; 416 for a range beyond the end.

    What is not a single range of bytes is answered with the whole, as HTTP allows.
    """

    def __init__(self, request: HttpRequest, content: bytes, **kwargs: Any) -> None:
        size = len(content)
        asked = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
        if asked is None or not any(asked.groups()):
            self.ranged_file = RangedFile(0, size, size)
        else:
            kwargs["status"] = 206
            self.ranged_file = RangedFile(*_bounds(asked[1], asked[2], size), size)
        part = self.ranged_file
        if part.start >= part.stop:
            kwargs["status"] = 416
        super().__init__(content[part.start : part.stop], **kwargs)
        self["Accept-Ranges"] = "bytes"
        self["Content-Length"] = len(self.content)
        if self.status_code == 206:
            self["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
        elif self.status_code == 416:
            self["Content-Range"] = f"bytes */{size}"


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(size - int(last), 0), size
    return int(first), min(int(last) + 1, size) if last else size
