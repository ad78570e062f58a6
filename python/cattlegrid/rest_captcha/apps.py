"""The application, for `INSTALLED_APPS`."""

from __future__ import annotations

from django.apps import AppConfig


class RestCaptchaConfig(AppConfig):
    """Registers the system checks."""

    name = "cattlegrid.rest_captcha"
    label = "rest_captcha"
    verbose_name = "CAPTCHA"

    def ready(self) -> None:
        """Called by Django once all applications are there."""
        from cattlegrid.rest_captcha import checks

        checks.register()
