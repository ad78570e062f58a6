"""A form behind guards: what the mixins have in common."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.http import HttpRequest

if TYPE_CHECKING:
    _Form = forms.BaseForm
else:
    _Form = object


class GuardedForm(_Form):
    """A form of which nothing is validated unless it gets past its guards. It may know its `request`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Raises `TypeError` where the form's own class would have its way before a guard."""
        inner = cls.__mro__[cls.__mro__.index(forms.BaseForm) :] if issubclass(cls, forms.BaseForm) else ()
        for late in inner:
            if issubclass(late, GuardedForm):
                raise TypeError(f"{cls.__name__}: put {late.__name__} before the form's own class")
        super().__init_subclass__(**kwargs)

    def __init__(self, *args: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
        """`request` goes on to the form where its own class has a parameter of that name."""
        if request is not None and "request" in inspect.signature(super().__init__).parameters:
            kwargs["request"] = request
        super().__init__(*args, **kwargs)
        self.request: HttpRequest | None = request or getattr(self, "request", None)

    async def ais_valid(self) -> bool:
        """`is_valid` for asynchronous views."""
        return await sync_to_async(self.is_valid)()

    @property
    def _plain_request(self) -> HttpRequest | None:
        """Django's own, where Django REST framework has one around it."""
        request: HttpRequest | None = getattr(self.request, "_request", self.request)
        return request

    def _refuse(self, field: str | None, error: ValidationError) -> None:
        """Has this as the form's only error; one of no field if there is none."""
        self._errors = ErrorDict(renderer=self.renderer)
        self.cleaned_data = {}
        self.add_error(field, error)
