"""The script that gives a visitor another picture, served by the app itself so that it needs no set-up."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.forms.widgets import Media
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

_SECONDS_TO_KEEP = 86_400


@dataclass(frozen=True)
class Module:
    """A JavaScript module among a form's media."""

    url: str

    def __html__(self) -> str:
        """The element that loads it."""
        return format_html('<script src="{}" type="module"></script>', self.url)


def media() -> Media:
    """The script in the language of the page; nothing where the site has not included the app's addresses."""
    try:
        url = reverse("captcha-script")
    except NoReverseMatch:
        return Media()
    query = urlencode({"lang": translation.get_language() or settings.LANGUAGE_CODE, "v": _source()[1]})
    # Why: Django takes objects that render themselves, which its stubs do not know.
    return Media(js=[Module(f"{url}?{query}")])  # type: ignore[list-item]


@require_safe
def serve(request: HttpRequest) -> HttpResponse:
    """The script, with its texts in the language that `lang` names."""
    with translation.override(_language(request.GET.get("lang", ""))):
        site = {
            "refresh": reverse("captcha-refresh"),
            "button": gettext("New picture"),
            "changed": gettext("The picture has changed."),
            "failed": gettext("The picture could not be changed. Please try again."),
        }
    response = HttpResponse(
        f"const site = {json.dumps(site)};\n{_source()[0]}", content_type="text/javascript; charset=utf-8"
    )
    response["Cache-Control"] = f"public, max-age={_SECONDS_TO_KEEP}"
    return response


def _language(asked: str) -> str:
    try:
        return translation.get_supported_language_variant(asked)
    except LookupError:
        return str(settings.LANGUAGE_CODE)


@lru_cache(maxsize=1)
def _source() -> tuple[str, str]:
    source = Path(__file__).with_name("captcha.js").read_text(encoding="utf-8")
    return source, hashlib.sha256(source.encode()).hexdigest()[:8]
