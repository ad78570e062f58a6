"""What the widget asks of a gate, as HTTP: the same routes and answers as the server's `/api/v1/challenges`.

A front end hands in what it got and sends the `Reply` that it gets.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cattlegrid import Challenge, ConfigurationError, Gate, Refused, Seen, Unavailable
from cattlegrid._site.check import Captcha
from cattlegrid._site.settings import Settings

MOST_BYTES = 65_536
"""How large a body may be. A front end reads one byte more at most."""

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    _Asked = ParamSpec("_Asked")

_STATUSES = {"unknown-key": 404, "expired-key": 410, "spent-key": 410, "wrong-site": 403}
_JUDGED = frozenset({"wrong-answer", "expired-key", "spent-key"})
# Why: to the server these are bodies that it cannot read.
_UNREADABLE = frozenset({"invalid-action", "invalid-signals"})


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


class _Problem(Exception):
    """What is wrong with a request."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


def _answering(method: Callable[_Asked, Reply]) -> Callable[_Asked, Reply]:
    """The method, whose exceptions are problems that the page is told of."""

    @functools.wraps(method)
    def answer(*args: _Asked.args, **kwargs: _Asked.kwargs) -> Reply:
        try:
            return method(*args, **kwargs)
        except _Problem as problem:
            return _problem(problem.status, problem.code, str(problem))
        except Refused as error:
            code = "bad-request" if error.code in _UNREADABLE else error.code
            return _problem(_STATUSES.get(code, 400), code, str(error))
        except Unavailable as error:
            return _problem(503, error.code, "nobody can decide now; try again", {"Retry-After": "1"})

    return answer


@dataclass(frozen=True)
class GateApi:
    """The routes of one site. Nothing that a client sends makes them raise."""

    captcha: Captcha
    settings: Settings
    """Those of the gate."""
    path: str
    """Where challenges are: `…/api/v1/challenges`, from the site's root."""

    @_answering
    def create(self, content_type: str, body: bytes) -> Reply:
        """`POST {path}`"""
        gate = self._gate()
        wanted = _json(content_type, body)
        if _text(wanted, "sitekey") != gate.site_key:
            raise _Problem(400, "unknown-site", "no site has this site key")
        action = _optional(wanted, "action") or None
        return _reply(201, self._shown(gate.issue(kind=_optional(wanted, "kind"), action=action)))

    @_answering
    def image(self, key: str, scale: str | None) -> Reply:
        """`GET {path}/{key}/image?scale={scale}`"""
        if scale not in (None, "1", "2"):
            raise _Problem(400, "bad-request", "`scale` is 1 or 2")
        png = self._gate().image(_key(key), scale=2 if scale == "2" else 1)
        lifetime = int(self.settings.challenge_ttl)
        return Reply(200, png, "image/png", {"Cache-Control": f"private, max-age={lifetime}, immutable"})

    @_answering
    def answer(
        self, key: str, content_type: str, body: bytes, *, page: str | None, remote_ip: str | None
    ) -> Reply:
        """`POST {path}/{key}/answer`. `page` is what `page_host` says, `remote_ip` the client's address."""
        gate = self._gate()
        given = _json(content_type, body)
        answer = _text(given, "answer")
        seen = Seen(signals=given.get("signals"), remote_ip=remote_ip)
        try:
            token = gate.answer(_key(key), answer, hostname=page, seen=seen)
        except Refused as error:
            if error.code not in _JUDGED:
                raise
            fresh = self._shown(gate.renew(key))
            return _reply(200, {"success": False, "error-codes": [error.code], "challenge": fresh})
        expires = datetime.now(timezone.utc) + timedelta(seconds=self.settings.token_ttl)
        return _reply(200, {"success": True, "token": token, "expires_at": _rfc3339(expires)})

    def _gate(self) -> Gate:
        try:
            return self.captcha.gate
        except ConfigurationError as error:
            raise self.captcha.misconfigured(error) from None

    def _shown(self, challenge: Challenge) -> dict[str, object]:
        return {
            "key": challenge.key,
            "kind": challenge.kind,
            "image_url": f"{self.path}/{challenge.key}/image",
            "audio_url": None,
            "expires_at": _rfc3339(challenge.expires_at),
        }


def page_host(origin: str, referer: str) -> str | None:
    """The host of the page that sent a request, by its `Origin`, else its `Referer`; None if it was no page.

    A page without a host (`Origin: null`) has the host `null`, which no site lists, and so has one that
    cannot be read.
    """
    said = origin or referer
    if not said:
        return None
    try:
        parts = urlsplit(said)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or not host.isascii():
        return "null"
    return f"[{host}]" if ":" in host else host


def _json(content_type: str, body: bytes) -> Mapping[str, object]:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise _Problem(415, "unsupported-media-type", "send JSON, with `content-type: application/json`")
    if len(body) > MOST_BYTES:
        raise _Problem(413, "body-too-large", f"the body is larger than {MOST_BYTES} bytes")
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):
        raise _Problem(400, "bad-request", "the body is no JSON") from None
    if not isinstance(decoded, Mapping):
        raise _Problem(400, "bad-request", "the body is no JSON object")
    return decoded


def _text(body: Mapping[str, object], name: str) -> str:
    value = body.get(name)
    # Why: JSON can write halves of characters, which are no text.
    if not isinstance(value, str) or value.encode(errors="ignore").decode() != value:
        raise _Problem(400, "bad-request", f"`{name}` is missing, or no text")
    return value


def _optional(body: Mapping[str, object], name: str) -> str | None:
    return None if body.get(name) is None else _text(body, name)


def _key(key: str) -> str:
    if not key.isascii():
        raise _Problem(404, "unknown-key", "the challenge key is unknown or forged")
    return key


def _problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> Reply:
    body = {"title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail}
    return Reply(status, json.dumps(body).encode(), "application/problem+json", headers or {})


def _reply(status: int, body: Mapping[str, object]) -> Reply:
    return Reply(status, json.dumps(body).encode(), "application/json", {"Cache-Control": "no-store"})


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
