"""What a page needs of each provider: scripts, an element in the form, and the name of the field that comes
back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal
from urllib.parse import quote

from cattlegrid import ConfigurationError
from cattlegrid._site.settings import GATE, Settings

WIDGET = "widget.js"
"""The entry of our own widget, which a site serves by itself for the provider `gate`."""

RECAPTCHA_V3 = "recaptcha-v3.js"
"""Our script that fetches a token of reCAPTCHA v3, or of a score key of Enterprise, when a form is sent."""

_ATTRIBUTE = re.compile(r"[a-z][a-z0-9-]{0,63}")
_GLOBAL = frozenset({"id", "class", "lang"})

_KINDS: dict[str, dict[str, object]] = {
    "classic": {"async": True, "defer": True},
    "module": {"type": "module"},
    "nomodule": {"nomodule": True, "defer": True},
}


@dataclass(frozen=True)
class Script:
    """A script of a page. Two that are equal are needed once."""

    src: str
    kind: Literal["classic", "module", "nomodule"] = "classic"
    """`nomodule` is for browsers that know no modules, and for no other."""

    def __html__(self) -> str:
        """As HTML, for whatever knows markup by this method."""
        return self.tag()

    def tag(self, nonce: str | None = None) -> str:
        """As HTML, with the nonce of the page's content security policy, if it has one."""
        return f"<script{_html({'src': self.src, **_KINDS[self.kind], 'nonce': nonce})}></script>"


def field_names(settings: Settings) -> tuple[str, ...]:
    """The names under which a form may send the response token, each of another provider."""
    return tuple(dict.fromkeys(_widget(link).field for link in settings.links))


def scripts(settings: Settings, own: Callable[[str], str]) -> tuple[Script, ...]:
    """The scripts that a page with the widget needs. `own` says where the site serves `WIDGET` and
    `RECAPTCHA_V3`.
    """
    return _widget(settings).scripts(settings, own)


def markup(settings: Settings, site_key: str | None, attributes: Mapping[str, object] | None = None) -> str:
    """The element that stands in the form, as HTML.

    `attributes` are the provider's own: `theme`, `size`, `action` and so on, without `data-`. `action` is
    that of the settings where none is given. Raises `ConfigurationError` for an action that the provider or
    its fallback would not know, and `ValueError` for what cannot be an attribute's name.
    """
    given = dict(attributes or {})
    action = given.get("action") or settings.action
    for link in settings.links:
        # Why of all: so that it is not found out by the first outage.
        if action and not link.knows_actions:
            raise ConfigurationError(
                f"the provider {link.provider} knows no actions, so a form can have none"
            )
    given["action"] = action
    return _widget(settings).element(settings, site_key, given)


_Element = Callable[[Settings, "str | None", "dict[str, object]"], str]
_Scripts = Callable[[Settings, Callable[[str], str]], "tuple[Script, ...]"]


@dataclass(frozen=True)
class _Widget:
    field: str
    element: _Element
    scripts: _Scripts


def _ours(_: Settings, site_key: str | None, given: dict[str, object]) -> str:
    return f"<cattlegrid-captcha{_html({'sitekey': site_key, **given})}></cattlegrid-captcha>"


def _altcha(settings: Settings, _: str | None, given: dict[str, object]) -> str:
    return f"<altcha-widget{_html({'challenge': settings.challenge_url, **given})}></altcha-widget>"


def _div(css_class: str) -> _Element:
    def element(_: Settings, site_key: str | None, given: dict[str, object]) -> str:
        classes = " ".join([css_class, *str(given.get("class") or "").split()])
        return f"<div{_html({**_data(given), 'data-sitekey': site_key, 'class': classes})}></div>"

    return element


def _hidden(marker: str) -> _Element:
    def element(settings: Settings, site_key: str | None, given: dict[str, object]) -> str:
        own = {"type": "hidden", "name": _widget(settings).field, "data-cattlegrid": marker}
        return f"<input{_html({**_data(given), 'data-sitekey': site_key, **own})}>"

    return element


