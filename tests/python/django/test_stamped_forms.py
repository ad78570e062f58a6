"""`StampedFormMixin`: a form is valid once, at a good age, with its honeypot untouched."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import layered
import pytest
import website
from django import forms
from django.contrib.auth.models import User
from django.http import HttpResponse, QueryDict
from django.template import Context, Template
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.utils import translation
from website_support import Provider, Settings, sent_by_a_browser

from cattlegrid import ConfigurationError, Stamp
from cattlegrid.django import CaptchaFormMixin, StampedFormMixin, require_stamp
from cattlegrid.django.conf import site
from cattlegrid.testing import layers_pass

pytestmark = pytest.mark.usefixtures("layered_site")

EMAIL = {"email": "ada@example.org"}
TOKEN = {"cf-turnstile-response": "token"}


def request(**more: Any) -> Any:
    return RequestFactory().post("/", **more)


def shown(form: Any) -> dict[str, str]:
    """What a browser sends of a form that nobody has typed into."""
    return sent_by_a_browser(form.as_div())


def baits(fields: dict[str, str]) -> list[str]:
    return [name for name in fields if name not in {Stamp.FIELD, "email", "username"}]


def code(form: Any) -> str:
    """That of the one error, which is of no field."""
    ((field, (error,)),) = form.errors.as_data().items()
    assert field == "__all__"
    return str(error.code)


def test_a_form_that_was_shown_is_valid_once() -> None:
    data = {**shown(layered.Letter()), **EMAIL}
    form = layered.Letter(data)
    assert form.is_valid(), form.errors
    assert form.cleaned_data == EMAIL
    again = layered.Letter(data)
    assert not again.is_valid()
    assert code(again) == "spent-stamp"
    assert str(again.non_field_errors()[0]).startswith("This form has expired, or was sent before.")


@pytest.mark.parametrize("render", ["as_p", "as_div", "as_table", "as_ul"])
def test_the_stamp_is_in_the_form_however_it_is_shown(render: str) -> None:
    html = getattr(layered.Letter(), render)()
    fields = sent_by_a_browser(html)
    assert len(fields) == 4
    assert html.count(f'name="{Stamp.FIELD}"') == 1
    assert layered.Letter({**fields, **EMAIL}).is_valid()


def test_a_page_may_show_the_fields_one_by_one() -> None:
    one_by_one = "{% for field in form.hidden_fields %}{{ field }}{% endfor %}{{ form.email }}"
    for template in (one_by_one, "{{ form.stamp }}{{ form.email }}"):
        html = Template(template).render(Context({"form": layered.Letter()}))
        assert layered.Letter({**sent_by_a_browser(html), **EMAIL}).is_valid()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {Stamp.FIELD: ""},
        {Stamp.FIELD: 5},
        {Stamp.FIELD: ["a"]},
        {Stamp.FIELD: None},
        QueryDict("a=b"),
    ],
)
def test_nothing_is_validated_without_a_stamp(data: Any) -> None:
    form = layered.Letter(data)
    assert not form.is_valid()
    assert code(form) == "missing-stamp"
    assert form.cleaned_data == {}


@pytest.mark.parametrize("value", ["x" * 1_000_000, "a\x00b", "\ud800", "caf\u00e9"])
def test_a_strange_stamp_is_a_form_error(value: str) -> None:
    assert code(layered.Letter({**EMAIL, Stamp.FIELD: value})) == "unknown-stamp"
    data = {**shown(layered.Letter()), **EMAIL}
    assert code(layered.Letter({**data, baits(data)[0]: value})) == "honeypot"


def test_nothing_is_learnt_without_a_stamp() -> None:
    User.objects.create_user("taken", password="right")
    for data in ({"username": "taken"}, {"username": "free"}):
        assert code(layered.Account(data)) == "missing-stamp"
    for password in ("right", "wrong"):
        form = layered.LogIn(request(), data={"username": "taken", "password": password})
        assert code(form) == "missing-stamp"
        assert form.get_user() is None
    User.objects.all().delete()


def test_a_filled_honeypot_is_the_view_s_to_answer() -> None:
    data = {**shown(layered.Letter()), **EMAIL}
    for bait in baits(data):
        form = layered.Letter({**data, bait: "spam"})
        assert not form.is_valid()
        assert form.took_bait
        assert code(form) == "honeypot"
        left_out = layered.Letter({name: value for name, value in data.items() if name != bait})
        assert code(left_out) == "honeypot"
    form = layered.Letter(data)
    assert form.is_valid()
    assert not form.took_bait
    spent = layered.Letter(data)
    assert not spent.is_valid()
    assert not spent.took_bait


def test_every_field_counts_of_those_that_are_there_twice() -> None:
    data = {**shown(layered.Letter()), **EMAIL}
    for bait in baits(data):
        assert code(layered.Letter(QueryDict(urlencode([*data.items(), (bait, "spam")])))) == "honeypot"
        assert code(layered.Letter(QueryDict(urlencode([(bait, "spam"), *data.items()])))) == "honeypot"
    many = [(f"name-{number}", "x") for number in range(10_000)]
    with override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=None):
        assert layered.Letter(QueryDict(urlencode([*many, *data.items()]))).is_valid()


def test_a_form_of_another_class_is_another_form() -> None:
    assert code(layered.Letter(shown(layered.Account()))) == "unknown-stamp"

    class Renamed(layered.Letter):
        stamp_name = "letters"

    class Alike(layered.Letter):
        stamp_name = "letters"

    assert code(layered.Letter(shown(Renamed()))) == "unknown-stamp"
    assert Alike({**shown(Renamed()), **EMAIL}).is_valid()


def test_ages_are_the_class_s_own() -> None:
    data = {**shown(layered.Hasty()), **EMAIL}
    assert code(layered.Hasty(data)) == "too-early"

    class Slow(layered.Letter):
        greatest_age = 0.001

    data = {**shown(Slow()), **EMAIL}
    time.sleep(0.05)
    assert code(Slow(data)) == "expired-stamp"


def made_at(form: Any, data: dict[str, str]) -> Any:
    return site().forms._form(form.stamp_rules()).open(list(data.items())).made_at


def test_a_form_that_is_sent_back_goes_on_from_the_one_that_was_shown() -> None:
    first = shown(layered.Letter())
    wrong = layered.Letter({**first, "email": "no address"})
    assert set(wrong.errors) == {"email"}
    again = shown(wrong)
    assert again[Stamp.FIELD] != first[Stamp.FIELD]
    assert made_at(wrong, again) == made_at(wrong, first)
    assert layered.Letter({**again, **EMAIL}).is_valid()
    early = layered.Hasty({**(data := shown(layered.Hasty())), **EMAIL})
    assert made_at(early, shown(early)) == made_at(early, data)


def test_a_second_post_waits_as_the_first_did() -> None:
    data = {**shown(layered.Letter()), **EMAIL}
    time.sleep(0.01)
    done, spent = layered.Letter(data), layered.Letter(data)
    assert done.is_valid()
    assert code(spent) == "spent-stamp"
    for form in (done, spent, layered.Letter({})):
        assert made_at(form, shown(form)) > made_at(form, data)
        assert layered.Letter({**shown(form), **EMAIL}).is_valid()


def test_a_form_is_looked_at_once_however_often_it_is_asked() -> None:
    form = layered.Letter({**shown(layered.Letter()), **EMAIL})
    assert form.is_valid()
    form.full_clean()
    assert form.is_valid()
    assert form.errors == {}


def test_an_unbound_form_is_asked_nothing() -> None:
    form = layered.Letter()
    assert not form.is_valid()
    assert form.errors == {}
    assert not asyncio.run(form.ais_valid())


def test_an_early_form_spends_no_token(provider: Provider) -> None:
    class Early(layered.Guarded):
        least_age = 3600.0

    assert code(Early({**shown(Early()), **EMAIL, **TOKEN})) == "too-early"
    assert code(layered.Guarded({**EMAIL, **TOKEN})) == "missing-stamp"
    assert provider.asked == []
    data = {**shown(layered.Guarded()), **EMAIL}
    assert set(layered.Guarded(data).errors) == {"captcha"}
    data = {**shown(layered.Guarded()), **EMAIL, **TOKEN}
    form = layered.Guarded(data)
    assert form.is_valid(), form.errors
    assert set(form.cleaned_data) == {"email", "captcha"}
    assert len(provider.asked) == 1


def test_a_refused_token_sends_the_form_back_with_its_age(provider: Provider) -> None:
    provider.verification = {"success": False, "error-codes": ["timeout-or-duplicate"]}
    data = {**shown(layered.Guarded()), **EMAIL, **TOKEN}
    form = layered.Guarded(data)
    assert set(form.errors) == {"captcha"}
    assert made_at(form, shown(form)) == made_at(form, data)


def test_the_mixin_comes_first() -> None:
    with pytest.raises(TypeError, match="put StampedFormMixin before the form's own class"):
        type("Late", (forms.Form, StampedFormMixin), {})
    with pytest.raises(TypeError, match="put StampedFormMixin before CaptchaFormMixin"):
        type("Swapped", (CaptchaFormMixin, StampedFormMixin, forms.Form), {})


def test_a_field_of_that_name_is_no_accident() -> None:
    class Postage(StampedFormMixin, forms.Form):
        stamp = forms.CharField()

    with pytest.raises(TypeError, match="field stamp"):
        Postage()


def test_a_form_that_takes_the_request_by_itself_gets_it() -> None:
    User.objects.create_user("ada", password="right")
    asked = request()
    data = {**shown(layered.LogIn()), "username": "ada", "password": "right"}
    form = layered.LogIn(request=asked, data=data)
    assert form.request is asked
    assert form.is_valid(), form.errors
    assert form.get_user().username == "ada"
    wrong = layered.LogIn(asked, data={**shown(layered.LogIn()), "username": "ada", "password": "wrong"})
    assert wrong.errors.as_data()["__all__"][0].code == "invalid_login"
    User.objects.all().delete()


def test_a_model_s_form_is_saved() -> None:
    form = layered.Account({**shown(layered.Account()), "username": "ada"})
    assert form.is_valid(), form.errors
    assert form.save().username == "ada"
    User.objects.all().delete()


def test_a_prefix_is_that_of_the_other_fields() -> None:
    data = {**shown(layered.Letter(prefix="a")), "a-email": "ada@example.org"}
    assert layered.Letter(data, prefix="a").is_valid()


def test_a_form_may_have_initial_values_and_be_unchanged() -> None:
    form = layered.Letter({**shown(layered.Letter()), **EMAIL}, initial=EMAIL)
    assert not form.has_changed()
    assert form.is_valid()
    empty = layered.Letter({}, empty_permitted=True, use_required_attribute=False)
    assert code(empty) == "missing-stamp"


def test_the_forms_of_one_post_share_a_stamp_by_their_request() -> None:
    form_set = forms.formset_factory(layered.Letter, extra=2)
    data = {
        **sent_by_a_browser(form_set().as_div()),
        "form-0-email": "ada@example.org",
    }
    filled = form_set(data, form_kwargs={"request": request()})
    assert filled.is_valid(), filled.errors
    again = form_set(data, form_kwargs={"request": request()})
    assert not again.is_valid()


def test_a_site_may_take_the_field_out_for_some() -> None:
    form = layered.Letter(EMAIL)
    del form.fields["stamp"]
    assert form.is_valid()


def test_a_view_of_django_s_own_sends_the_form_back() -> None:
    client = Client()
    page = sent_by_a_browser(client.get("/letters").content.decode())
    back = client.post("/letters", {**page, "email": "no address"})
    assert b"valid email" in back.content
    again = sent_by_a_browser(back.content.decode())
    assert client.post("/letters", {**again, **EMAIL}).status_code == 302
    expired = client.post("/letters", {**again, **EMAIL})
    assert b"has expired, or was sent before" in expired.content
    assert (
        client.post("/letters", {**sent_by_a_browser(expired.content.decode()), **EMAIL}).status_code == 302
    )


def test_of_a_race_one_passes() -> None:
    client = Client()
    data = {**sent_by_a_browser(client.get("/letters").content.decode()), **EMAIL}
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: Client().post("/letters", data).status_code, range(32)))
    assert sorted(statuses) == [200] * 31 + [302]


def test_a_coroutine_s_form_is_awaited(provider: Provider) -> None:
    async def post(data: dict[str, str]) -> Any:
        return await AsyncClient().post("/letter-awaited", data)

    early = asyncio.run(post({**EMAIL, **TOKEN})).json()
    assert early["__all__"][0]["code"] == "missing-stamp"
    assert provider.asked == []
    data = {**shown(layered.Guarded()), **EMAIL, **TOKEN}
    assert asyncio.run(post(data)).status_code == 200
    assert asyncio.run(post(data)).json()["__all__"][0]["code"] == "spent-stamp"
    wrong = {**shown(layered.Guarded()), "email": "no address", "cf-turnstile-response": "another"}
    assert set(asyncio.run(post(wrong)).json()) == {"email"}
    assert website.RAN == ["letter_awaited POST"]


def test_a_decorator_and_a_form_may_look_at_one_stamp() -> None:
    class Same(layered.Letter):
        stamp_name = "both"

    @require_stamp("both", least_age=0)
    def view(request: Any) -> HttpResponse:
        return HttpResponse(str(Same(request.POST, request=request).is_valid()))

    sent = RequestFactory().post("/", {**shown(Same()), **EMAIL})
    assert view(sent).content == b"True"


def test_an_outage_is_a_form_error(layered_site: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    folder.mkdir()
    with override_settings(CATTLEGRID={**layered_site, "STORE": f"sqlite:{folder}/spent.sqlite3"}):
        data = {**shown(layered.Letter()), **EMAIL}
        shutil.rmtree(folder)
        form = layered.Letter(data)
        assert code(form) == "store-unavailable"
    assert str(form.non_field_errors()[0]).startswith("The form cannot be checked at the moment.")


def test_a_key_is_needed_and_named(layered_site: Settings) -> None:
    with (
        override_settings(CATTLEGRID={**layered_site, "SEAL_KEY": None}),
        pytest.raises(ConfigurationError, match="SEAL_KEY is missing"),
    ):
        layered.Letter().as_div()


def test_a_gate_s_own_secret_seals_its_stamps(gate: Settings) -> None:
    with override_settings(CATTLEGRID=gate):
        assert layered.Letter({**shown(layered.Letter()), **EMAIL}).is_valid()


def test_an_error_is_translated() -> None:
    with translation.override("de"):
        assert str(layered.Letter({}).non_field_errors()[0]).startswith("Dieses Formular ist abgelaufen")


def test_a_test_suite_may_do_without(layered_site: Settings) -> None:
    with override_settings(CATTLEGRID={**layered_site, "TESTING": True}), layers_pass():
        form = layered.Hasty(EMAIL)
        assert form.is_valid()
        assert json.dumps(form.cleaned_data)
        assert asyncio.run(layered.Letter(EMAIL).ais_valid())
