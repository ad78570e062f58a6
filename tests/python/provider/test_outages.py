"""Providers that do not answer, or with what is no answer: never an unknown error, never a pass."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Callable

import pytest

from cattlegrid import Unavailable, Verifier

from .stand_in import Provider, Question, says

Make = Callable[..., Verifier]


def redirect(question: Question) -> None:
    question.reply(307, b'{"success": true}', Location=question.server.provider.url)


def hang_up(question: Question) -> None:
    question.close_connection = True


def hang_up_midway(question: Question) -> None:
    question.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"success": true')
    question.close_connection = True


def for_ever(question: Question) -> None:
    question.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n{")
    while True:
        question.wfile.write(b" " * 1024)


BROKEN: dict[str, Callable[[Question], None]] = {
    "html": lambda question: question.reply(200, b"<!doctype html><title>Just a moment</title>"),
    "nothing": lambda question: question.reply(200, b""),
    "half": lambda question: question.reply(200, b'{"success": tr'),
    "a list": says([True]),
    "a text": says({"success": "true"}),
    "no success": says({"hostname": "example.org"}),
    "codes that are none": says({"success": False, "error-codes": {"a": 1}}),
    "a host that is none": says({"success": True, "hostname": 7}),
    "a redirect": redirect,
    "a 404": lambda question: question.reply(404, b'{"success": true}'),
    "a 500": lambda question: question.reply(500, b'{"success": true}'),
    "too much": lambda question: question.reply(200, b'{"success": true}' + b" " * 65_536),
    "no end": for_ever,
    "its own failure": says({"success": False, "error-codes": ["internal-error"]}),
}


def code(verifier: Verifier) -> str:
    """Why nobody could decide: the same for both ways to ask."""

    async def ask() -> None:
        await verifier.verify_async("token")

    with pytest.raises(Unavailable) as asked:
        verifier.verify("token")
    with pytest.raises(Unavailable) as awaited:
        asyncio.run(ask())
    assert asked.value.code == awaited.value.code
    assert "token" not in str(asked.value)
    return asked.value.code


@pytest.mark.parametrize("answer", list(BROKEN.values()), ids=list(BROKEN))
def test_what_is_no_answer(answer: Callable[[Question], None], make: Make, provider: Provider) -> None:
    provider.answer = answer
    verifier = make()
    assert code(verifier) == "provider-broken"
    assert len(provider.asked) == 2
    # Why: nothing of it has spent the token.
    provider.answer = says({"success": True})
    verifier.verify("token")


@pytest.mark.parametrize("answer", [hang_up, hang_up_midway])
def test_a_connection_that_ends_early(
    answer: Callable[[Question], None], make: Make, provider: Provider
) -> None:
    provider.answer = answer
    assert code(make("hcaptcha")) == "provider-unreachable"
    assert len(provider.asked) == 2


def test_turnstile_is_asked_the_same_once_more(make: Make, provider: Provider) -> None:
    provider.answer = hang_up
    with pytest.raises(Unavailable):
        make().verify("token")
    first, second = provider.asked
    assert first == second


def test_nobody_listens(make: Make) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        assert code(make(url=f"http://127.0.0.1:{port}/siteverify")) == "provider-unreachable"


def test_an_answer_that_does_not_come_in_time(make: Make, provider: Provider) -> None:
    over = threading.Event()
    provider.answer = lambda _: over.wait()  # type: ignore[assignment]
    try:
        assert code(make(timeout=0.2)) == "provider-unreachable"
    finally:
        over.set()


def test_an_answer_in_drops(make: Make, provider: Provider) -> None:
    over = threading.Event()

    def drip(question: Question) -> None:
        question.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n{")
        while not over.wait(0.02):
            question.wfile.write(b" ")

    provider.answer = drip
    try:
        assert code(make(timeout=0.3)) == "provider-unreachable"
    finally:
        over.set()
