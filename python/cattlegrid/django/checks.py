"""What `manage.py check` says of the site's settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils.module_loading import import_string

from cattlegrid import ConfigurationError
from cattlegrid._site import test_keys
from cattlegrid._site.settings import Settings
from cattlegrid._site.site import Site
from cattlegrid.django import layers
from cattlegrid.django.conf import site
from cattlegrid.django.middleware import RateLimitMiddleware


def settings_are_right(**_: Any) -> Sequence[CheckMessage]:
    """E001: `CATTLEGRID` cannot be used as it is."""
    try:
        _tried().prepare()
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
    if configured is None or configured.gate is None:
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
        site().prepare()
    except ConfigurationError as error:
        return [Error(str(error), id="cattlegrid.E005")]
    return []


def layers_are_right(**_: Any) -> Sequence[CheckMessage]:
    """E006: a stamp, a rate limit or letters that cannot be as the code has them."""
    if settings_are_right():
        return []
    if getattr(settings, "ROOT_URLCONF", None):
        # Why: the views are where most of it is said, and nobody may have imported them yet.
        list(get_resolver().url_patterns)
    tried, wrong = _tried(), dict[str, list[str]]()
    for layer in layers.noted():
        try:
            layer.prepare(tried)
        except ConfigurationError as error:
            wrong.setdefault(str(error), []).append(str(layer))
    return [
        Error(error, hint=f"It is asked for by {', '.join(asking)}.", id="cattlegrid.E006")
        for error, asking in wrong.items()
    ]


def limits_are_counted(**_: Any) -> Sequence[CheckMessage]:
    """E007: limits on every request, and nothing that counts them."""
    configured = _settings()
    if configured is None or not configured.rate_limits:
        return []
    for path in settings.MIDDLEWARE:
        middleware = import_string(path)
        if isinstance(middleware, type) and issubclass(middleware, RateLimitMiddleware):
            return []
    message = "CATTLEGRID has RATE_LIMITS, and no middleware counts by them."
    hint = 'Put "cattlegrid.django.middleware.RateLimitMiddleware" first in MIDDLEWARE.'
    return [Error(message, hint=hint, id="cattlegrid.E007")]


def _tried() -> Site:
    # Why: a command that somebody else runs must not make the file that the site will write to.
    return Site(replace(site().settings, store="memory:"))


def _settings() -> Settings | None:
    try:
        return site().settings
    except ConfigurationError:
        return None
