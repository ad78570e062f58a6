"""`require_stamp` and `{% stamp %}`: the view runs for a form that was shown, once, at a good age."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import website
from django.template import Context, Template
from django.test import AsyncClient, Client, RequestFactory, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from website_support import Provider, Settings, sent_by_a_browser

from cattlegrid import Stamp, generate_secret
from cattlegrid._site.stamped import Rules
from cattlegrid.django import markup
from cattlegrid.django.conf import site
from cattlegrid.testing import layers_pass

pytestmark = pytest.mark.usefixtures("layered_site")

VIEWS = ["plain", "awaited", "classed", "classed-awaited", "outside", "inside", "resting"]
METHODS = ["post", "put", "patch", "delete"]
READERS = ["plain", "awaited", "resting"]
"""Those that read what comes in a way of their own."""
FORM = "application/x-www-form-urlencoded"


def stamped(name: str = "contact") -> dict[str, str]:
    """What a browser sends of a form with this stamp."""
    return sent_by_a_browser(site().forms.stamp(Rules(name)).__html__())


def urlencoded(fields: Any) -> bytes:
    return urlencode(fields).encode()


def send(view: str, fields: Any, method: str = "post", **more: Any) -> Any:
    return getattr(Client(), method)(f"/{view}", urlencoded(fields), content_type=FORM, **more)


def refusal(answer: Any) -> tuple[int, list[str]]:
    return answer.status_code, answer.json()["error-codes"]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_that_changes_something_needs_a_stamp(view: str, method: str) -> None:
    assert refusal(send(view, {}, method)) == (400, ["missing-stamp"])
    assert website.RAN == []
    assert send(view, stamped(), method).status_code == 200
    assert len(website.RAN) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_whoever_only_reads_needs_none(view: str) -> None:
    assert Client().get(f"/{view}").status_code == 200


@pytest.mark.parametrize("view", VIEWS)
def test_a_stamp_passes_once(view: str) -> None:
    fields = stamped()
    assert send(view, fields).status_code == 200
    assert refusal(send(view, fields)) == (403, ["spent-stamp"])
    assert len(website.RAN) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_a_program_may_send_json(view: str) -> None:
    def send(body: Any) -> Any:
        return Client().post(f"/{view}", body, content_type="application/json")

    assert send({**stamped(), "text": "hello", "more": [1, {"a": 2}]}).status_code == 200
    fields = stamped()
    bait = next(name for name in fields if name != Stamp.FIELD)
    assert refusal(send({**fields, bait: "spam"})) == (403, ["honeypot"])
    assert refusal(send({"text": "hello"})) == (400, ["missing-stamp"])
    assert refusal(send([fields])) == (400, ["missing-stamp"])
    assert len(website.RAN) == 1


@pytest.mark.parametrize("view", ["outside", "inside", "resting"])
@pytest.mark.parametrize("kind", ["application/json", FORM])
def test_an_api_reads_its_data_after_the_check(view: str, kind: str) -> None:
    fields = {**stamped(), "text": "hello"}
    body = json.dumps(fields) if kind != FORM else urlencoded(fields)
    answer = Client().post(f"/{view}", body, content_type=kind)
    assert answer.json()["text"] == "hello"


@pytest.mark.parametrize("view", VIEWS)
def test_a_form_in_parts_is_read_too(view: str) -> None:
    assert Client().post(f"/{view}", stamped()).status_code == 200
    assert refusal(Client().post(f"/{view}", {"text": "hello"})) == (400, ["missing-stamp"])


@pytest.mark.parametrize("view", READERS)
@pytest.mark.parametrize("value", ["x", " ", "\x00", "\u00e9"])
def test_a_filled_honeypot_is_refused(view: str, value: str) -> None:
    fields = stamped()
    for bait in [name for name in fields if name != Stamp.FIELD]:
        assert refusal(send(view, {**fields, bait: value})) == (403, ["honeypot"])
        left_out = {name: text for name, text in fields.items() if name != bait}
        assert refusal(send(view, left_out)) == (403, ["honeypot"])
        assert refusal(send(view, [*fields.items(), (bait, value)])) == (403, ["honeypot"])
    assert website.RAN == []
    assert send(view, fields).status_code == 200, "nothing of that has spent the stamp"


def test_a_filled_honeypot_may_be_answered_as_if_all_were_well() -> None:
    fields = stamped()
    bait = next(name for name in fields if name != Stamp.FIELD)
    caught = send("pretending", {**fields, bait: "spam"})
    assert (caught.status_code, caught.content) == (200, b"Thank you!")
    assert website.RAN == []
    assert refusal(send("pretending", {})) == (400, ["missing-stamp"])
    assert send("pretending", fields).content == b"Thank you!"
    assert website.RAN == ["pretending POST"]


@pytest.mark.parametrize("view", READERS)
def test_a_stamp_is_of_one_form_of_one_site(layered_site: Settings, view: str) -> None:
    assert refusal(send(view, stamped("sign-up"))) == (403, ["unknown-stamp"])
    for other in ({"SITE_NAME": "other"}, {"SEAL_KEY": generate_secret()}):
        with override_settings(CATTLEGRID={**layered_site, **other}):
            foreign = stamped()
        assert refusal(send(view, foreign)) == (403, ["unknown-stamp"])
    assert website.RAN == []


def test_of_several_keys_all_open(layered_site: Settings) -> None:
    old = stamped()
    with override_settings(
        CATTLEGRID={**layered_site, "SEAL_KEY": [generate_secret(), layered_site["SEAL_KEY"]]}
    ):
        assert send("plain", old).status_code == 200
        assert send("plain", stamped()).status_code == 200


def test_too_early_spends_nothing() -> None:
    fields = stamped("early")
    for _ in range(2):
        assert refusal(send("early", fields)) == (403, ["too-early"])
    assert website.RAN == []


def test_too_late_is_too_late() -> None:
    fields = stamped("late")
    time.sleep(0.05)
    assert refusal(send("late", fields)) == (403, ["expired-stamp"])
    assert website.RAN == []


@pytest.mark.parametrize("view", READERS)
@pytest.mark.parametrize(
    "value", ["", "x", "x" * 100_000, "\x00", "\u00e9", "=", "caf\u00e9\u2028", "A" * 500]
)
def test_a_forged_stamp_is_none(view: str, value: str) -> None:
    status, (code,) = refusal(send(view, {**stamped(), Stamp.FIELD: value}))
    assert (status, code) in {(400, "missing-stamp"), (403, "unknown-stamp")}
    assert website.RAN == []


@pytest.mark.parametrize("view", READERS)
def test_of_two_stamps_the_first_counts_with_its_own_honeypot(view: str) -> None:
    one, two = stamped(), stamped()
    assert send(view, [*one.items(), *two.items()]).status_code == 200
    assert refusal(send(view, one)) == (403, ["spent-stamp"])
    swapped = [(Stamp.FIELD, stamped()[Stamp.FIELD]), *two.items()]
    assert refusal(send(view, swapped)) == (403, ["honeypot"])


@pytest.mark.parametrize("view", READERS)
@pytest.mark.parametrize("kind", [FORM, "application/json"])
def test_ten_thousand_fields_are_a_client_s_error(view: str, kind: str) -> None:
    fields = {**{f"name-{number}": "x" for number in range(10_000)}, **stamped()}
    body = json.dumps(fields) if kind != FORM else urlencoded(fields)
    assert Client().post(f"/{view}", body, content_type=kind).status_code == 400
    assert Client().post(f"/{view}", fields).status_code == 400
    assert website.RAN == []


@pytest.mark.parametrize("view", READERS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (f"{FORM}; charset=utf-16", b"\xff\xfea\x00=\x001\x00"),
        (f"{FORM}; charset=utf-7", b"cattlegrid-stamp=%2B2AA-&a=%2B2AA-"),
        (f"{FORM}; charset=nonsense", b"cattlegrid-stamp=a"),
        (FORM, b"cattlegrid-stamp=%ff%fe&%ff=%00"),
        (
            "multipart/form-data; boundary=x; charset=utf-7",
            b'--x\r\nContent-Disposition: form-data; name="cattlegrid-stamp"\r\n\r\n+2AA-\r\n--x--\r\n',
        ),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'),
        ("application/json; charset=latin-1", b'{"cattlegrid-stamp": "\xe9"}'),
        ("application/json", b'{"cattlegrid-stamp": "\\ud800"}'),
        ("application/json", b'{"cattlegrid-stamp": 5}'),
        ("application/json", b'{"cattlegrid-stamp": "a"'),
        ("application/json", b"[" * 100_000),
        ("application/json", '{"a": "b"}'.encode("utf-16")),
        ("text/plain", b"cattlegrid-stamp=a"),
    ],
)
def test_what_nobody_can_read_is_a_client_s_error(view: str, kind: str, body: bytes) -> None:
    answer = Client().generic("POST", f"/{view}", body, content_type=kind)
    assert 400 <= answer.status_code < 500
    assert website.RAN == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    view=st.sampled_from(VIEWS),
    method=st.sampled_from(METHODS),
    kind=st.sampled_from(["application/json", FORM, "multipart/form-data; boundary=x", "", "\x00", "x/y;="]),
    body=st.binary(max_size=200) | st.sampled_from([b'{"cattlegrid-stamp":', b"--x\r\n"]),
)
def test_no_body_is_more_than_a_client_s_error(view: str, method: str, kind: str, body: bytes) -> None:
    answer = Client().generic(method.upper(), f"/{view}", body, content_type=kind)
    assert 400 <= answer.status_code < 500
    assert website.RAN == []


@pytest.mark.parametrize("view", ["plain", "awaited"])
def test_of_a_race_one_passes(view: str) -> None:
    for _ in range(5):
        fields = stamped()
        with ThreadPoolExecutor(16) as pool:
            statuses = Counter(pool.map(lambda _, sent=fields: send(view, sent).status_code, range(32)))
        assert statuses == {200: 1, 403: 31}


def test_views_are_checked_under_asgi() -> None:
    async def race() -> Counter[int]:
        fields = stamped()
        client = AsyncClient()
        answers = await asyncio.gather(*(client.post("/awaited", fields) for _ in range(16)))
        return Counter(answer.status_code for answer in answers)

    assert asyncio.run(race()) == {200: 1, 403: 15}
    assert website.RAN == ["awaited POST"]


def test_a_store_that_fails_closes_the_form(
    layered_site: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "mounted"
    folder.mkdir()
    with override_settings(CATTLEGRID={**layered_site, "STORE": f"sqlite:{folder}/spent.sqlite3"}):
        fields = stamped()
        shutil.rmtree(folder)
        answer = send("plain", fields)
    assert refusal(answer) == (503, ["store-unavailable"])
    assert answer["Retry-After"] == "1"
    assert website.RAN == []
    assert "store-unavailable" in caplog.text
    assert fields[Stamp.FIELD] not in caplog.text


def test_the_stamp_comes_before_the_captcha(provider: Provider) -> None:
    token = {"cf-turnstile-response": "token"}
    assert refusal(send("both", token)) == (400, ["missing-stamp"])
    assert provider.asked == []
    assert refusal(send("both", stamped())) == (400, ["missing-input-response"])
    assert send("both", {**stamped(), **token}).status_code == 200


def test_a_browser_gets_text() -> None:
    answer = send("early", stamped("early"), headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer["Content-Type"]) == (403, "text/plain; charset=utf-8")
    assert answer.content == b"That was too fast for us. Please wait a moment, and send the form again."
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("view", VIEWS)
def test_no_cache_keeps_a_form(view: str) -> None:
    assert "no-store" in Client().get(f"/{view}")["Cache-Control"]


def test_a_form_that_is_sent_back_goes_on_from_the_one_that_was_shown() -> None:
    shown = sent_by_a_browser(Client().get("/page").content.decode())
    time.sleep(0.01)
    back = Client().post("/page", shown)
    again = sent_by_a_browser(back.content.decode())
    assert again[Stamp.FIELD] != shown[Stamp.FIELD]
    form = site().forms._form(Rules("contact"))
    assert form.open(list(again.items())).made_at == form.open(list(shown.items())).made_at
    assert Client().post("/page", again).status_code == 200
    assert Client().post("/page", shown).status_code == 403


def test_a_stamp_differs_from_form_to_form() -> None:
    template = Template('{% load cattlegrid %}{% stamp "contact" %}')
    one, two = (sent_by_a_browser(template.render(Context())) for _ in range(2))
    assert set(one) & set(two) == {Stamp.FIELD}
    assert len(one) == 3
    assert all(value == "" for name, value in one.items() if name != Stamp.FIELD)


def test_jinja2_has_it_too() -> None:
    from jinja2 import Environment

    environment = Environment(autoescape=True)
    environment.globals["stamp"] = markup.stamp
    html = environment.from_string('{{ stamp("contact", request) }}').render(
        request=RequestFactory().get("/")
    )
    assert send("plain", sent_by_a_browser(html)).status_code == 200


def test_a_test_suite_may_do_without(layered_site: Settings) -> None:
    with override_settings(CATTLEGRID={**layered_site, "TESTING": True}), layers_pass():
        assert send("early", {}).status_code == 200
        assert send("awaited", {Stamp.FIELD: "nonsense"}).status_code == 200
    assert send("early", {}).status_code == 400
