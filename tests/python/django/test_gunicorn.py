"""A site under gunicorn: processes and threads, made before the fork and after it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from conftest import Provider, Settings

FOLDER = Path(__file__).parent
ROUNDS = 10
POSTS = 64


@contextmanager
def served(settings: Settings, *options: str) -> Iterator[str]:
    """The site's address, while two workers of four threads each serve it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "gunicorn", "--bind", address, "--workers=2", "--threads=4", *options]
    environ = {**os.environ, "WEBSITE": json.dumps({"captcha": settings})}
    server = subprocess.Popen([*command, "website:application"], cwd=FOLDER, env=environ)
    try:
        wait_for(f"http://{address}/plain", server)
        yield f"http://{address}"
    finally:
        server.terminate()
        assert server.wait(30) == 0


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Until somebody answers."""
    for _ in range(600):
        assert server.poll() is None, "gunicorn has ended"
        try:
            urlopen(url).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("gunicorn does not answer")


def post(url: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer."""
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def passes(url: str, name: str, token: str) -> Counter[int]:
    """How often each status came when a token was sent many times at once."""
    with ThreadPoolExecutor(POSTS) as pool:
        return Counter(status for status, _ in pool.map(lambda _: post(url, {name: token}), range(POSTS)))


@pytest.mark.parametrize("options", [(), ("--preload",)])
def test_a_solved_challenge_passes_once(
    gate: Settings, answer_of: Callable[[str, str], str], options: tuple[str, ...]
) -> None:
    from cattlegrid import Gate

    site_key = Gate(secret=gate["SECRET_KEY"], store=gate["STORE"]).site_key
    with served(gate, *options) as site:
        challenges = f"{site}/captcha/api/v1/challenges"
        for _ in range(ROUNDS):
            status, challenge = post(challenges, {"sitekey": site_key})
            assert status == 201
            with urlopen(site + challenge["image_url"]) as image:
                assert image.read().startswith(b"\x89PNG")
            given = {"answer": answer_of(challenge["key"], gate["SECRET_KEY"])}
            _, judged = post(f"{challenges}/{challenge['key']}/answer", given)
            assert passes(f"{site}/plain", "captcha", judged["token"]) == {200: 1, 403: POSTS - 1}


@pytest.mark.parametrize("options", [(), ("--preload",)])
def test_a_provider_s_token_passes_once(
    turnstile: Settings, provider: Provider, options: tuple[str, ...]
) -> None:
    with served(turnstile, *options) as site:
        for turn in range(ROUNDS):
            assert passes(f"{site}/plain", "captcha", f"token-{turn}") == {200: 1, 403: POSTS - 1}
            assert passes(f"{site}/permitted", "captcha", f"api-{turn}") == {200: 1, 403: POSTS - 1}
    assert provider.asked
