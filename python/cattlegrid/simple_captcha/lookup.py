"""Finds captchas by key."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from django.db import connections
from django.db.models import QuerySet
from django.utils import timezone

from cattlegrid.simple_captcha.models import CaptchaStore

_KEY = re.compile(r"[0-9A-Za-z_]{1,40}")


class Alive(NamedTuple):
    """A captcha that can be answered."""

    pk: int
    challenge: str
    response: str


def find(key: object, using: str) -> Alive | None:
    """The captcha of the key in a database, unless it is spent or expired, or the key is none that can be."""
    return _run(_select(using), key, using)


def find_to_spend(key: object, using: str) -> Alive | None:
    """The same, and nothing while another transaction of the site's is about to spend it."""
    connection = connections[using]
    locking = connection.in_atomic_block and connection.features.has_select_for_update_skip_locked
    return _run(_select_locking(using) if locking else _select(using), key, using)


def _run(select: str, key: object, using: str) -> Alive | None:
    if not isinstance(key, str) or _KEY.fullmatch(key) is None:
        return None
    connection = connections[using]
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(select, (key, now))
        row = cursor.fetchone()
    return None if row is None else Alive(*row)


# Why once: having Django make the same query again costs more than drawing the picture.
@lru_cache(maxsize=64)
def _select(using: str) -> str:
    return _statement(CaptchaStore.objects.using(using))


@lru_cache(maxsize=64)
def _select_locking(using: str) -> str:
    return _statement(CaptchaStore.objects.using(using).select_for_update(skip_locked=True))


def _statement(captchas: QuerySet[CaptchaStore]) -> str:
    # Why two filters: they keep their order, and with it that of their values.
    wanted = captchas.filter(hashkey="key").filter(expiration__gt=timezone.now())
    statement: str = wanted.values_list(*Alive._fields).query.get_compiler(captchas.db).as_sql()[0]
    return statement
