"""`manage.py captcha_create_pool`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import router, transaction

from cattlegrid.simple_captcha.models import CaptchaStore


class Command(BaseCommand):
    """Makes captchas for `CAPTCHA_GET_FROM_POOL`, and deletes expired ones."""

    help = "Make captchas for the pool, and delete expired ones."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many, and whether to clean up."""
        parser.add_argument("--pool-size", type=int, default=1000, help="how many to make (1000)")
        parser.add_argument(
            "--cleanup-expired", action="store_true", default=True, help="delete expired captchas (always so)"
        )

    def handle(self, **options: Any) -> None:
        """Makes all of them, or none."""
        with transaction.atomic(router.db_for_write(CaptchaStore)):
            CaptchaStore.create_pool(options["pool_size"])
            if options["cleanup_expired"]:
                CaptchaStore.remove_expired()
        if options["verbosity"] >= 1:
            self.stdout.write(f"Captchas made: {options['pool_size']}")
