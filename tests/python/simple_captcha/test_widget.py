"""The HTML that forms get."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from captcha_site import SignUp
from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings
from django.utils import translation

from cattlegrid.simple_captcha.fields import BaseCaptchaTextInput, CaptchaField, CaptchaTextInput
from cattlegrid.simple_captcha.models import CaptchaStore

RENDERERS = pytest.mark.parametrize("renderer", ["DjangoTemplates", "Jinja2"])


class Elements(HTMLParser):
    """The elements of a document, in order, and whether they are nested as they should be."""

    VOID = ("img", "input", "br", "link", "meta")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, Any]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Notes it."""
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} is there twice"
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Checks that it is the last one."""
        assert self.open.pop() == tag

    def all(self, tag: str, **attributes: str) -> list[dict[str, Any]]:
        """The attributes of those that have these."""
        return [attrs for name, attrs in self.found if name == tag and attributes.items() <= attrs.items()]


def rendered(form: forms.BaseForm) -> Elements:
    """A form's elements."""
    return Elements(f"<form>{form.as_p()}</form>")


@RENDERERS
def test_a_form_has_picture_key_and_answer(renderer: str) -> None:
    with override_settings(FORM_RENDERER=f"django.forms.renderers.{renderer}"):
        html = rendered(SignUp())
    key = CaptchaStore.objects.get().hashkey
    (picture,) = html.all("img")
    assert picture == {"src": f"/captcha/image/{key}/", "alt": "captcha", "class": "captcha"}
    (hidden,) = html.all("input", type="hidden")
    assert hidden == {
        "type": "hidden",
        "name": "captcha_0",
        "value": key,
        "id": "id_captcha_0",
        "autocomplete": "off",
        "required": None,
    }
    (answer,) = html.all("input", name="captcha_1")
    assert {
        name: answer[name] for name in ("autocapitalize", "autocomplete", "autocorrect", "spellcheck")
    } == {
        "autocapitalize": "off",
        "autocomplete": "off",
        "autocorrect": "off",
        "spellcheck": "false",
    }
    assert "value" not in answer
    assert html.all("label", **{"for": "id_captcha_1"})
    assert html.all("a") == []


@RENDERERS
def test_a_site_that_speaks_links_the_sound(renderer: str) -> None:
    with (
        override_settings(FORM_RENDERER=f"django.forms.renderers.{renderer}", CAPTCHA_FLITE_PATH="/bin/true"),
        translation.override("fr"),
    ):
        (link,) = rendered(SignUp()).all("a")
    key = CaptchaStore.objects.get().hashkey
    assert link == {"href": f"/captcha/audio/{key}.wav", "title": "Écouter le CAPTCHA"}


def test_an_answer_that_was_refused_is_not_shown_again() -> None:
    form = SignUp({"captcha_0": "old", "captcha_1": "<guess>"})
    assert not form.is_valid()
    html = form.as_p()
    assert "guess" not in html
    assert '"old"' not in html
    assert str(CaptchaStore.objects.get().hashkey) in html


def test_prefixes_tell_fields_apart() -> None:
    class Two(forms.Form):
        one = CaptchaField(id_prefix="left")
        two = CaptchaField(id_prefix="right", generator=lambda: ("1+1=", "2"))

    html = rendered(Two())
    ids = [attrs["id"] for attrs in html.all("input")]
    assert ids == ["left_id_one_0", "left_id_one_1", "right_id_two_0", "right_id_two_1"]
    assert [label["for"] for label in html.all("label")] == ["left_id_one_1", "right_id_two_1"]
    assert CaptchaStore.objects.filter(challenge="1+1=").count() == 1


def test_a_widget_of_the_sites_own_is_used() -> None:
    class Own(CaptchaTextInput):
        def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
            context = super().get_context(name, value, attrs)
            assert context["image"] == self.image_url()
            assert context["audio"] is None
            assert self._value == [self._key, ""]
            assert self.refresh_url() == "/captcha/refresh/"
            return context

    class Form(forms.Form):
        captcha = CaptchaField(widget=Own(attrs={"class": "wide"}))

    assert 'class="wide"' in Form().as_p()


def test_the_script_comes_with_the_forms_media() -> None:
    with translation.override("pt-br"):
        media = str(SignUp().media)
    ((tag, attributes),) = Elements(media).found
    assert tag == "script"
    assert attributes["type"] == "module"
    assert re.fullmatch(r"/captcha/captcha\.js\?lang=pt-br&v=[0-9a-f]{8}", attributes["src"])
    assert Client().get(attributes["src"]).status_code == 200


def test_the_script_is_there_once_for_many_fields() -> None:
    media = SignUp().media + CaptchaField().widget.media + BaseCaptchaTextInput().media
    assert str(media).count("<script") == 1


def test_media_of_the_sites_own_come_too() -> None:
    class Own(CaptchaTextInput):
        class Media:
            js = ("own.js",)

    with override_settings(STATIC_URL="/static/"):
        media = str(Own().media)
    assert "captcha.js" in media
    assert "own.js" in media


@pytest.mark.usefixtures("_without_addresses")
def test_a_site_without_the_apps_addresses_is_told() -> None:
    assert str(SignUp().media) == ""
    with pytest.raises(ImproperlyConfigured, match=r"cattlegrid\.simple_captcha\.urls"):
        SignUp().as_p()


@pytest.fixture
def _without_addresses() -> Iterator[None]:
    """A site that has forgotten `include`."""
    with override_settings(ROOT_URLCONF="django.contrib.auth.urls"):
        yield


def test_a_key_from_the_pool_is_shown() -> None:
    key = CaptchaStore.generate_key()
    with override_settings(CAPTCHA_GET_FROM_POOL=True, CAPTCHA_GET_FROM_POOL_TIMEOUT=1):
        assert key in SignUp().as_p()


def test_a_value_is_taken_apart_as_it_was_put_together() -> None:
    field = CaptchaField()
    assert field.widget.decompress(field.compress(["key", "answer"])) == ["key", "answer"]
    assert field.widget.decompress(field.compress([])) == [None, None]
