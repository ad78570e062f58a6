"""The files of the browser side that a site serves by itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from cattlegrid._site.widget import RECAPTCHA_V3, WIDGET

CONTENT_TYPE = "text/javascript; charset=utf-8"


@dataclass(frozen=True)
class Asset:
    """A script, and the tag by which a browser knows that it has it already."""

    body: bytes
    etag: str

    def known(self, if_none_match: str) -> bool:
        """Whether a request with this `If-None-Match` has it."""
        return any(tag.strip().removeprefix("W/") == self.etag for tag in if_none_match.split(","))

    @property
    def headers(self) -> dict[str, str]:
        """A browser asks again before each use, so that a new release is never met by old scripts."""
        return {"ETag": self.etag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def asset(name: str) -> Asset | None:
    """The script of this name: `widget.js`, `widget/….js` or `recaptcha-v3.js`. None if there is none."""
    return _assets().get(name)


@lru_cache(maxsize=1)
def _assets() -> dict[str, Asset]:
    package = files("cattlegrid")
    modules = (package / "widget" / "widget").iterdir()
    found = {f"widget/{module.name}": module for module in modules if module.name.endswith(".js")}
    found[WIDGET] = package / "widget" / WIDGET
    found[RECAPTCHA_V3] = package / "django" / "static" / "cattlegrid" / RECAPTCHA_V3
    return {name: _read(file.read_bytes()) for name, file in found.items()}


def _read(body: bytes) -> Asset:
    return Asset(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
