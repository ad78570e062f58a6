"""The serializer that lets nobody through without a right answer."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.serializers import as_serializer_error

from cattlegrid.rest_captcha import answers
from cattlegrid.rest_captcha.settings import api_settings

KEY = "captcha_key"
VALUE = "captcha_value"


class TextField(serializers.CharField):
    """A `CharField` that refuses numbers too long to be written out, instead of raising."""

    def run_validation(self, data: Any = empty) -> Any:
        """The text. Raises `ValidationError`."""
        try:
            return super().run_validation(data)
        except (ValueError, OverflowError):
            self.fail("invalid")


class RestCaptchaSerializer(serializers.Serializer[Any]):
    """Wants the key of a challenge and its answer, and takes both out of the validated data.

    An attempt spends the key, whether the answer is right or wrong. It is made when all fields are valid.
    """

    captcha_key = TextField(max_length=64, write_only=True)
    captcha_value = TextField(max_length=8, trim_whitespace=True, write_only=True)

    def validate(self, data: Any) -> Any:
        """Checks the answer. Raises `ValidationError` for a wrong one, and for a key that is not known."""
        self._asked = True
        # Why: a partial update leaves out fields, but not the question whether this is a human.
        missing = [name for name in (KEY, VALUE) if name not in data]
        if missing:
            raise serializers.ValidationError({name: [_("This field is required.")] for name in missing})
        data = super().validate(data)
        _check(data.pop(KEY), data.pop(VALUE))
        return data

    def run_validation(self, data: Any = empty) -> Any:
        """Validates; a subclass whose `validate` does not call this one's is checked all the same."""
        self._asked = False
        value = super().run_validation(data)
        if not self._asked and isinstance(value, dict):
            try:
                value = RestCaptchaSerializer.validate(self, value)
            except serializers.ValidationError as error:
                raise serializers.ValidationError(as_serializer_error(error)) from error
        return value


def _check(key: str, given: str) -> None:
    masters = api_settings.MASTER_CAPTCHA or {}
    if key in masters:
        passed = answers.is_same(str(masters[key]), given)
    else:
        kept = answers.take(key)
        if kept is None:
            raise serializers.ValidationError(_("Invalid or expired captcha key"))
        passed = answers.is_right(key, kept, given)
    if not passed:
        raise serializers.ValidationError(_("Invalid captcha value"))
