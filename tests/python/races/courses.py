"""What is raced for, and where: each course sets up a site in this process, makes keys, and answers one."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Callable

from databases import database

Key = tuple[str, str]
"""The key of a challenge and its answer."""


@dataclass(frozen=True)
class Course:
    """How a site makes keys, and lets somebody through or not."""

    prepare: Callable[[int], list[Key]]
    attempt: Callable[[Key], bool]
    leave: Callable[[], Any] = lambda: None
    """Called by each thread at its end."""


def simple_captcha(where: str) -> Course:
    """The form field and the validator for Django REST framework, by chance, on the database `where`."""
    _django(["django.contrib.contenttypes", "cattlegrid.simple_captcha"], database=where)
    from django.core.exceptions import ValidationError
    from rest_framework import exceptions

    from cattlegrid.simple_captcha.fields import CaptchaField
    from cattlegrid.simple_captcha.validators import captcha_validate

    field = CaptchaField()
    ways: list[Callable[[Key], Any]] = [
        lambda key: field.clean(list(key)),
        lambda key: captcha_validate(*key),
    ]

    def attempt(key: Key) -> bool:
        try:
            secrets.choice(ways)(key)
        except (ValidationError, exceptions.ValidationError):
            return False
        return True

    return Course(_issued, attempt, _close_connections)


def rest_captcha(where: str) -> Course:
    """The serializer, on the cache `where`."""
    _django(["rest_framework", "cattlegrid.rest_captcha"], cache=where)
    from cattlegrid.rest_captcha.serializers import RestCaptchaSerializer

    def attempt(key: Key) -> bool:
        return RestCaptchaSerializer(data={"captcha_key": key[0], "captcha_value": key[1]}).is_valid()

    return Course(_cached, attempt, _close_connections)


def get_then_delete(where: str) -> Course:
    """What the others must not do, on the cache `where`."""
    _django(["rest_framework", "cattlegrid.rest_captcha"], cache=where)
    from django.core.cache import cache

    from cattlegrid.rest_captcha.utils import get_cache_key

    def attempt(key: Key) -> bool:
        answer = cache.get(get_cache_key(key[0]))
        cache.delete(get_cache_key(key[0]))
        return bool(answer == key[1])

    return Course(_cached, attempt)


def gate(where: str) -> Course:
    """The engine's own keys, in the store `where`. To pass is to have the (wrong) answer judged at all."""
    from cattlegrid import Gate, Refused

    engine = Gate(secret="Y2F0dGxlZ3JpZCByYWNlIHNlY3JldCBvZiAzMiBieXQ", store=where)

    def attempt(key: Key) -> bool:
        try:
            engine.answer(*key)
        except Refused as refused:
            return refused.code == "wrong-answer"
        return True

    return Course(lambda count: [(engine.issue().key, "!") for _ in range(count)], attempt)


COURSES: dict[str, Callable[[str], Course]] = {
    function.__name__: function for function in (simple_captcha, rest_captcha, get_then_delete, gate)
}


def _issued(count: int) -> list[Key]:
    from django.core.management import call_command

    from cattlegrid.simple_captcha.models import CaptchaStore

    call_command("migrate", verbosity=0)
    rows = [CaptchaStore.objects.get(hashkey=CaptchaStore.generate_key()) for _ in range(count)]
    return [(row.hashkey, row.response) for row in rows]


def _cached(count: int) -> list[Key]:
    """As the tests of django-rest-captcha have it: the answer in plain text in the cache."""
    from django.core.cache import cache
    from django.core.management import call_command

    from cattlegrid.rest_captcha.utils import get_cache_key

    # Only caches in databases have one.
    call_command("createcachetable", verbosity=0)
    keys = [(str(uuid.uuid4()), "GOOD") for _ in range(count)]
    for key, answer in keys:
        cache.set(get_cache_key(key), answer, 300)
    return keys


def _django(applications: Iterable[str], *, database: str = "", cache: str = "") -> None:
    import django
    from django.conf import settings

    if cache.startswith("database:"):
        database = cache.partition(":")[2]
    settings.configure(
        CACHES={"default": _cache(cache)},
        DATABASES={"default": _database(database)} if database else {},
        INSTALLED_APPS=[*applications],
        SECRET_KEY="a secret of the tests",
    )
    django.setup()


def _cache(where: str) -> dict[str, Any]:
    kind, _, place = where.partition(":")
    backend, location = {
        "": ("locmem.LocMemCache", ""),
        "locmem": ("locmem.LocMemCache", ""),
        "file": ("filebased.FileBasedCache", place),
        "redis": ("redis.RedisCache", where),
        "memcached": ("memcached.PyMemcacheCache", place),
        "database": ("db.DatabaseCache", "race_cache"),
    }[kind]
    # Why: the default of 300 makes some caches forget keys before they are raced for.
    limits = {} if kind in ("redis", "memcached") else {"MAX_ENTRIES": 1_000_000}
    return {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": location, "OPTIONS": limits}


def _database(where: str) -> dict[str, Any]:
    entry = database(where)
    if where.startswith("sqlite:"):
        # Why: SQLite lets one write at a time, and 32 threads queue here. The data need not outlive the test.
        entry["OPTIONS"] = {"timeout": 60, "init_command": "PRAGMA synchronous = OFF"}
    return entry


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()
