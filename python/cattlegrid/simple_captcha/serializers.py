"""Serializers of Django REST framework that ask for a captcha."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from cattlegrid.simple_captcha.validators import captcha_validate


class _Captcha(metaclass=serializers.SerializerMetaclass):
    captcha_code = serializers.CharField(max_length=32, write_only=True, required=True)
    captcha_hashkey = serializers.CharField(max_length=40, write_only=True, required=True)

    def run_validation(self, data: Any = empty) -> Any:
        """Checks the captcha, once everything else is valid."""
        values = super().run_validation(data)  # type: ignore[misc]
        given = values or {}
        captcha_validate(given.get("captcha_hashkey"), given.get("captcha_code"))
        return values


class CaptchaSerializer(_Captcha, serializers.Serializer):  # type: ignore[type-arg]
    """A serializer with `captcha_hashkey` and `captcha_code`; the answer is spent when the rest is valid."""


class CaptchaModelSerializer(_Captcha, serializers.ModelSerializer):  # type: ignore[type-arg]
    """A model's serializer with `captcha_hashkey` and `captcha_code`, which are to be among its `fields`."""
