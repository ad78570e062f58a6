"""The provider's element and script, and a form's stamp, as HTML. Jinja2 may take `element`, `script` and
`stamp` as globals.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from cattlegrid._site import widget
from cattlegrid.django import requests
from cattlegrid.django.conf import captcha


def element(attributes: Mapping[str, object] | None = None) -> SafeString:
    """The element that stands in the form. `attributes` are its own, without `data-`."""
    return mark_safe(captcha().element(attributes))  # noqa: S308


def script(nonce: str | None = None) -> SafeString:
    """The scripts that a page with the element needs, once. `nonce` is the content security policy's."""
    return mark_safe("\n".join(script.tag(nonce=nonce) for script in scripts()))  # noqa: S308


def stamp(name: str, request: HttpRequest | None = None) -> SafeString:
    """The stamp of the form of this name, with its honeypot. With the `request`, a form that is sent back for
    correction has a stamp as old as that which it came with.
    """
    return mark_safe(requests.stamp(request, name).__html__())  # noqa: S308


def scripts() -> tuple[widget.Script, ...]:
    """The same scripts, as a form's media have them."""
    return captcha().scripts(_own)


def _own(name: str) -> str:
    return reverse("cattlegrid:widget") if name == widget.WIDGET else static(f"cattlegrid/{name}")
