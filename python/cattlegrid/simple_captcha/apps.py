"""The app, as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register
from django.core.signals import request_finished


class SimpleCaptchaConfig(AppConfig):
    """The app `captcha`: django-simple-captcha's label, so that its tables and migrations are this app's."""

    name = "cattlegrid.simple_captcha"
    label = "captcha"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Warns of the test mode, checks the settings, and watches for transactions that are rolled back."""
        from cattlegrid.simple_captcha import checks, rollback
        from cattlegrid.simple_captcha.conf import settings

        register(checks.draws)
        settings._warn_if_test_mode_enabled()
        request_finished.connect(rollback.end, dispatch_uid="cattlegrid.simple_captcha")
