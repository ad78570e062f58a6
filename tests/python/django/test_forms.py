"""The field and the mixin: a form is valid with a token that passes, and says nothing without one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import website
from django import forms
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import AsyncClient, Client, RequestFactory, override_settings
from website_support import SECRET, Provider, Settings

from cattlegrid.django import CaptchaField, CaptchaFormMixin, CaptchaWidget, Verification

pytestmark = pytest.mark.usefixtures("site")


NAME = "cf-turnstile-response"


def request(**more: Any) -> Any:
    return RequestFactory().post("/", **more)


def test_a_token_that_passes_makes_a_form_valid(provider: Provider) -> None:
    form = website.Contact({"email": "ada@example.org", NAME: "token"}, request=request())
    assert form.is_valid()
    assert form.cleaned_data["captcha"] == Verification("turnstile", hostname="example.org")
    assert form.cleaned_data["email"] == "ada@example.org"
    assert provider.asked == [{"secret": SECRET, "response": "token", "remoteip": "127.0.0.1"}]


@pytest.mark.parametrize("form_class", [website.Contact, website.Bare])
def test_the_check_does_without_a_request(provider: Provider, form_class: Any) -> None:
    assert form_class({"email": "ada@example.org", NAME: "token"}).is_valid()
    assert "remoteip" not in provider.asked[0]


@pytest.mark.parametrize("form_class", [website.Contact, website.Bare])
@pytest.mark.parametrize(
    "data",
    [
        {},
        {NAME: ""},
        {NAME: ["a"]},
        {NAME: 5},
        {NAME: None},
        {"captcha": "token"},
        QueryDict(f"{NAME}=a&{NAME}=b"),
        QueryDict(f"{NAME}="),
    ],
)
def test_a_form_without_a_token_is_not_valid(
    provider: Provider, form_class: Any, data: dict[str, Any]
) -> None:
    form = form_class(data)
    assert not form.is_valid()
    assert form.errors["captcha"].as_data()[0].code == "missing-input-response"
    assert form.errors["captcha"] == ["Please solve the CAPTCHA."]
    assert "captcha" not in form.cleaned_data
    assert provider.asked == []


@pytest.mark.parametrize("form_class", [website.Contact, website.Bare])
@pytest.mark.parametrize("token", ["x" * 1_000_000, "a\x00b", "\ud800", "caf\u00e9"])
def test_a_strange_token_is_a_form_error(form_class: Any, token: str) -> None:
    form = form_class({"email": "ada@example.org", NAME: token})
    assert form.errors["captcha"].as_data()[0].code == "invalid-input-response"


@pytest.mark.parametrize("form_class", [website.Contact, website.Bare])
def test_a_refusal_is_a_form_error(provider: Provider, form_class: Any) -> None:
    provider.verification = {"success": False, "error-codes": ["timeout-or-duplicate"]}
    form = form_class({"email": "ada@example.org", NAME: "token"})
    assert form.errors["captcha"] == ["The CAPTCHA was not accepted. Please try again."]
    assert form.errors["captcha"].as_data()[0].code == "timeout-or-duplicate"


@pytest.mark.parametrize("form_class", [website.Contact, website.Bare])
def test_an_outage_is_a_form_error_or_what_the_site_says(
    turnstile: Settings, provider: Provider, form_class: Any
) -> None:
    provider.stop()
    data = {"email": "ada@example.org", NAME: "token"}
    with override_settings(CATTLEGRID=turnstile):
        form = form_class(data)
        assert form.errors["captcha"].as_data()[0].code == "provider-unreachable"
    with override_settings(CATTLEGRID={**turnstile, "WHEN_UNREACHABLE": "allow"}):
        form = form_class(data)
        assert form.is_valid()
        assert form.cleaned_data["captcha"].decided is False


def test_nothing_is_learnt_without_a_token(provider: Provider) -> None:
    User.objects.create_user("taken", password="right")
    for data in ({"username": "taken"}, {"username": "free"}):
        assert set(website.SignUp(data).errors) == {"captcha"}
    for password in ("right", "wrong"):
        form = website.LogIn(request(), data={"username": "taken", "password": password})
        assert set(form.errors) == {"captcha"}
        assert form.get_user() is None
    provider.verification = {"success": False, "error-codes": ["bad-request"]}
    assert set(website.SignUp({"username": "taken", NAME: "token"}).errors) == {"captcha"}
    User.objects.all().delete()


def test_a_form_that_takes_the_request_by_itself_gets_it(provider: Provider) -> None:
    User.objects.create_user("ada", password="right")
    asked = request(REMOTE_ADDR="203.0.113.7")
    data = {"username": "ada", "password": "right"}
    for form in (
        website.LogIn(request=asked, data={**data, NAME: "one"}),
        website.LogIn(asked, data={**data, NAME: "two"}),
    ):
        assert form.request is asked
    assert website.LogIn(asked, data={**data, NAME: "three"}).is_valid()
    assert provider.asked[-1]["remoteip"] == "203.0.113.7"
    User.objects.all().delete()


def test_a_model_s_form_is_saved_with_its_token_s_action(provider: Provider) -> None:
    data = {"username": "ada", "password1": "pass-1-word", "password2": "pass-1-word"}
    assert not website.SignUp({**data, NAME: "one"}, request=request()).is_valid()
    provider.verification = {"success": True, "action": "sign-up"}
    form = website.SignUp({**data, NAME: "two"}, request=request())
    assert form.is_valid(), form.errors
    assert form.save().username == "ada"
    User.objects.all().delete()


def test_a_form_is_checked_once_however_often_it_is_asked(provider: Provider) -> None:
    form = website.Contact({"email": "ada@example.org", NAME: "token"})
    assert form.is_valid()
    form.full_clean()
    assert form.is_valid()
    assert form.errors == {}
    assert len(provider.asked) == 1


def test_two_forms_of_one_request_share_a_check(provider: Provider) -> None:
    data = {"a-email": "ada@example.org", "b-email": "bob@example.org", NAME: "token"}
    one = request()
    assert all(website.Contact(data, prefix=prefix, request=one).is_valid() for prefix in "ab")
    assert not website.Contact(data, prefix="a", request=request()).is_valid()
    assert not website.Contact(data, prefix="a").is_valid()
    assert len(provider.asked) <= 3


def test_a_check_counts_for_the_action_that_it_found(provider: Provider) -> None:
    class Acting(website.Contact):
        captcha = CaptchaField(action="sign-up")

    data = {"email": "ada@example.org", NAME: "token"}
    provider.verification = {"success": True, "action": "sign-up"}
    one = request()
    assert website.Contact(data, request=one).is_valid()
    assert Acting(data, request=one).is_valid()
    provider.verification = {"success": True, "action": "contact"}
    two = request()
    assert website.Contact({**data, NAME: "another"}, request=two).is_valid()
    assert not Acting({**data, NAME: "another"}, request=two).is_valid()


@pytest.mark.parametrize("form_class", [website.Contact, website.Bare])
def test_a_form_that_may_be_empty_needs_a_token(form_class: Any) -> None:
    form = form_class({}, empty_permitted=True, use_required_attribute=False)
    assert not form.is_valid()
    assert "captcha" in form.errors


def test_a_set_of_forms_shares_the_token_of_its_request(provider: Provider) -> None:
    form_set = forms.formset_factory(website.Contact, extra=2)
    data = {
        "form-TOTAL_FORMS": "2",
        "form-INITIAL_FORMS": "0",
        "form-0-email": "ada@example.org",
        NAME: "token",
    }
    filled = form_set(data, form_kwargs={"request": request()})
    assert filled.is_valid(), filled.errors
    assert [form.has_changed() for form in filled] == [True, False]
    assert len(provider.asked) == 1
    assert not form_set({**data, NAME: ""}, form_kwargs={"request": request()}).is_valid()


@pytest.mark.parametrize("name", ["required", "disabled", "initial"])
def test_the_field_cannot_be_waived(name: str) -> None:
    with pytest.raises(TypeError, match="never valid"):
        CaptchaField(**{name: False})


@pytest.mark.parametrize("form_class", [website.Contact, website.Bare])
def test_the_field_cannot_be_waived_later(form_class: Any) -> None:
    form = form_class({"email": "ada@example.org"})
    form.fields["captcha"].required = False
    form.fields["captcha"].disabled = True
    assert not form.is_valid()


def test_a_view_with_a_form_runs_once_a_token() -> None:
    data = {"email": "ada@example.org", NAME: "token"}
    assert Client().post("/contact", {**data, "email": "no address"}).status_code == 422
    assert Client().post("/contact", data).status_code == 422
    assert Client().post("/contact", {**data, NAME: "another"}).status_code == 200
    assert website.RAN == ["contact POST"]


def test_a_coroutine_s_form_is_awaited() -> None:
    def post(path: str, form: dict[str, str]) -> Any:
        return asyncio.run(AsyncClient().post(path, form))

    data = {"email": "ada@example.org", NAME: "token"}
    assert set(post("/contact-awaited", {"email": "ada@example.org"}).json()) == {"captcha"}
    assert post("/contact-awaited", data).status_code == 200
    assert set(post("/contact-awaited", data).json()) == {"captcha"}
    assert set(post("/contact-awaited", {NAME: "another"}).json()) == {"email"}
    assert website.RAN == ["contact_awaited POST"]


def test_an_unbound_form_is_asked_nothing(provider: Provider) -> None:
    form = website.Contact()
    assert not form.is_valid()
    assert form.errors == {}
    assert not asyncio.run(form.ais_valid())
    assert provider.asked == []


def test_a_form_shows_the_element_and_brings_its_script() -> None:
    class Dark(CaptchaFormMixin, forms.Form):
        captcha = CaptchaField(action="sign-up", widget=CaptchaWidget({"theme": "dark"}))

    form = Dark()
    assert str(form["captcha"]) == (
        '<div data-theme="dark" data-action="sign-up" id="id_captcha" data-sitekey="site" '
        'class="cf-turnstile"></div>'
    )
    assert str(form.media) == (
        '<script src="https://challenges.cloudflare.com/turnstile/v0/api.js" async defer></script>'
    )
    assert "<label" not in form.as_p()
    assert str(form.media + website.Contact().media).count("<script") == 1


def test_a_refused_form_shows_the_error_and_a_fresh_element() -> None:
    html = website.Contact({"email": "ada@example.org"}).as_p()
    assert "Please solve the CAPTCHA." in html
    assert "cf-turnstile" in html
    assert "ada@example.org" in html


def test_the_field_comes_last_unless_the_form_says_where() -> None:
    assert list(website.Contact().fields) == ["email", "captcha"]

    class First(website.Contact):
        field_order = ("captcha",)

    assert list(First().fields) == ["captcha", "email"]


def test_messages_may_be_the_site_s_own() -> None:
    class Own(forms.Form):
        captcha = CaptchaField(error_messages={"required": "Solve it!"})

    assert Own({}).errors["captcha"] == ["Solve it!"]


def test_the_mixin_must_come_first() -> None:
    with pytest.raises(TypeError, match="before the form's own class"):
        type("Late", (forms.Form, CaptchaFormMixin), {})


def test_a_site_may_take_the_field_out_for_some(provider: Provider) -> None:
    form = website.Contact({"email": "ada@example.org"})
    del form.fields["captcha"]
    assert form.is_valid()
    assert "captcha" not in form.cleaned_data
    assert provider.asked == []
