"""The CAPTCHA as a part of a serializer's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from cattlegrid import Refused, Unavailable
from cattlegrid._site.token import JSON_NAME
from cattlegrid._site.verification import Missing, Verification
from cattlegrid.django import requests
from cattlegrid.drf.exceptions import CaptchaFailed
from cattlegrid.drf.permissions import token_in

if TYPE_CHECKING:
    _Serializer = serializers.Serializer[Any]
else:
    _Serializer = object


class _TokenField(serializers.CharField):
    """Stands for the token in schemas and forms. The serializer takes the token by itself."""

    def __init__(self) -> None:
        super().__init__(write_only=True, help_text=_("The response token of the CAPTCHA."))

    def run_validation(self, data: object = serializers.empty) -> Any:  # noqa: ARG002
        raise serializers.SkipField


class CaptchaSerializerMixin(_Serializer):
    """Checks the token in the data before anything else: no data without a good one are validated.

    The token is `captcha`, or under the provider's name for it, and never among the validated data. What was
    found is `captcha_verification`. `captcha_action` stands in for the action of the settings.
    `is_valid(raise_exception=True)` answers 400, 403 or 503 as the permission does; without it the error is
    one of the field `captcha`.
    """

    captcha_action: str | None = None
    captcha_verification: Verification | None = None
    _captcha_failure: CaptchaFailed | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Raises `TypeError` where the serializer's own class would have its way before the mixin."""
        if cls.__mro__.index(CaptchaSerializerMixin) > cls.__mro__.index(serializers.BaseSerializer):
            raise TypeError(f"{cls.__name__}: put CaptchaSerializerMixin before the serializer's own class")
        super().__init_subclass__(**kwargs)

    def get_fields(self) -> dict[str, Any]:
        """The serializer's fields, and that of the token."""
        return {**super().get_fields(), JSON_NAME: _TokenField()}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Validates the data if their token passes."""
        if self.parent is not None:
            raise ImproperlyConfigured(
                "a request carries one token: put CaptchaSerializerMixin on the outermost serializer, and "
                "the permission CaptchaRequired on a view that takes many at once"
            )
        request = self.context.get("request")
        plain = request._request if isinstance(request, Request) else request
        try:
            self.captcha_verification = requests.check(plain, token_in(data), self.captcha_action)
        except (Missing, Refused, Unavailable) as error:
            self._captcha_failure = CaptchaFailed(error)
            message = {JSON_NAME: [self._captcha_failure.message]}
            raise ValidationError(message, code=self._captcha_failure.codes[0]) from None
        return super().run_validation(data)

    def is_valid(self, *, raise_exception: bool = False) -> bool:
        """Whether the token passes and the data are valid."""
        valid = super().is_valid()
        if not valid and raise_exception:
            raise self._captcha_failure or ValidationError(self.errors)
        return valid
