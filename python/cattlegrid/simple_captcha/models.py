"""Captchas in the database."""

from __future__ import annotations

import datetime
import logging
import secrets
from typing import Any

from django.db import models
from django.utils import timezone

from cattlegrid.simple_captcha.conf import settings

logger = logging.getLogger(__name__)


class CaptchaStore(models.Model):
    """A captcha that has not been answered: what is shown, what is right, its key, and when it expires."""

    id: models.AutoField[int, int] = models.AutoField(primary_key=True)
    challenge: models.CharField[str, str] = models.CharField(max_length=32)
    response: models.CharField[str, str] = models.CharField(max_length=32)
    hashkey: models.CharField[str, str] = models.CharField(max_length=40, unique=True)
    expiration: models.DateTimeField[datetime.datetime, datetime.datetime] = models.DateTimeField()

    class Meta:
        """Rows are found by key, and swept by expiration."""

        indexes = (models.Index(fields=["expiration"], name="captcha_expiration"),)

    def __str__(self) -> str:
        return self.challenge

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves the captcha with what it lacks: an expiration after `CAPTCHA_TIMEOUT` minutes, and a key."""
        self._complete()
        super().save(*args, **kwargs)

    @classmethod
    def remove_expired(cls) -> None:
        """Deletes what nobody can answer any more."""
        cls.objects.filter(expiration__lte=timezone.now()).delete()

    @classmethod
    def generate_key(cls, generator: Any = None) -> str:
        """The key of a new captcha, made by the generator (a function or its path) or the settings'."""
        captcha = cls._new(generator)
        captcha.save(force_insert=True)
        return captcha.hashkey

    @classmethod
    def pick(cls) -> str:
        """The key of a new captcha; with `CAPTCHA_GET_FROM_POOL`, of one that lives long enough."""
        if not settings.CAPTCHA_GET_FROM_POOL:
            return cls.generate_key()
        least = timezone.now() + datetime.timedelta(minutes=int(settings.CAPTCHA_GET_FROM_POOL_TIMEOUT))
        pool = cls.objects.filter(expiration__gt=least).order_by("?")
        key = pool.values_list("hashkey", flat=True).first()
        if key is None:
            logger.error("Couldn't get a captcha from pool, generating")
            return cls.generate_key()
        return str(key)

    @classmethod
    def create_pool(cls, count: int = 1000) -> None:
        """Makes this many captchas, at least one."""
        if count < 1:
            raise ValueError(f"A pool has at least one captcha, not {count}.")
        batch = 500
        for begin in range(0, count, batch):
            captchas = [cls._new() for _ in range(min(batch, count - begin))]
            for captcha in captchas:
                captcha._complete()
            cls.objects.bulk_create(captchas)

    @classmethod
    def _new(cls, generator: Any = None) -> CaptchaStore:
        challenge, response = settings.get_challenge(generator)()
        return cls(challenge=challenge, response=response)

    def _complete(self) -> None:
        self.response = self.response.lower()
        if not self.expiration:
            self.expiration = timezone.now() + datetime.timedelta(minutes=int(settings.CAPTCHA_TIMEOUT))
        if not self.hashkey:
            self.hashkey = secrets.token_hex(20)
