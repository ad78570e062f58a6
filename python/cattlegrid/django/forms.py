"""The CAPTCHA as a field of a Django form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from cattlegrid import Refused, Unavailable
from cattlegrid._site.refusal import MESSAGES, refusal
from cattlegrid._site.token import under
from cattlegrid._site.verification import Missing, Undecided, Verification
from cattlegrid._site.widget import field_names
from cattlegrid.django import markup, requests
from cattlegrid.django.conf import captcha as site_captcha
from cattlegrid.django.guarded_form import GuardedForm

_ERRORS = {400: "required", 403: "refused", 503: "unavailable"}


class CaptchaWidget(forms.Widget):
    """The provider's element. Its `attrs` are the element's: `theme`, `size` and so on."""

    def use_required_attribute(self, initial: Any) -> bool:  # noqa: ARG002
        """Never: none of the elements has that attribute."""
        return False

    def id_for_label(self, id_: str) -> str:  # noqa: ARG002
        """None: the elements have labels of their own."""
        return ""

    def render(
        self,
        name: str,  # noqa: ARG002
        value: Any,  # noqa: ARG002
        attrs: Mapping[str, Any] | None = None,
        renderer: Any = None,  # noqa: ARG002
    ) -> SafeString:
        """The element as HTML. The field's name and its value have no part in it."""
        return markup.element({**self.attrs, **(attrs or {})})

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> object:  # noqa: ARG002
        """The token, under the name that the provider gives it; None if it is not there."""
        return under(field_names(site_captcha().settings), data)

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:  # noqa: ARG002
        """Whether the form was sent without a token."""
        return not any(name in data for name in field_names(site_captcha().settings))

    @property
    def media(self) -> forms.Media:
        """The provider's script."""
        return forms.Media(js=cast("tuple[str, ...]", markup.scripts()))


class CaptchaField(forms.Field):
    """Lets a form be valid only with a response token that passes. Its cleaned value is a `Verification`.

    It checks when it is cleaned, and does not know the request: use `CaptchaFormMixin`, which checks before
    anything else is looked at and knows the client's address. `action` stands in for the one of the settings.
    """

    widget = CaptchaWidget
    default_error_messages = {key: _(MESSAGES[status]) for status, key in _ERRORS.items()}  # noqa: RUF012

    def __init__(self, *, action: str | None = None, label: str = "", **kwargs: Any) -> None:
        """`kwargs` are those of every field, but for `required`, `disabled` and `initial`."""
        for name in ("required", "disabled", "initial"):
            if name in kwargs:
                raise TypeError(f"CaptchaField takes no {name}: a form without a token is never valid")
        self.action = action
        self.checked_by_form = False
        """Whether the form checks before any field is cleaned."""
        self.verification: Verification | None = None
        """What that check has found."""
        super().__init__(label=label, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """What the element has besides the widget's own attributes."""
        return {**super().widget_attrs(widget), "action": self.action}

    def clean(self, value: object) -> Verification:
        """Checks the token, unless that was done before. Raises `ValidationError`, with the first code as its
        code.
        """
        if self.verification is not None:
            return self.verification
        try:
            return site_captcha().check(value, action=self.action)
        except (Missing, Refused, Unavailable) as error:
            raise self.error(error) from None

    def error(self, error: Undecided) -> ValidationError:
        """What a visitor is told of a check that did not pass."""
        found = refusal(error)
        return ValidationError(self.error_messages[_ERRORS[found.status]], code=found.codes[0])

    def has_changed(self, initial: object, data: object) -> bool:  # noqa: ARG002
        """Whether the form must be looked at because of this field."""
        # Why: a form that may be empty is valid without being looked at unless something in it has changed.
        return not self.checked_by_form


class _BoundCaptcha(Protocol):
    name: str
    data: object
    field: CaptchaField


class CaptchaFormMixin(GuardedForm):
    """Checks the form's token before anything else: nothing of a form without a good one is validated.

    So nobody learns without a token whether a password is right or a name is taken. Give it the `request`;
    the check does without the client's address otherwise. A form that declares no `CaptchaField` gets one
    called `captcha`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As that of the form, and with `request`."""
        super().__init__(*args, **kwargs)
        if not any(isinstance(field, CaptchaField) for field in self.fields.values()):
            self.fields["captcha"] = CaptchaField()
            self.order_fields(self.field_order)
        for field in self.fields.values():
            if isinstance(field, CaptchaField):
                field.checked_by_form = True

    def full_clean(self) -> None:
        """Validates the form if its token passes; else its only error is that of the token."""
        captcha = self._unchecked()
        if captcha is not None:
            try:
                captcha.field.verification = requests.check(*self._question(captcha))
            except (Missing, Refused, Unavailable) as error:
                self._refuse(captcha.name, captcha.field.error(error))
                return
        super().full_clean()

    async def ais_valid(self) -> bool:
        """`is_valid` for asynchronous views."""
        captcha = self._unchecked()
        if captcha is not None and self._errors is None:
            try:
                captcha.field.verification = await requests.check_async(*self._question(captcha))
            except (Missing, Refused, Unavailable) as error:
                self._refuse(captcha.name, captcha.field.error(error))
        return await super().ais_valid()

    def _unchecked(self) -> _BoundCaptcha | None:
        """The field, with its token, if it is still to be checked. A site may have taken it out."""
        for name, field in self.fields.items():
            if self.is_bound and isinstance(field, CaptchaField) and field.verification is None:
                return cast("_BoundCaptcha", self[name])
        return None

    def _question(self, captcha: _BoundCaptcha) -> tuple[HttpRequest | None, object, str | None]:
        return self._plain_request, captcha.data, captcha.field.action