def _script(url: str) -> _Scripts:
    return lambda settings, _: (Script(settings.script_url or url),)


def _rendering(url: str) -> _Scripts:
    """Google's script, told whose tokens it will make, and ours."""

    def both(settings: Settings, own: Callable[[str], str]) -> tuple[Script, ...]:
        google = settings.script_url or url
        separator = "&" if "?" in google else "?"
        google += f"{separator}render={quote(settings.site_key or '', safe='')}"
        return (Script(google), Script(own(RECAPTCHA_V3), "module"))

    return both


def _own_scripts(_: Settings, own: Callable[[str], str]) -> tuple[Script, ...]:
    return (Script(own(WIDGET), "module"),)


def _server_scripts(settings: Settings, _: Callable[[str], str]) -> tuple[Script, ...]:
    return (Script(settings.script_url or f"{settings.url}/{WIDGET}", "module"),)


def _altcha_scripts(settings: Settings, _: Callable[[str], str]) -> tuple[Script, ...]:
    return (Script(settings.script_url or "", "module"),)


def _friendly_scripts(settings: Settings, _: Callable[[str], str]) -> tuple[Script, ...]:
    if settings.script_url:
        return (Script(settings.script_url, "module"),)
    return (
        Script(f"{_FRIENDLY}/site.min.js", "module"),
        Script(f"{_FRIENDLY}/site.compat.min.js", "nomodule"),
    )


# Why a version: Friendly Captcha asks for an exact one, and never changes it.
_FRIENDLY = "https://cdn.jsdelivr.net/npm/@friendlycaptcha/sdk@1.0.2"
_GOOGLE = "https://www.google.com/recaptcha"

_G_RECAPTCHA = ("g-recaptcha-response", _div("g-recaptcha"))
_ALTCHA = _Widget("altcha", _altcha, _altcha_scripts)
_CHECKBOX = _Widget(*_G_RECAPTCHA, _script(f"{_GOOGLE}/enterprise.js"))
"""A key of reCAPTCHA Enterprise that shows itself."""

_WIDGETS = {
    "altcha": _ALTCHA,
    "altcha_server": _ALTCHA,
    "altcha_signature": _ALTCHA,
    "cattlegrid": _Widget("cattlegrid-response", _ours, _server_scripts),
    GATE: _Widget("cattlegrid-response", _ours, _own_scripts),
    "friendly_captcha": _Widget("frc-captcha-response", _div("frc-captcha"), _friendly_scripts),
    "hcaptcha": _Widget("h-captcha-response", _div("h-captcha"), _script("https://js.hcaptcha.com/1/api.js")),
    "recaptcha_enterprise": _Widget(
        "g-recaptcha-response", _hidden("recaptcha-enterprise"), _rendering(f"{_GOOGLE}/enterprise.js")
    ),
    "recaptcha_v2": _Widget(*_G_RECAPTCHA, _script(f"{_GOOGLE}/api.js")),
    "recaptcha_v3": _Widget("g-recaptcha-response", _hidden("recaptcha-v3"), _rendering(f"{_GOOGLE}/api.js")),
    "turnstile": _Widget(
        "cf-turnstile-response",
        _div("cf-turnstile"),
        _script("https://challenges.cloudflare.com/turnstile/v0/api.js"),
    ),
}


def _widget(settings: Settings) -> _Widget:
    return _CHECKBOX if settings.key_type == "checkbox" else _WIDGETS[settings.provider]


def _data(given: Mapping[str, object]) -> dict[str, object]:
    """The attributes as those providers read them that keep to what HTML leaves to others."""
    return {_data_name(name): value for name, value in given.items()}


def _data_name(name: str) -> str:
    return name if name in _GLOBAL or name.startswith(("aria-", "data-")) else f"data-{name}"


def _html(attributes: Mapping[str, object]) -> str:
    return "".join(_attribute(name, value) for name, value in attributes.items())


def _attribute(name: str, value: object) -> str:
    if not _ATTRIBUTE.fullmatch(name):
        raise ValueError(f"{name!r} is no attribute's name: small letters, digits and hyphens")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
