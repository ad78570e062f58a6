"""Finds captchas by key."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from django.db import connections
from django.utils import timezone

from cattlegrid.simple_captcha.models import CaptchaStore

_KEY = re.compile(r"[0-9A-Za-z_]{1,40}")


class Alive(NamedTuple):
    """A captcha that can be answered."""

    pk: int
    challenge: str
    response: str


def alive(key: object, using: str) -> Alive | None:
    """The captcha of the key in a database, unless it is spent or expired, or the key is none that can be."""
    if not isinstance(key, str) or _KEY.fullmatch(key) is None:
        return None
    connection = connections[using]
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_select(using), (key, now))
        row = cursor.fetchone()
    return None if row is None else Alive(*row)


@lru_cache(maxsize=64)
def _select(using: str) -> str:
    # Why: having Django make the same query again costs more than drawing the picture.
    captchas = CaptchaStore.objects.using(using).filter(hashkey="key").filter(expiration__gt=timezone.now())
    statement: str = captchas.values_list(*Alive._fields).query.get_compiler(using).as_sql()[0]
    return statement
