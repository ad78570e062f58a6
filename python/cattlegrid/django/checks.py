"""What `manage.py check` says of the site's settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.urls import NoReverseMatch, reverse

from cattlegrid import ConfigurationError
from cattlegrid._site import test_keys
from cattlegrid._site.checker import make
from cattlegrid._site.settings import GATE, Settings
from cattlegrid.django.conf import captcha


def settings_are_right(**_: Any) -> Sequence[CheckMessage]:
    """E001: `CATTLEGRID` cannot be used as it is."""
    try:
        # Why: a command that somebody else runs must not make the file that the site will write to.
        make(replace(captcha().settings, store="memory:"))
    except ConfigurationError as error:
        return [Error(str(error), id="cattlegrid.E001")]
    return []


def keys_are_secret(**_: Any) -> Sequence[CheckMessage]:
    """E002: keys that a provider publishes for tests, outside of `DEBUG` and tests."""
    configured = _settings()
    if configured is None or settings.DEBUG or configured.testing:
        return []
    publisher = test_keys.publisher(configured)
    if publisher is None:
        return []
    message = f"CATTLEGRID has keys that {publisher} publishes for tests: anybody passes."
    return [Error(message, hint="Set SITE_KEY and SECRET_KEY to those of your site.", id="cattlegrid.E002")]


def gate_is_served(**_: Any) -> Sequence[CheckMessage]:
    """E003: a gate whose widget finds no server."""
    configured = _settings()
    if configured is None or configured.provider != GATE:
        return []
    try:
        reverse("cattlegrid:challenges")
    except NoReverseMatch:
        message = "CATTLEGRID has the provider gate, but no page serves its challenges."
        hint = 'Add path("captcha/", include("cattlegrid.django.urls")) to the root URL configuration.'
        return [Error(message, hint=hint, id="cattlegrid.E003")]
    return []


def checks_are_real(**_: Any) -> Sequence[CheckMessage]:
    """E004: a site that is deployed with what only tests may have."""
    configured = _settings()
    if configured is None or not configured.testing:
        return []
    message = "CATTLEGRID says TESTING: True, which is for test suites alone."
    return [Error(message, hint="Remove TESTING.", id="cattlegrid.E004")]


def store_can_be_used(**_: Any) -> Sequence[CheckMessage]:
    """E005: a site that is deployed with a store that does not open."""
    configured = _settings()
    if configured is None or settings_are_right():
        return []
    try:
        captcha().prepare()
    except ConfigurationError as error:
        return [Error(str(error), id="cattlegrid.E005")]
    return []


def _settings() -> Settings | None:
    try:
        return captcha().settings
    except ConfigurationError:
        return None
