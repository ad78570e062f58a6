"""A site with an engine of its own: what it serves to its widget, and what a solved challenge is worth."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable

import pytest
import website
from django.contrib.staticfiles import finders
from django.test import Client, override_settings
from django.urls import resolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from website_support import SECRET, Settings

from cattlegrid.django import CaptchaField, CaptchaFormMixin
from cattlegrid.django.conf import captcha

pytestmark = pytest.mark.usefixtures("gate_site")

CHALLENGES = "/captcha/api/v1/challenges"
JSON = "application/json"


def issue(**more: Any) -> dict[str, Any]:
    wanted = {"sitekey": captcha().site_key, **more}
    answer = Client().post(CHALLENGES, wanted, content_type=JSON)
    assert answer.status_code == 201
    return dict(answer.json())


def give(key: str, answer: object, *, signals: object = None, **headers: str) -> Any:
    given = {"answer": answer, "signals": signals}
    return Client().post(f"{CHALLENGES}/{key}/answer", given, content_type=JSON, headers=headers)


def test_a_solved_challenge_is_worth_one_pass(gate: Settings, solve: Callable[..., str]) -> None:
    data = {"cattlegrid-response": solve(gate)}
    assert Client().post("/plain", data).json()["captcha"] == {"hostname": None, "decided": True}
    again = Client().post("/plain", data)
    assert (again.status_code, again.json()["error-codes"]) == (403, ["already-seen-response"])
    assert website.RAN == ["plain POST"]


def test_a_challenge_is_as_the_server_s() -> None:
    challenge = issue(kind="chars", locale="de")
    key = challenge["key"]
    assert challenge == {
        "key": key,
        "kind": "chars",
        "image_url": f"{CHALLENGES}/{key}/image",
        "audio_url": None,
        "expires_at": challenge["expires_at"],
    }
    expires = datetime.strptime(challenge["expires_at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    assert timedelta(minutes=4) < expires - datetime.now(timezone.utc) <= timedelta(minutes=5)


DRIVEN = {"time": 0, "used": ["pointer", "keys"], "edits": 6, "automated": True}


def test_the_score_is_that_of_how_the_answer_came(
    gate: Settings, answer_of: Callable[[str, str], str]
) -> None:
    def score(signals: object, address: str) -> float | None:
        key = issue()["key"]
        answer = answer_of(key, gate["SECRET_KEY"])
        token = give(key, answer, signals=signals, **{"X-Forwarded-For": address}).json()["token"]
        return captcha().check(token).score

    with override_settings(CATTLEGRID={**gate, "TRUSTED_PROXIES": ["127.0.0.1"]}):
        assert score(DRIVEN, "192.0.2.1") == 0.4
        assert score(None, "192.0.2.1") in (0.7, 0.9)
        for _ in range(8):
            give(issue()["key"], "wrong", **{"X-Forwarded-For": "192.0.2.1"})
        assert score(DRIVEN, "192.0.2.1") == pytest.approx(0.1)
        assert score(DRIVEN, "192.0.2.2") == 0.4


def test_signals_that_are_none_spend_nothing(gate: Settings, answer_of: Callable[[str, str], str]) -> None:
    key = issue()["key"]
    judged = give(key, answer_of(key, gate["SECRET_KEY"]), signals="a person")
    assert (judged.status_code, judged.json()["code"]) == (400, "bad-request")
    assert give(key, answer_of(key, gate["SECRET_KEY"])).json()["success"]


def test_a_low_score_is_refused_where_the_site_says_so(
    gate: Settings, answer_of: Callable[[str, str], str]
) -> None:
    with override_settings(CATTLEGRID={**gate, "MINIMUM_SCORE": 0.5}):
        for signals, status in [(DRIVEN, 403), (None, 200)]:
            key = issue()["key"]
            judged = give(key, answer_of(key, gate["SECRET_KEY"]), signals=signals).json()
            answer = Client().post("/plain", {"cattlegrid-response": judged["token"]})
            assert answer.status_code == status
            assert answer.json().get("error-codes", []) == ["score-too-low"] * (status == 403)


def test_a_picture_is_the_same_each_time_and_private() -> None:
    url = issue()["image_url"]
    first, second, large = (Client().get(url + scale) for scale in ("", "?scale=1", "?scale=2"))
    assert first.content == second.content
    assert first.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(large.content) > len(first.content)
    assert first["Content-Type"] == "image/png"
    assert first["Cache-Control"] == "private, max-age=300, immutable"


def test_a_wrong_answer_brings_a_fresh_challenge_for_the_same_action(
    gate: Settings, answer_of: Callable[[str, str], str]
) -> None:
    key = issue(action="sign-up")["key"]
    judged = give(key, "certainly not this").json()
    assert (judged["success"], judged["error-codes"]) == (False, ["wrong-answer"])
    fresh = judged["challenge"]["key"]
    assert give(key, answer_of(key, gate["SECRET_KEY"])).json()["error-codes"] == ["spent-key"]
    right = give(fresh, answer_of(fresh, gate["SECRET_KEY"]).upper()).json()
    assert right["success"]
    assert Client().post("/acting", {"cattlegrid-response": right["token"]}).status_code == 200


def test_an_action_must_be_the_view_s_own(gate: Settings, solve: Callable[..., str]) -> None:
    other = Client().post("/acting", {"cattlegrid-response": solve(gate, "contact")})
    assert (other.status_code, other.json()["error-codes"]) == (403, ["action-mismatch"])
    assert Client().post("/acting", {"cattlegrid-response": solve(gate)}).status_code == 403


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("{}", "text/plain", 415, "unsupported-media-type"),
        ("sitekey=x", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (" ", JSON, 400, "bad-request"),
        ("{", JSON, 400, "bad-request"),
        ("[]", JSON, 400, "bad-request"),
        ("{}", JSON, 400, "bad-request"),
        ('{"sitekey": 5}', JSON, 400, "bad-request"),
        ('{"sitekey": "another"}', JSON, 400, "unknown-site"),
        ('{"sitekey": "\\ud800"}', JSON, 400, "bad-request"),
        ('{"sitekey": KEY, "kind": 5}', JSON, 400, "bad-request"),
        ('{"sitekey": KEY, "kind": "math"}', JSON, 400, "kind-not-allowed"),
        ('{"sitekey": KEY, "action": "no action"}', JSON, 400, "bad-request"),
        ('{"sitekey": KEY, "action": "\\ud800"}', JSON, 400, "bad-request"),
        ('{"sitekey": KEY, "action": ["sign-up"]}', JSON, 400, "bad-request"),
        ("[" * 60_000, JSON, 400, "bad-request"),
        (" " * 70_000, JSON, 413, "body-too-large"),
        (" " * 8_000_000, JSON, 413, "body-too-large"),
    ],
)
def test_a_bad_request_is_a_problem(body: str, kind: str, status: int, code: str) -> None:
    answer = Client().post(CHALLENGES, body.replace("KEY", json.dumps(captcha().site_key)), content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


@pytest.mark.parametrize("key", ["x", "x" * 5000, "\u00e4", "%00", "\U0001f600", "AQ"])
def test_a_key_that_nobody_made_is_unknown(key: str) -> None:
    for answer in (Client().get(f"{CHALLENGES}/{key}/image"), give(key, "x")):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-key")


@pytest.mark.parametrize("scale", ["", "0", "3", "1.0", "two", "\u0661", "1" * 5000])
def test_a_scale_is_1_or_2(scale: str) -> None:
    assert Client().get(issue()["image_url"], {"scale": scale}).status_code == 400


@pytest.mark.parametrize("answer", ["", " ", "x" * 60_000, "\x00", "\U0001f600" * 1000])
def test_a_strange_answer_is_wrong(answer: str) -> None:
    judged = give(issue()["key"], answer)
    assert (judged.status_code, judged.json()["error-codes"]) == (200, ["wrong-answer"])


@pytest.mark.parametrize("answer", [None, 5, ["x"], {"x": "y"}, True, "\ud800"])
def test_an_answer_is_text(answer: object) -> None:
    judged = give(issue()["key"], answer)
    assert (judged.status_code, judged.json()["code"]) == (400, "bad-request")


def test_an_expired_challenge_is_gone(gate: Settings) -> None:
    import time

    with override_settings(CATTLEGRID={**gate, "CHALLENGE_TTL": 1}):
        challenge = issue()
        time.sleep(2.1)
        shown = Client().get(challenge["image_url"])
        assert (shown.status_code, shown.json()["code"]) == (410, "expired-key")
        judged = give(challenge["key"], "x").json()
        assert judged["error-codes"] == ["expired-key"]
        assert Client().get(judged["challenge"]["image_url"]).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "https://example.org"}, 200),
        ({"Origin": "https://www.example.org:8443"}, 200),
        ({"Referer": "https://example.org/sign-up?x"}, 200),
        ({"Origin": "https://example.com"}, 403),
        ({"Origin": "https://example.org.evil.example", "Referer": "https://example.org"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "nonsense"}, 403),
        ({"Origin": "https://[::1"}, 403),
        ({"Origin": "https://ex\u00e4mple.org"}, 403),
        ({"Origin": "https://" + "x" * 5000}, 403),
    ],
)
def test_a_page_is_one_of_the_site_s(
    gate: Settings, answer_of: Callable[[str, str], str], headers: dict[str, str], status: int
) -> None:
    with override_settings(CATTLEGRID={**gate, "HOSTNAMES": ["example.org", "*.example.org"]}):
        key = issue()["key"]
        judged = give(key, answer_of(key, gate["SECRET_KEY"]), **headers)
    assert judged.status_code == status
    assert judged.json().get("code") == ("wrong-site" if status == 403 else None)


def test_a_store_that_fails_closes_the_site(
    gate: Settings, tmp_path: Path, solve: Callable[..., str]
) -> None:
    token = solve(gate)
    folder = tmp_path / "mounted"
    folder.mkdir()
    with override_settings(CATTLEGRID={**gate, "STORE": f"sqlite:{folder}/spent.sqlite3"}):
        key = issue()["key"]
        shutil.rmtree(folder)
        judged = give(key, "x")
        assert (judged.status_code, judged.json()["code"]) == (503, "store-unavailable")
        assert judged["Retry-After"] == "1"
        passed = Client().post("/plain", {"cattlegrid-response": token})
        assert (passed.status_code, passed.json()["error-codes"]) == (503, ["store-unavailable"])
    assert website.RAN == []


def test_a_store_that_is_not_there_closes_the_site(gate: Settings, tmp_path: Path) -> None:
    with override_settings(CATTLEGRID={**gate, "STORE": f"sqlite:{tmp_path}/no/such/spent.sqlite3"}):
        for answer in (Client().post(CHALLENGES, {"sitekey": "x"}, content_type=JSON), give("x", "x")):
            assert (answer.status_code, answer.json()["code"]) == (503, "misconfigured")
        passed = Client().post("/plain", {"cattlegrid-response": "token"})
        assert (passed.status_code, passed.json()["error-codes"]) == (503, ["misconfigured"])
    assert website.RAN == []


def test_a_secret_can_be_replaced(gate: Settings, solve: Callable[..., str]) -> None:
    from cattlegrid import generate_secret

    token = solve(gate)
    with override_settings(CATTLEGRID={**gate, "SECRET_KEY": [generate_secret(), gate["SECRET_KEY"]]}):
        site_key = captcha().site_key
        assert Client().post("/plain", {"cattlegrid-response": token}).status_code == 200, site_key


def test_the_routes_take_their_methods_alone() -> None:
    assert Client().get(CHALLENGES).status_code == 405
    assert Client().post(issue()["image_url"]).status_code == 405
    assert Client().post("/captcha/widget.js").status_code == 405


def test_the_routes_need_no_cookie_and_no_login() -> None:
    middleware = ["django.middleware.csrf.CsrfViewMiddleware"]
    with override_settings(MIDDLEWARE=middleware):
        client = Client(enforce_csrf_checks=True)
        wanted = {"sitekey": captcha().site_key}
        assert client.post(CHALLENGES, wanted, content_type=JSON).status_code == 201
    for path in (CHALLENGES, f"{CHALLENGES}/key/image", f"{CHALLENGES}/key/answer", "/captcha/widget.js"):
        # Why: this is what Django's own middleware for sites behind a login looks at.
        assert resolve(path).func.login_required is False  # type: ignore[attr-defined]


def test_another_provider_s_site_has_no_such_routes() -> None:
    other = {
        "PROVIDER": "turnstile",
        "SITE_KEY": "site",
        "SECRET_KEY": SECRET,
        "STORE": "sqlite:spent.sqlite3",
    }
    with override_settings(CATTLEGRID=other):
        assert Client().post(CHALLENGES, {}, content_type=JSON).status_code == 404


def test_the_widget_comes_from_the_site() -> None:
    entry = Client().get("/captcha/widget.js")
    assert entry["Content-Type"] == "text/javascript; charset=utf-8"
    assert b"./widget/view.js" in entry.content
    assert Client().get("/captcha/widget/view.js").status_code == 200
    known = Client().get("/captcha/widget.js", headers={"If-None-Match": f'"other", W/{entry["ETag"]}'})
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize(
    "name",
    ["nothing.js", "tsconfig.json", "../widget.js", "..%2fwidget.js", "", ".", "types.d.ts", "x" * 5000],
)
def test_nothing_else_comes_from_the_site(name: str) -> None:
    assert Client().get(f"/captcha/widget/{name}").status_code == 404


def test_a_form_finds_its_widget_on_the_site() -> None:
    class Dark(CaptchaFormMixin, website.forms.Form):
        captcha = CaptchaField(action="sign-up")

    assert str(Dark()["captcha"]) == (
        f'<cattlegrid-captcha sitekey="{captcha().site_key}" action="sign-up" id="id_captcha">'
        "</cattlegrid-captcha>"
    )
    assert str(Dark().media) == '<script src="/captcha/widget.js" type="module"></script>'


def test_the_script_of_recaptcha_v3_is_a_static_file() -> None:
    assert finders.find("cattlegrid/recaptcha-v3.js")
    assert finders.find("cattlegrid/confirm.css")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(["chars", "math", "sign-up"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(wanted=st.dictionaries(st.sampled_from(["kind", "action", "locale", "x"]), ANYTHING) | ANYTHING)
def test_whatever_is_asked_has_an_answer(wanted: Any) -> None:
    body = {"sitekey": captcha().site_key, **wanted} if isinstance(wanted, dict) else wanted
    answer = Client().post(CHALLENGES, json.dumps(body), content_type=JSON)
    assert answer.status_code in (201, 400)
    assert ("code" in answer.json()) == (answer.status_code == 400)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(given_answer=ANYTHING, signals=ANYTHING, origin=st.text(st.characters(max_codepoint=255), max_size=50))
def test_whatever_is_answered_is_judged(given_answer: Any, signals: Any, origin: str) -> None:
    answer = give(issue()["key"], given_answer, signals=signals, Origin=origin)
    assert answer.status_code in (200, 400, 403)
    assert not answer.json().get("success")
