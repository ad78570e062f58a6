"""What a Django request carries: its client's address, its token and its fields; and what is checked of
them, once for each request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.request import RawPostDataException

from cattlegrid import Stamp, read_fields
from cattlegrid._site.stamped import Rules, SentForm
from cattlegrid._site.token import HEADER, JSON_NAME, SentToken, from_json, under
from cattlegrid._site.verification import Verification
from cattlegrid._site.widget import field_names
from cattlegrid.django.conf import captcha, site


def client_address(request: HttpRequest) -> str | None:
    """The client's address, which no header can forge: the socket's other end, or what the proxies of
    `TRUSTED_PROXIES` say. None when nobody can tell.
    """
    here = site()
    header = here.settings.trusted_proxies.header
    return here.client(request.META.get("REMOTE_ADDR", ""), request.headers.get(header, ""))


def token(request: HttpRequest) -> object:
    """The response token of a request: its header's, else its form's or its JSON body's. None without one."""
    header = request.headers.get(HEADER)
    if header:
        return header
    names = field_names(captcha().settings)
    if _is_json(request.content_type or ""):
        return from_json(_body(request), (*names, JSON_NAME))
    return under(names, _form(request))


def check(request: HttpRequest | None, token: object, action: str | None) -> Verification:
    """Checks a token for a request. Raises what `Captcha.check` raises."""
    verification = _known(request, token, action)
    if verification is None:
        address = None if request is None else client_address(request)
        verification = captcha().check(token, remote_ip=address, action=action)
        _remember(request, token, verification)
    return verification


async def check_async(request: HttpRequest | None, token: object, action: str | None) -> Verification:
    """`check` for asynchronous callers."""
    verification = _known(request, token, action)
    if verification is None:
        address = None if request is None else client_address(request)
        verification = await captcha().check_async(token, remote_ip=address, action=action)
        _remember(request, token, verification)
    return verification


# Why: a token passes once, and one request may be checked in several places: by a decorator, a permission and
# a form, and again when a page with its forms is rendered.
_ATTRIBUTE = "_cattlegrid_verifications"


def _known(request: HttpRequest | None, token: object, action: str | None) -> Verification | None:
    known: dict[object, Verification] = getattr(request, _ATTRIBUTE, {})
    text, _ = SentToken.of(token)
    found = known.get(text) if isinstance(text, str) else None
    wanted = action or captcha().settings.action
    return found if found and (wanted in (None, found.action) or not found.decided) else None


def _remember(request: HttpRequest | None, token: object, found: Verification) -> None:
    text, _ = SentToken.of(token)
    if request is not None and isinstance(text, str):
        request.__dict__.setdefault(_ATTRIBUTE, {})[text] = found


def fields(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of a form, or of a JSON object. Raises `Refused` for a JSON body that is none."""
    if _is_json(request.content_type or ""):
        return read_fields(request.headers.get("Content-Type", ""), _body(request))
    return texts(_form(request))


def texts(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What of a form's data is text, in its order."""
    lists = data.lists() if isinstance(data, QueryDict) else ((name, [value]) for name, value in data.items())
    return [(name, value) for name, values in lists for value in values if isinstance(value, str)]


_FORMS = "_cattlegrid_forms"


def sent_form(request: HttpRequest | None, rules: Rules, fields: Sequence[tuple[str, str]]) -> SentForm:
    """The form that came back with these fields. Raises `ConfigurationError`."""
    if request is None:
        return site().forms.sent(rules, fields)
    # Why: a stamp passes once, and a decorator and several forms may each ask for it.
    known: dict[str, SentForm] = request.__dict__.setdefault(_FORMS, {})
    if rules.name not in known:
        known[rules.name] = site().forms.sent(rules, fields)
    return known[rules.name]


def stamp(request: HttpRequest | None, name: str) -> Stamp:
    """The stamp of a form that is shown, or sent back for correction. Raises `ConfigurationError`."""
    known: dict[str, SentForm] = getattr(request, _FORMS, {})
    return known[name].fresh() if name in known else site().forms.stamp(Rules(name))


def _is_json(content_type: str) -> bool:
    return content_type == "application/json" or content_type.endswith("+json")


def _form(request: HttpRequest) -> QueryDict:
    if request.method == "POST":
        return request.POST
    if request.content_type == "application/x-www-form-urlencoded":
        return QueryDict(_body(request), encoding=request.encoding)
    return QueryDict()


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RawPostDataException:
        # Why: something before us has read the body by itself, so no token can be found in it.
        return b""
