"""A site under gunicorn: processes and threads, made before the fork and after it."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Callable
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from website_support import Provider, Settings, sent_by_a_browser

FOLDER = Path(__file__).parent
ROUNDS = 10
POSTS = 64


@pytest.fixture(params=[["--preload"], []], ids=["preload", "each worker by itself"])
def website(
    request: pytest.FixtureRequest, under_gunicorn: Callable[..., AbstractContextManager[str]]
) -> Callable[..., AbstractContextManager[str]]:
    """Serves the site with these settings."""

    def serve(settings: Settings, urls: str = "website") -> AbstractContextManager[str]:
        environ = {"WEBSITE_CAPTCHA": json.dumps(settings), "WEBSITE_URLS": urls}
        return under_gunicorn("website_wsgi", FOLDER, *request.param, **environ)

    return serve


def post(url: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer."""
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def passes(url: str, body: dict[str, Any]) -> Counter[int]:
    """How often each status came when this was sent many times at once."""
    with ThreadPoolExecutor(POSTS) as pool:
        return Counter(status for status, _ in pool.map(lambda _: post(url, body), range(POSTS)))


def test_a_solved_challenge_passes_once(
    gate: Settings,
    answer_of: Callable[[str, str], str],
    website: Callable[..., AbstractContextManager[str]],
) -> None:
    from cattlegrid import Gate

    site_key = Gate(secret=gate["SECRET_KEY"], store=gate["STORE"]).site_key
    with website(gate) as site:
        challenges = f"{site}/captcha/api/v1/challenges"
        for _ in range(ROUNDS):
            status, challenge = post(challenges, {"sitekey": site_key})
            assert status == 201
            with urlopen(site + challenge["image_url"]) as image:
                assert image.read().startswith(b"\x89PNG")
            given = {"answer": answer_of(challenge["key"], gate["SECRET_KEY"])}
            _, judged = post(f"{challenges}/{challenge['key']}/answer", given)
            assert passes(f"{site}/plain", {"captcha": judged["token"]}) == {200: 1, 403: POSTS - 1}


def test_a_provider_s_token_passes_once(
    turnstile: Settings,
    provider: Provider,
    website: Callable[..., AbstractContextManager[str]],
) -> None:
    with website(turnstile) as site:
        for turn in range(ROUNDS):
            assert passes(f"{site}/plain", {"captcha": f"token-{turn}"}) == {200: 1, 403: POSTS - 1}
            assert passes(f"{site}/permitted", {"captcha": f"api-{turn}"}) == {200: 1, 403: POSTS - 1}
    assert provider.asked


def test_a_form_passes_once(turnstile: Settings, website: Callable[..., AbstractContextManager[str]]) -> None:
    with website(turnstile, urls="layered") as site:
        for _ in range(ROUNDS):
            with urlopen(f"{site}/page") as page:
                fields = sent_by_a_browser(page.read().decode())
            assert passes(f"{site}/plain", fields) == {200: 1, 403: POSTS - 1}
