"""What a page needs of each provider: a script, an element in the form, and the name of the field that comes
back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from cattlegrid import ConfigurationError
from cattlegrid._site.settings import GATE, Settings

WIDGET = "widget.js"
"""The entry of our own widget, which a site serves by itself for the provider `gate`."""

RECAPTCHA_V3 = "recaptcha-v3.js"
"""Our script that fetches a reCAPTCHA v3 token when its form is submitted."""

_ATTRIBUTE = re.compile(r"[a-z][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class _Provider:
    field: str
    script: str | None = None
    css_class: str | None = None
    takes_action: bool = False


_OURS = _Provider("cattlegrid-response", takes_action=True)

_PROVIDERS = {
    "cattlegrid": _OURS,
    GATE: _OURS,
    "hcaptcha": _Provider("h-captcha-response", "https://js.hcaptcha.com/1/api.js", "h-captcha"),
    "recaptcha_v2": _Provider(
        "g-recaptcha-response", "https://www.google.com/recaptcha/api.js", "g-recaptcha"
    ),
    "recaptcha_v3": _Provider(
        "g-recaptcha-response", "https://www.google.com/recaptcha/api.js", takes_action=True
    ),
    "turnstile": _Provider(
        "cf-turnstile-response",
        "https://challenges.cloudflare.com/turnstile/v0/api.js",
        "cf-turnstile",
        takes_action=True,
    ),
}


@dataclass(frozen=True)
class Script:
    """A script of a page. Two that are equal are needed once."""

    src: str
    module: bool = False

    def __html__(self) -> str:
        """As HTML, for whatever knows markup by this method."""
        return self.tag()

    def tag(self, nonce: str | None = None) -> str:
        """As HTML, with the nonce of the page's content security policy, if it has one."""
        kind = {"type": "module"} if self.module else {"async": True, "defer": True}
        return f"<script{_html({'src': self.src, **kind, 'nonce': nonce})}></script>"


def field_name(settings: Settings) -> str:
    """The name under which a form sends the response token."""
    return _PROVIDERS[settings.provider].field


def scripts(settings: Settings, own: Callable[[str], str]) -> tuple[Script, ...]:
    """The scripts that a page with the widget needs. `own` says where the site serves `WIDGET` and
    `RECAPTCHA_V3`.
    """
    if settings.provider == GATE:
        return (Script(own(WIDGET), module=True),)
    if settings.provider == "cattlegrid":
        return (Script(settings.script_url or f"{settings.url}/{WIDGET}", module=True),)
    url = settings.script_url or _PROVIDERS[settings.provider].script or ""
    if settings.provider != "recaptcha_v3":
        return (Script(url),)
    separator = "&" if "?" in url else "?"
    url = f"{url}{separator}render={quote(settings.site_key or '', safe='')}"
    return (Script(url), Script(own(RECAPTCHA_V3), module=True))


def markup(settings: Settings, site_key: str, attributes: Mapping[str, object] | None = None) -> str:
    """The element that stands in the form, as HTML.

    `attributes` are the provider's own: `theme`, `size`, `action` and so on, without `data-`. `action` is
    that of the settings where none is given. Raises `ConfigurationError` for an action that the provider
    would not know, and `ValueError` for what cannot be an attribute's name.
    """
    provider = _PROVIDERS[settings.provider]
    given = dict(attributes or {})
    if provider.takes_action:
        given["action"] = given.get("action") or settings.action
    elif given.pop("action", None):
        raise ConfigurationError(
            f"the provider {settings.provider} knows no actions, so a form can have none"
        )
    if provider is _OURS:
        return f"<cattlegrid-captcha{_html({'sitekey': site_key, **given})}></cattlegrid-captcha>"
    html = {_html_name(name): value for name, value in given.items()}
    html["data-sitekey"] = site_key
    if provider.css_class is None:
        own = {"type": "hidden", "name": provider.field, "data-cattlegrid": "recaptcha-v3"}
        return f"<input{_html({**html, **own})}>"
    html["class"] = " ".join([provider.css_class, *str(given.get("class") or "").split()])
    return f"<div{_html(html)}></div>"


def _html_name(name: str) -> str:
    return name if name in ("id", "class") or name.startswith(("aria-", "data-")) else f"data-{name}"


def _html(attributes: Mapping[str, object]) -> str:
    return "".join(_attribute(name, value) for name, value in attributes.items())


def _attribute(name: str, value: object) -> str:
    if not _ATTRIBUTE.fullmatch(name):
        raise ValueError(f"{name!r} is no attribute's name: small letters, digits and hyphens")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
