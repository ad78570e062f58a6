"""The Django application."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import Tags, register


class CattlegridConfig(AppConfig):
    """Has no models: what is spent is remembered in the store that the settings name."""

    name = "cattlegrid.django"
    label = "cattlegrid"
    verbose_name = "Cattlegrid"

    def ready(self) -> None:
        """Registers the system checks."""
        from cattlegrid.django import checks

        register(checks.settings_are_right, Tags.security)
        register(checks.keys_are_secret, Tags.security)
        register(checks.gate_is_served, Tags.urls)
        register(checks.layers_are_right, Tags.security)
        register(checks.limits_are_counted, Tags.security)
        register(checks.checks_are_real, Tags.security, deploy=True)
        register(checks.store_can_be_used, Tags.security, deploy=True)
