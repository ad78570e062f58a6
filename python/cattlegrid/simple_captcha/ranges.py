"""A response that players can seek in (RFC 9110, section 14)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)


class RangedFile(NamedTuple):
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
        asked = _asked(request.headers.get("Range", ""), size)
        part = self.ranged_file = asked or RangedFile(0, size, size)
        super().__init__(content[part.start : part.stop], **kwargs)
        self["Accept-Ranges"] = "bytes"
        self["Content-Length"] = len(self.content)
        if asked and part.start < part.stop:
            self.status_code = 206
            self["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
        elif asked:
            self.status_code = 416
            self["Content-Range"] = f"bytes */{size}"


def _asked(header: str, size: int) -> RangedFile | None:
    found = _RANGE.fullmatch(header.strip())
    first, last = found.groups() if found else ("", "")
    if first and last and int(first) > int(last):
        return None
    if first:
        return RangedFile(int(first), min(int(last) + 1, size) if last else size, size)
    return RangedFile(max(size - int(last), 0), size, size) if last else None
