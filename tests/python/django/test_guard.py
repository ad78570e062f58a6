"""`require_captcha`: the view runs for requests whose token passes, and for no others."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import website
from django.test import AsyncClient, Client, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from website_support import Provider, Settings

from cattlegrid.django.conf import captcha

pytestmark = pytest.mark.usefixtures("site")


VIEWS = ["plain", "awaited", "classed", "classed-awaited", "permitted"]
METHODS = ["post", "put", "patch", "delete"]
FORM = "application/x-www-form-urlencoded"


def send(path: str, token: str | None, method: str = "post", **more: Any) -> Any:
    body = "" if token is None else f"cf-turnstile-response={token}"
    return getattr(Client(), method)(f"/{path}", body, content_type=FORM, **more)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_that_changes_something_is_checked(provider: Provider, view: str, method: str) -> None:
    assert send(view, None, method).status_code == 400
    assert website.RAN == []
    assert send(view, f"token-{method}", method).json()["captcha"] == {
        "hostname": "example.org",
        "decided": True,
    }
    assert [f"{view.replace('-', '_')} {method.upper()}"] == website.RAN
    assert [question["response"] for question in provider.asked] == [f"token-{method}"]


@pytest.mark.parametrize("view", ["plain", "awaited"])
def test_a_method_that_nobody_knows_is_checked(view: str) -> None:
    assert Client().generic("LINK", f"/{view}").status_code == 400
    assert Client().generic("post", f"/{view}").status_code == 400
    assert website.RAN == []


@pytest.mark.parametrize("view", VIEWS)
def test_reading_needs_no_token(provider: Provider, view: str) -> None:
    assert Client().get(f"/{view}").status_code == 200
    assert Client().options(f"/{view}").status_code == 200
    assert provider.asked == []


@pytest.mark.parametrize("view", VIEWS)
def test_a_token_may_come_in_a_header_or_in_json(provider: Provider, view: str) -> None:
    client = Client()
    assert client.delete(f"/{view}", headers={"X-Captcha-Response": "one"}).status_code == 200
    assert client.put(f"/{view}", {"captcha": "two"}, content_type="application/json").status_code == 200
    named = {"cf-turnstile-response": "three"}
    assert client.post(f"/{view}", named, content_type="application/json; charset=utf-8").status_code == 200
    assert client.post(f"/{view}", {"cf-turnstile-response": "four"}).status_code == 200
    assert [question["response"] for question in provider.asked] == ["one", "two", "three", "four"]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", FORM),
        ("cf-turnstile-response=", FORM),
        ("cf-turnstile-response=%20", FORM),
        ("cf-turnstile-response=a&cf-turnstile-response=b", FORM),
        ("cf-turnstile-response=a&cf-turnstile-response=a", FORM),
        ("h-captcha-response=a", FORM),
        ("a=" + "&a=".join("x" * 10), FORM),
        ('{"captcha": ["a"]}', "application/json"),
        ('{"captcha": {"a": "b"}}', "application/json"),
        ('{"captcha": 5}', "application/json"),
        ('{"captcha": null}', "application/json"),
        ('{"captcha": true}', "application/json"),
        ('["captcha"]', "application/json"),
        ('"captcha"', "application/json"),
    ],
)
def test_what_is_no_token_is_a_missing_one(provider: Provider, view: str, body: str, kind: str) -> None:
    answer = Client().post(f"/{view}", body, content_type=kind)
    assert (answer.status_code, answer.json()["error-codes"]) == (400, ["missing-input-response"])
    assert website.RAN == []
    assert provider.asked == []


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "token", ["x" * 1_000_000, "a\x00b", "a\nb", "caf\u00e9", "\ud800", "\U0001f600" * 1000, "\u202e"]
)
def test_what_no_provider_issues_is_refused_unasked(provider: Provider, view: str, token: str) -> None:
    answer = Client().post(f"/{view}", json.dumps({"captcha": token}), content_type="application/json")
    assert (answer.status_code, answer.json()["error-codes"]) == (403, ["invalid-input-response"])
    assert website.RAN == []
    assert provider.asked == []


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 200_000, b'{"captcha": 1e999}', b"\x00" * 1000])
def test_a_body_that_cannot_be_read_lets_nobody_through(view: str, body: bytes) -> None:
    assert Client().post(f"/{view}", body, content_type="application/json").status_code == 400
    assert website.RAN == []


@pytest.mark.parametrize("view", VIEWS)
def test_a_body_that_is_too_large_is_a_bad_request(view: str) -> None:
    body = json.dumps({"captcha": "x" * 3_000_000})
    assert Client().post(f"/{view}", body, content_type="application/json").status_code in (400, 403, 413)
    assert website.RAN == []


@pytest.mark.parametrize("view", VIEWS)
def test_a_refusal_has_the_codes_of_the_provider(provider: Provider, view: str) -> None:
    provider.verification = {"success": False, "error-codes": ["timeout-or-duplicate"]}
    answer = send(view, "token")
    assert (answer.status_code, answer.json()["error-codes"]) == (403, ["timeout-or-duplicate"])
    assert website.RAN == []


@pytest.mark.parametrize("view", VIEWS)
def test_a_token_passes_once_whatever_the_provider_says(view: str) -> None:
    assert send(view, "token").status_code == 200
    again = send(view, "token")
    assert (again.status_code, again.json()["error-codes"]) == (403, ["already-seen-response"])
    assert len(website.RAN) == 1


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "reply",
    [
        (500, {"Content-Type": "text/plain"}, b"oops"),
        (200, {"Content-Type": "text/html"}, b"<html>success</html>"),
        (302, {"Location": "/elsewhere"}, b""),
        (200, {"Content-Type": "application/json"}, b""),
        (200, {"Content-Type": "application/json"}, b'{"success": "true"}'),
        (200, {"Content-Type": "application/json"}, b'{"success": 1}'),
        (200, {"Content-Type": "application/json"}, b"[true]"),
    ],
)
@pytest.mark.parametrize("when_unreachable", ["refuse", "allow"])
def test_a_provider_that_answers_nonsense_lets_nobody_through(
    turnstile: Settings, provider: Provider, view: str, reply: Any, when_unreachable: str
) -> None:
    provider.reply = reply
    with override_settings(CATTLEGRID={**turnstile, "WHEN_UNREACHABLE": when_unreachable}):
        answer = send(view, "token")
    assert (answer.status_code, answer.json()["error-codes"]) == (503, ["provider-broken"])
    assert answer["Retry-After"] == "1"
    assert website.RAN == []


@pytest.mark.parametrize("view", VIEWS)
def test_an_outage_closes_the_site(provider: Provider, view: str) -> None:
    provider.stop()
    answer = send(view, "token")
    assert (answer.status_code, answer.json()["error-codes"]) == (503, ["provider-unreachable"])
    assert website.RAN == []


@pytest.mark.parametrize("view", VIEWS)
def test_an_outage_opens_a_site_that_says_so_but_once_a_token(
    turnstile: Settings, provider: Provider, view: str, caplog: pytest.LogCaptureFixture
) -> None:
    provider.stop()
    with override_settings(CATTLEGRID={**turnstile, "WHEN_UNREACHABLE": "allow"}):
        assert send(view, "token").json()["captcha"] == {"hostname": None, "decided": False}
        assert [record.levelname for record in caplog.records if record.name == "cattlegrid"] == ["WARNING"]
        assert send(view, None).status_code == 400
        again = send(view, "token")
    assert (again.status_code, again.json()["error-codes"]) == (403, ["already-seen-response"])
    assert len(website.RAN) == 1
    assert "token-" not in caplog.text


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("when_unreachable", ["refuse", "allow"])
def test_a_store_that_fails_closes_the_site(
    turnstile: Settings, tmp_path: Path, view: str, when_unreachable: str
) -> None:
    folder = tmp_path / "mounted"
    folder.mkdir()
    lost = {"STORE": f"sqlite:{folder}/spent.sqlite3", "WHEN_UNREACHABLE": when_unreachable}
    with override_settings(CATTLEGRID={**turnstile, **lost}):
        captcha().prepare()
        shutil.rmtree(folder)
        answer = send(view, "token")
    assert (answer.status_code, answer.json()["error-codes"]) == (503, ["store-unavailable"])
    assert website.RAN == []


@pytest.mark.parametrize("view", VIEWS)
def test_settings_that_cannot_be_used_close_the_site(
    turnstile: Settings, tmp_path: Path, view: str, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(CATTLEGRID={**turnstile, "STORE": f"sqlite:{tmp_path}/no/such/spent.sqlite3"}):
        answer = send(view, "token")
    assert (answer.status_code, answer.json()["error-codes"]) == (503, ["misconfigured"])
    assert "`store`: cannot write" in caplog.text
    assert website.RAN == []


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml,*/*;q=0.8"])
def test_a_browser_gets_text(accept: str) -> None:
    answer = Client().post("/plain", headers={"Accept": accept})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    assert answer.content == b"Please solve the CAPTCHA."


def test_the_action_is_the_view_s_own(provider: Provider) -> None:
    provider.verification = {"success": True, "action": "contact"}
    answer = send("acting", "one")
    assert (answer.status_code, answer.json()["error-codes"]) == (403, ["action-mismatch"])
    provider.verification = {"success": True, "action": "sign-up"}
    assert send("acting", "two").status_code == 200
    assert website.RAN == ["acting POST"]


def test_keys_that_the_provider_refuses_are_the_operator_s_to_know(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.verification = {"success": False, "error-codes": ["invalid-input-secret"]}
    assert send("plain", "token").status_code == 403
    assert "refuses this site's SITE_KEY or SECRET_KEY: invalid-input-secret" in caplog.text


@pytest.mark.parametrize("view", VIEWS)
def test_a_forged_address_changes_nothing(provider: Provider, view: str) -> None:
    forged = {"X-Forwarded-For": "198.51.100.1", "Forwarded": "for=198.51.100.1", "X-Real-Ip": "198.51.100.1"}
    assert send(view, "token", headers=forged).status_code == 200
    assert provider.asked[0]["remoteip"] == "127.0.0.1"


@pytest.mark.parametrize("view", VIEWS)
def test_a_trusted_proxy_is_believed(turnstile: Settings, provider: Provider, view: str) -> None:
    with override_settings(CATTLEGRID={**turnstile, "TRUSTED_PROXIES": ["127.0.0.0/8", "10.0.0.0/8"]}):
        forwarded = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7, 10.0.0.3"}
        assert send(view, "token", headers=forwarded).status_code == 200
    assert provider.asked[0]["remoteip"] == "203.0.113.7"


@pytest.mark.parametrize("address", ["", "garbage", "\x00", "x" * 100_000])
def test_a_strange_socket_is_nobody_s(provider: Provider, address: str) -> None:
    assert send("plain", "token", REMOTE_ADDR=address).status_code == 200
    assert "remoteip" not in provider.asked[0]


@pytest.mark.parametrize("view", ["awaited", "classed-awaited", "plain"])
def test_views_are_checked_under_asgi(view: str) -> None:
    async def post(**form: str) -> int:
        return (await AsyncClient().post(f"/{view}", form)).status_code

    assert asyncio.run(post()) == 400
    assert asyncio.run(post(**{"cf-turnstile-response": "token"})) == 200
    assert asyncio.run(post(**{"cf-turnstile-response": "token"})) == 403
    assert len(website.RAN) == 1


def test_a_view_that_waits_for_the_provider_holds_up_no_other(provider: Provider) -> None:
    client = AsyncClient()

    async def visit() -> list[int]:
        provider.delay.clear()
        waiting = asyncio.create_task(client.post("/awaited", {"cf-turnstile-response": "token"}))
        while not provider.asked:
            await asyncio.sleep(0.01)
        reading = await client.get("/awaited")
        assert not waiting.done()
        provider.delay.set()
        return [reading.status_code, (await waiting).status_code]

    assert asyncio.run(visit()) == [200, 200]


def test_middleware_sees_the_answer_and_no_exception() -> None:
    seen: list[object] = []

    def watch(get_response: Any) -> Any:
        def middleware(request: Any) -> Any:
            response = get_response(request)
            seen.append(response.status_code)
            return response

        return middleware

    website.watch = watch  # type: ignore[attr-defined]
    with override_settings(MIDDLEWARE=["website.watch"]):
        assert send("plain", None).status_code == 400
        assert send("permitted", None).status_code == 400
    assert seen == [400, 400]


def is_none(token: str) -> bool:
    """Whether no provider would issue this."""
    return not (token.isascii() and token.isprintable() and " " not in token and token)


KINDS = st.sampled_from(
    ["application/json", FORM, "multipart/form-data; boundary=x", "text/plain", "", "\x00", "x/y;="]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    view=st.sampled_from(VIEWS),
    method=st.sampled_from(METHODS),
    kind=KINDS,
    body=st.binary(max_size=200)
    | st.sampled_from([b'{"captcha":', b"--x\r\n", b"cf-turnstile-response=%ff%00"]),
)
def test_no_body_is_more_than_a_client_error(view: str, method: str, kind: str, body: bytes) -> None:
    answer = Client().generic(method.upper(), f"/{view}", body, content_type=kind)
    assert 400 <= answer.status_code < 500
    assert website.RAN == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(view=st.sampled_from(VIEWS), token=st.text(st.characters(max_codepoint=255)).filter(is_none))
def test_no_header_is_more_than_a_client_error(view: str, token: str) -> None:
    answer = Client().delete(f"/{view}", headers={"X-Captcha-Response": token})
    assert answer.status_code in (400, 403)
    assert website.RAN == []
