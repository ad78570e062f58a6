"""Under gunicorn, with processes and threads: made before the fork and after it, a token passes once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Barrier, Thread

import httpx
import pytest
from mail import MailServer, mail_server, parts_of, token_in
from pages import fields_of

from cattlegrid import generate_secret

HERE = Path(__file__).parent
TOKENS, AT_ONCE = 12, 8


@pytest.fixture
def secret() -> str:
    """The site's."""
    return generate_secret()


@pytest.fixture
def store(request: pytest.FixtureRequest, store_named: Callable[[str], str]) -> str:
    """What the processes share."""
    return store_named(request.param)


@pytest.fixture(params=[["--preload"], []], ids=["preload", "each worker by itself"])
def url(
    request: pytest.FixtureRequest,
    store: str,
    secret: str,
    under_gunicorn: Callable[..., AbstractContextManager[str]],
) -> Iterator[str]:
    """Where the site is served."""
    with under_gunicorn("served:app", HERE, *request.param, SITE_SECRET=secret, SITE_STORE=store) as url:
        yield url


@pytest.mark.parametrize("store", ["sqlite", "redis"], indirect=True)
def test_each_token_passes_once(url: str, secret: str, answer_of: Callable[[str, str], str]) -> None:
    outcomes: Counter[int] = Counter()
    processes: set[str] = set()
    with httpx.Client(base_url=url) as client, ThreadPoolExecutor(AT_ONCE) as threads:
        site_key = client.get("/site-key").text
        for _ in range(TOKENS):
            token = _earn(client, site_key, secret, answer_of)
            barrier = Barrier(AT_ONCE)

            def send(token: str = token, barrier: Barrier = barrier) -> httpx.Response:
                barrier.wait()
                return httpx.post(url, data={"cattlegrid-response": token})

            responses = [future.result() for future in [threads.submit(send) for _ in range(AT_ONCE)]]
            outcomes.update(response.status_code for response in responses)
            processes.update(response.text for response in responses if response.status_code == 200)
    assert outcomes == {200: TOKENS, 403: TOKENS * (AT_ONCE - 1)}
    assert len(processes) > 1


@pytest.mark.parametrize("store", ["redis"], indirect=True)
def test_each_form_is_taken_once_and_all_processes_count_together(url: str) -> None:
    outcomes: Counter[int] = Counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for _ in range(3):
            form = fields_of(httpx.get(f"{url}/form").text)
            barrier = Barrier(AT_ONCE)

            def send(form: dict[str, str] = form, barrier: Barrier = barrier) -> int:
                barrier.wait()
                return httpx.post(f"{url}/form", data=form).status_code

            outcomes.update(future.result() for future in [threads.submit(send) for _ in range(AT_ONCE)])
    assert outcomes[429] == 3 * AT_ONCE - 20
    assert outcomes[200] == 3
    assert sum(outcomes.values()) == 3 * AT_ONCE


def _earn(client: httpx.Client, site_key: str, secret: str, answer_of: Callable[[str, str], str]) -> str:
    challenges = "/captcha/api/v1/challenges"
    key = client.post(challenges, json={"sitekey": site_key}).json()["key"]
    assert client.get(f"{challenges}/{key}/image").headers["content-type"] == "image/png"
    token: str = client.post(f"{challenges}/{key}/answer", json={"answer": answer_of(key, secret)}).json()[
        "token"
    ]
    return token


def test_letters_are_sent_by_each_process_and_before_it_ends(
    under_gunicorn: Callable[..., AbstractContextManager[str]], secret: str, tmp_path: Path
) -> None:
    with mail_server() as post_office:
        environ = {
            "SITE_SECRET": secret,
            "SITE_STORE": f"sqlite:{tmp_path / 'spent.sqlite3'}",
            "SITE_MAIL": str(post_office.port),
        }
        with under_gunicorn("served_letters:app", HERE, "--preload", **environ) as url:
            post_office.open.clear()
            asked: dict[str, str] = {}
            while len(set(asked.values())) < 2:
                address = f"ada{len(asked)}@example.org"
                asked[address] = httpx.post(url, data={"email": address}).raise_for_status().text
            assert post_office.letters == []
            released = Thread(target=_release_when_it_ends, args=(post_office, url))
            released.start()
        released.join()
        links = {letter["To"]: token_in(parts_of(letter)["text/plain"]) for letter in post_office.letters}
        assert links.keys() == asked.keys()
        with under_gunicorn("served_letters:app", HERE, "--preload", **environ) as url:
            confirmed = {
                address: httpx.post(f"{url}/confirm", data={"token": token}).text
                for address, token in links.items()
            }
        assert confirmed == asked


def _release_when_it_ends(post_office: MailServer, url: str) -> None:
    """Has the mail server go on when the site takes no more requests."""
    try:
        while True:
            httpx.get(url)
    except httpx.TransportError:
        post_office.open.set()
