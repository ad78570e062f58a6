"""Judges answers. Every attempt spends its captcha, and one of any number at the same time can pass."""

from __future__ import annotations

import hmac
import logging
import time
import unicodedata
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import Error, connections, router, transaction

from cattlegrid.simple_captcha import rollback
from cattlegrid.simple_captcha.conf import settings
from cattlegrid.simple_captcha.lookup import find_to_spend
from cattlegrid.simple_captcha.models import CaptchaStore

logger = logging.getLogger(__name__)

_LONGEST_ANSWER = 256
_SECONDS_BETWEEN_SWEEPS = 60.0


def is_right(hashkey: object, given: object) -> bool:
    """Whether this answers a captcha that was there until now. Nothing raises; in doubt it is wrong.

    Upper and lower case are the same, and so are full-width letters and others, and accents however encoded.
    """
    answer = _plain(given)
    try:
        right = _spend(hashkey)
    except Error:
        logger.exception("A captcha could not be checked")
        return False
    if not settings.CAPTCHA_GET_FROM_POOL:
        _sweep.when_due()
    if settings.CAPTCHA_TEST_MODE and answer == "passed":
        return True
    return right is not None and hmac.compare_digest(_bytes(_plain(right)), _bytes(answer))


def _spend(hashkey: object) -> str | None:
    """The right answer, if the captcha was alive and nobody else has taken it."""
    using = router.db_for_write(CaptchaStore)
    with _undone_alone(using):
        captcha = find_to_spend(hashkey, using)
        if captcha is None:
            return None
        # Why not of a query set: that would open a transaction around the one statement.
        deleted, _ = CaptchaStore(pk=captcha.pk).delete(using=using)
    if connections[using].in_atomic_block:
        rollback.remember(captcha.pk, using)
    return captcha.response if deleted == 1 else None


class _Sweep:
    """Deletes expired captchas, once a minute in each process rather than with every answer."""

    def __init__(self) -> None:
        self._due = 0.0

    def when_due(self) -> None:
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + _SECONDS_BETWEEN_SWEEPS
        try:
            with _undone_alone(router.db_for_write(CaptchaStore)):
                CaptchaStore.remove_expired()
        except Error:
            logger.exception("Expired captchas could not be deleted")


_sweep = _Sweep()


def _undone_alone(using: str) -> AbstractContextManager[Any]:
    """In a transaction of the site's, an error inside undoes what is inside and not the site's work."""
    return transaction.atomic(using) if connections[using].in_atomic_block else nullcontext()


def _plain(text: object) -> str:
    if not isinstance(text, str) or len(text) > _LONGEST_ANSWER:
        return ""
    return unicodedata.normalize("NFKC", text.strip().lower())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
