"""A form with a stamp: it is valid once, at a good age, with its honeypot untouched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from cattlegrid import Refused, Stamp, Unavailable
from cattlegrid._site.refusal import form_refusal
from cattlegrid._site.site import Site
from cattlegrid._site.stamped import GREATEST_AGE, LEAST_AGE, Rules, SentForm
from cattlegrid.django import layers, requests
from cattlegrid.django.conf import site
from cattlegrid.django.forms import CaptchaFormMixin
from cattlegrid.django.guarded_form import GuardedForm

_FIELD = "stamp"


class StampWidget(forms.Widget):
    """The stamp and its honeypot, whose fields have names of their own."""

    is_hidden = True

    def __init__(self, stamp: Callable[[], Stamp]) -> None:
        """`stamp` makes a fresh one each time the form is shown."""
        super().__init__()
        self._stamp = stamp

    def render(
        self,
        name: str,  # noqa: ARG002
        value: Any,  # noqa: ARG002
        attrs: Mapping[str, Any] | None = None,  # noqa: ARG002
        renderer: Any = None,  # noqa: ARG002
    ) -> SafeString:
        """All of the stamp's fields as HTML."""
        return mark_safe(self._stamp().__html__())  # noqa: S308

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> None:
        """Nothing: the form itself looks at the stamp."""


class StampedFormMixin(GuardedForm):
    """Looks at the form's stamp before anything else: nothing of a form without a good one is validated.

    What does not pass has one error, of no field, and a fresh stamp when it is shown again. Give it the
    `request` where one post has several forms, or a decorator looks at the same stamp: else it passes once.
    """

    stamp_name: str | None = None
    """Of its own for each thing that a form is for. That of the module and the class, if it is None."""
    least_age: float = LEAST_AGE
    """In seconds: nobody is faster."""
    greatest_age: float = GREATEST_AGE
    """In seconds, at most 30 days."""
    took_bait: bool = False
    """Whether somebody filled in what people never see: the view may answer as if all were well."""

    _sent: SentForm | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Raises `TypeError` where a token would be spent before the stamp is looked at."""
        super().__init_subclass__(**kwargs)
        order = cls.__mro__
        if CaptchaFormMixin in order and order.index(CaptchaFormMixin) < order.index(StampedFormMixin):
            raise TypeError(f"{cls.__name__}: put StampedFormMixin before CaptchaFormMixin")
        cls._layer = _Layer(cls)
        layers.note(cls._layer)

    _layer: _Layer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As that of the form."""
        super().__init__(*args, **kwargs)
        if _FIELD in self.fields:
            raise TypeError(f"{type(self).__name__}: its field {_FIELD} is in the place of the mixin's own")
        self.fields[_FIELD] = forms.Field(required=False, widget=StampWidget(self._fresh_stamp))

    @classmethod
    def stamp_rules(cls) -> Rules:
        """What this form's stamps are held to."""
        name = cls.stamp_name or f"{cls.__module__}.{cls.__qualname__}"
        return Rules(name, cls.least_age, cls.greatest_age)

    def full_clean(self) -> None:
        """Validates the form if its stamp passes; else its only error is that of the stamp."""
        if self._is_stamped:
            try:
                self._sent_form().check()
            except (Refused, Unavailable) as error:
                self._refuse_stamp(error)
                return
        super().full_clean()
        if self.is_bound:
            self.cleaned_data.pop(_FIELD, None)

    async def ais_valid(self) -> bool:
        """`is_valid` for asynchronous views."""
        if self._is_stamped and self._errors is None:
            try:
                await self._sent_form().check_async()
            except (Refused, Unavailable) as error:
                self._refuse_stamp(error)
        return await super().ais_valid()

    @property
    def _is_stamped(self) -> bool:
        """Whether there is a stamp to look at. A site may have taken the field out."""
        return self.is_bound and _FIELD in self.fields

    def _sent_form(self) -> SentForm:
        if self._sent is None:
            sent = requests.texts(self.data)
            self._sent = requests.sent_form(self._plain_request, self.stamp_rules(), sent)
        return self._sent

    def _fresh_stamp(self) -> Stamp:
        # Why not after a form that was valid: whoever sends another one waits as for the first.
        if self.is_bound and self.errors:
            return self._sent_form().fresh()
        return site().forms.stamp(self.stamp_rules())

    def _refuse_stamp(self, error: Refused | Unavailable) -> None:
        self.took_bait = error.code == "honeypot"
        found = form_refusal(error)
        self._refuse(None, ValidationError(_(found.message), code=found.codes[0]))


class _Layer:
    def __init__(self, form: type[StampedFormMixin]) -> None:
        self._form = form

    def __str__(self) -> str:
        return f"{self._form.__module__}.{self._form.__qualname__}"

    def prepare(self, site: Site) -> None:
        site.forms.stamp(self._form.stamp_rules())
