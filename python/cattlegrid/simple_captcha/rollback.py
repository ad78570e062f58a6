"""Spends answered captchas again when the site's transaction is rolled back, so that one key is one attempt.

In a transaction of the site's (`ATOMIC_REQUESTS`) spending a captcha is undone with everything else where the
view raises, and Django REST framework rolls back whenever it answers 400. So what was spent in a transaction
is remembered until that is committed, and what is left at the end of the request is deleted then.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Any

from django.db import Error, transaction

logger = logging.getLogger(__name__)

# Why: none outside of requests, so that nothing gathers where nobody ends them.
_spent: ContextVar[set[tuple[str, int]] | None] = ContextVar("cattlegrid_spent", default=None)


def begin(**kwargs: Any) -> None:  # noqa: ARG001
    """A request begins."""
    _spent.set(set())


def remember(pk: int, using: str) -> None:
    """The captcha has been spent in a transaction that is still open."""
    spent = _spent.get()
    if spent is not None:
        entry = (using, pk)
        spent.add(entry)
        transaction.on_commit(lambda: spent.discard(entry), using=using)


def end(**kwargs: Any) -> None:  # noqa: ARG001
    """The request has ended, and so have its transactions."""
    from cattlegrid.simple_captcha.models import CaptchaStore

    spent = _spent.get()
    _spent.set(None)
    for using, pk in spent or ():
        try:
            CaptchaStore.objects.using(using).filter(pk=pk).delete()
        except Error:
            logger.exception("A captcha whose transaction was rolled back could not be spent")
