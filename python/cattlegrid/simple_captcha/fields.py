"""The form field and its widgets."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.forms.fields import CharField, MultiValueField
from django.forms.widgets import HiddenInput, Media, MultiWidget, TextInput
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy

from cattlegrid.simple_captcha import answers, script
from cattlegrid.simple_captcha.conf import settings
from cattlegrid.simple_captcha.helpers import captcha_audio_url, captcha_image_url
from cattlegrid.simple_captcha.models import CaptchaStore


class CaptchaHiddenInput(HiddenInput):
    """The captcha's key."""

    def build_attrs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Has browsers not fill in the key of an earlier page."""
        return {**super().build_attrs(*args, **kwargs), "autocomplete": "off"}


class CaptchaAnswerInput(TextInput):
    """The visitor's answer."""

    def build_attrs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Has browsers neither complete nor correct what is typed."""
        return {
            **super().build_attrs(*args, **kwargs),
            "autocapitalize": "off",
            "autocomplete": "off",
            "autocorrect": "off",
            "spellcheck": "false",
        }


class BaseCaptchaTextInput(MultiWidget):
    """A key and an answer. Widgets on top of it call `fetch_captcha_store` when they render."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__((CaptchaHiddenInput(attrs), CaptchaAnswerInput(attrs)), attrs)

    @property
    def media(self) -> Media:
        """The script that lets visitors have another picture."""
        return super().media + script.media()

    def decompress(self, value: Any) -> list[Any]:
        """The key and the answer of what `CaptchaField.compress` gave."""
        return str(value).split(",") if value else [None, None]

    def fetch_captcha_store(
        self,
        name: str,  # noqa: ARG002
        value: Any,  # noqa: ARG002
        attrs: dict[str, Any] | None = None,
        generator: Any = None,
    ) -> None:
        """Makes the captcha that is rendered, or picks one from the pool."""
        try:
            reverse("captcha-image", args=("dummy",))
        except NoReverseMatch as error:
            raise ImproperlyConfigured(
                "The captcha has no addresses: add "
                "path('captcha/', include('cattlegrid.simple_captcha.urls')) to the site's urlpatterns."
            ) from error
        from_pool = settings.CAPTCHA_GET_FROM_POOL
        self._key = CaptchaStore.pick() if from_pool else CaptchaStore.generate_key(generator)
        self._value = [self._key, ""]
        self.id_ = self.build_attrs(attrs or {}).get("id")

    def id_for_label(self, id_: str) -> str:
        """The label belongs to the answer."""
        return f"{id_}_1" if id_ else id_

    def image_url(self) -> str:
        """Where the picture is."""
        return captcha_image_url(self._key)

    def audio_url(self) -> str | None:
        """Where the sound is, if there is any."""
        return captcha_audio_url(self._key) if settings.CAPTCHA_FLITE_PATH else None

    def refresh_url(self) -> str:
        """Where a script gets another captcha."""
        return reverse("captcha-refresh")


class CaptchaTextInput(BaseCaptchaTextInput):
    """The picture, the key and the answer, as the template shows them.

    `id_prefix` tells apart the fields of several forms on one page; `generator` makes the challenge in place
    of `CAPTCHA_CHALLENGE_FUNCT`.
    """

    template_name = "captcha/widgets/captcha.html"

    def __init__(
        self, attrs: dict[str, Any] | None = None, id_prefix: str | None = None, generator: Any = None
    ) -> None:
        self.id_prefix = id_prefix
        self.generator = generator
        super().__init__(attrs)

    def build_attrs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The attributes, the id with its prefix."""
        attrs = super().build_attrs(*args, **kwargs)
        if self.id_prefix and "id" in attrs:
            attrs["id"] = f"{self.id_prefix}_{attrs['id']}"
        return attrs

    def id_for_label(self, id_: str) -> str:
        """The id of the answer, with its prefix."""
        label = super().id_for_label(id_)
        return f"{self.id_prefix}_{label}" if self.id_prefix and label else label

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """What the template is given: `image` and `audio` are addresses."""
        context = super().get_context(name, value, attrs)
        context["image"] = self.image_url()
        context["audio"] = self.audio_url()
        context["audio_title"] = gettext_lazy("Play CAPTCHA as audio file")
        return context

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> Any:
        """Renders a new captcha, whatever was answered before."""
        self.fetch_captcha_store(name, value, attrs, self.generator)
        return super().render(name, self._value, attrs=attrs, renderer=renderer)


class CaptchaField(MultiValueField):
    """A field that only a visitor who reads the picture gets right.

    Takes `id_prefix` and `generator` for its widget, or a `widget` of one's own.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        messages = {"invalid": gettext_lazy("Invalid CAPTCHA"), **(kwargs.pop("error_messages", None) or {})}
        widget = CaptchaTextInput(
            id_prefix=kwargs.pop("id_prefix", None), generator=kwargs.pop("generator", None)
        )
        kwargs.setdefault("widget", widget)
        fields = (CharField(show_hidden_initial=True), CharField())
        super().__init__(fields, *args, error_messages=messages, **kwargs)

    def compress(self, data_list: Any) -> str | None:
        """The key and the answer as one text."""
        return ",".join(map(str, data_list)) if data_list else None

    def clean(self, value: Any) -> Any:
        """The value with the answer taken out, if that was right; the key is spent in any case."""
        super().clean(value)
        key, answer = value if isinstance(value, (list, tuple)) and len(value) == 2 else (None, None)
        if not self.required and not (isinstance(answer, str) and answer.strip()):
            return [key, ""]
        if not answers.is_right(key, answer):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return [key, ""]
