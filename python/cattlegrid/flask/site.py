"""The site that the current app is, and what the current request tells of its visitor."""

from __future__ import annotations

from typing import TypedDict

from flask import Flask, current_app, request

from cattlegrid import ConfigurationError, read_fields
from cattlegrid._site import test_keys, token
from cattlegrid._site.check import Captcha
from cattlegrid._site.settings import Settings
from cattlegrid._site.site import Site
from cattlegrid._site.widget import field_names

NAME = "cattlegrid"
"""Of the app's extension, and of the blueprint."""

# Why: a body is read before anybody knows who sent it, and Flask by itself sets no limit.
_LONGEST_JSON = 4 * 1024 * 1024


class Evidence(TypedDict):
    """What `Captcha.check` is told."""

    token: object
    remote_ip: str | None


def bind(app: Flask) -> Site:
    """Makes what checks for `app`, by its configuration. Raises `ConfigurationError`."""
    settings = Settings.parse(app.config.get("CATTLEGRID"), testing=app.testing)
    publisher = test_keys.publisher(settings)
    if publisher and not (app.debug or settings.testing):
        raise ConfigurationError(
            f"CATTLEGRID has keys that {publisher} publishes for tests: anybody passes. "
            "Set SITE_KEY and SECRET_KEY to those of your site, or run it with --debug."
        )
    bound = Site(settings)
    bound.prepare()
    app.extensions[NAME] = bound
    return bound


def current_site() -> Site:
    """What the current app has. Raises `ConfigurationError` when it has nothing."""
    bound = current_app.extensions.get(NAME)
    if not isinstance(bound, Site):
        raise ConfigurationError(
            "the app has no captcha: call cattlegrid.flask.Captcha(app) or its init_app(app)"
        )
    return bound


def current() -> Captcha:
    """What checks for the current app. Raises `ConfigurationError` when the app has none."""
    return current_site().captcha


def client_address() -> str | None:
    """The address of the current request's client. None when nobody can tell.

    It is the socket's, or what the `TRUSTED_PROXIES` of the settings say.
    """
    bound = current_site()
    header = bound.settings.trusted_proxies.header
    return bound.client(request.remote_addr or "", ",".join(request.headers.getlist(header)))


def evidence(settings: Settings) -> Evidence:
    """What the current request tells of its visitor."""
    return {"token": _response_token(field_names(settings)), "remote_ip": client_address()}


def fields() -> list[tuple[str, str]]:
    """The fields of the current request's form. Raises `Refused` for one that nobody can read."""
    if not request.is_json:
        return list(request.form.items(multi=True))
    return read_fields(request.content_type or "", _json())


def _response_token(names: tuple[str, ...]) -> object:
    header = request.headers.get(token.HEADER)
    if header:
        return header
    if not request.is_json:
        return token.under(names, request.form)
    return token.from_json(_json(), (*names, token.JSON_NAME))


def _json() -> bytes:
    """Nothing, if it is too long for anybody to read."""
    return request.get_data() if 0 < (request.content_length or 0) <= _LONGEST_JSON else b""
