"""Spends answered captchas again when the site's transaction is rolled back, so that one key is one attempt.

In a transaction of the site's (`ATOMIC_REQUESTS`) spending a captcha is undone with everything else where the
view raises, and Django REST framework rolls back whenever it answers 400. So what was spent in a transaction
is remembered until that is committed, and what is left at the end of the request is deleted then.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Any

from django.db import Error, transaction

logger = logging.getLogger(__name__)

_MOST = 100


class _Spent(threading.local):
    """What this thread's transactions have spent. A thread has its own, as it has its own connections."""

    def __init__(self) -> None:
        # Why bounded: outside of requests nobody ends them.
        self.captchas: deque[tuple[str, int]] = deque(maxlen=_MOST)


_spent = _Spent()


def remember(pk: int, using: str) -> None:
    """The captcha has been spent in a transaction that is still open."""
    captcha = (using, pk)
    captchas = _spent.captchas
    captchas.append(captcha)

    def forget() -> None:
        if captcha in captchas:
            captchas.remove(captcha)

    transaction.on_commit(forget, using=using)


def end(**kwargs: Any) -> None:  # noqa: ARG001
    """The request has ended, and so have its transactions."""
    from cattlegrid.simple_captcha.models import CaptchaStore

    while _spent.captchas:
        using, pk = _spent.captchas.popleft()
        try:
            CaptchaStore.objects.using(using).filter(pk=pk).delete()
        except Error:
            logger.exception("A captcha whose transaction was rolled back could not be spent")
