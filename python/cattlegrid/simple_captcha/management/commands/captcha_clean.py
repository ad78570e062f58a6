"""`manage.py captcha_clean`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone

from cattlegrid.simple_captcha.models import CaptchaStore


class Command(BaseCommand):
    """Deletes captchas that nobody can answer any more."""

    help = "Delete expired captchas."

    def handle(self, **options: Any) -> None:
        """Deletes them, and says how many there were."""
        try:
            expired = CaptchaStore.objects.filter(expiration__lte=timezone.now()).count()
            CaptchaStore.remove_expired()
        except Error as error:
            raise CommandError(f"Expired captchas could not be deleted: {error}") from error
        if options["verbosity"] >= 1:
            self.stdout.write(f"Expired captchas deleted: {expired}")
