"""The files of the browser side that a site serves by itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from cattlegrid._site.widget import RECAPTCHA_V3, WIDGET

CONFIRM_STYLE = "confirm.css"
"""The style of the page that confirms an address."""

_CONTENT_TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}


@dataclass(frozen=True)
class Asset:
    """A file, and the tag by which a browser knows that it has it already."""

    body: bytes
    content_type: str
    etag: str

    def known(self, if_none_match: str) -> bool:
        """Whether a request with this `If-None-Match` has it."""
        return any(tag.strip().removeprefix("W/") == self.etag for tag in if_none_match.split(","))

    @property
    def headers(self) -> dict[str, str]:
        """A browser asks again before each use, so that a new release is never met by old files."""
        return {"ETag": self.etag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def asset(name: str) -> Asset | None:
    """The file of this name: `widget.js`, `widget/….js`, `recaptcha-v3.js` or `confirm.css`. None if there is
    none.
    """
    return _assets().get(name)


@lru_cache(maxsize=1)
def _assets() -> dict[str, Asset]:
    package = files("cattlegrid")
    modules = (package / "widget" / "widget").iterdir()
    found = {f"widget/{module.name}": module for module in modules if module.name.endswith(".js")}
    found[WIDGET] = package / "widget" / WIDGET
    static = package / "django" / "static" / "cattlegrid"
    found.update({name: static / name for name in (RECAPTCHA_V3, CONFIRM_STYLE)})
    return {name: _read(name, file.read_bytes()) for name, file in found.items()}


def _read(name: str, body: bytes) -> Asset:
    content_type = _CONTENT_TYPES[name.rpartition(".")[2]]
    return Asset(body, content_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
