"""This project's own server, as the program that it is."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, Callable

import pytest
from server import Server

from cattlegrid import Refused, Unavailable, Verifier

from .documented import programs

Make = Callable[..., Verifier]


@pytest.fixture
def make_own(make: Make, server: Server) -> Make:
    """Makes a verifier that asks the server."""

    def make_own(**others: Any) -> Verifier:
        arguments = {
            "secret_key": server.secret_key,
            "site_key": server.site_key,
            "url": f"{server.url}/siteverify",
        }
        return make("cattlegrid", **{**arguments, **others})

    return make_own


def code(verifier: Verifier, token: str) -> str:
    with pytest.raises(Refused) as refused:
        verifier.verify(token)
    return refused.value.code


def test_a_token_passes_once(server: Server, make_own: Make) -> None:
    token = server.token(action="sign-up")
    passed = make_own(action="sign-up", hostnames=["*.example.org"]).verify(token)
    assert passed.provider == "cattlegrid"
    assert passed.hostname == "www.example.org"
    assert passed.action == "sign-up"
    assert passed.challenge_ts
    assert passed.challenge_ts.endswith("Z")
    assert code(make_own(), token) == "already-seen-response"


def test_what_the_server_refuses_is_refused(server: Server, make_own: Make) -> None:
    assert code(make_own(), "no-token") == "invalid-input-response"
    assert code(make_own(secret_key="another-secret-key"), server.token()) == "invalid-input-secret"
    assert code(make_own(site_key="another-site"), server.token()) == "sitekey-secret-mismatch"


def test_what_the_server_says_is_compared(server: Server, make_own: Make) -> None:
    assert code(make_own(hostnames=["example.org"]), server.token()) == "hostname-mismatch"
    assert code(make_own(action="sign-up"), server.token()) == "action-mismatch"
    assert code(make_own(action="sign-up"), server.token(action="comment")) == "action-mismatch"


def test_another_route_of_the_server_is_no_answer(server: Server, make_own: Make) -> None:
    with pytest.raises(Unavailable) as unavailable:
        make_own(url=f"{server.url}/api/v1/siteverify").verify(server.token())
    assert unavailable.value.code == "provider-broken"


def test_the_documentation_does_what_it_says(
    server: Server,
    make_own: Make,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    example, outage, chain = programs("providers.md")
    names: dict[str, Any] = {"URL": f"{server.url}/siteverify", "SECRET_KEY": server.secret_key}
    for token, said in (
        (server.token(action="sign-up"), "welcome from www.example.org\n"),
        (server.token(action="comment"), "no: action-mismatch\n"),
        ("forged", "no: invalid-input-response\n"),
    ):
        exec(example, {**names, "token": token})  # noqa: S102
        assert capsys.readouterr().out == said
    exec(outage, names)  # noqa: S102
    verifiers = {"turnstile": make_own(), "hcaptcha": make_own()}
    chained = {**verifiers, "token": server.token(), "field": "cattlegrid-response"}
    exec(chain, chained)  # noqa: S102
    assert capsys.readouterr().out == "show the widget of cattlegrid\nwelcome, says cattlegrid\n"
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}/siteverify"
        exec(example, {**names, "URL": away, "token": "token"})  # noqa: S102
        assert capsys.readouterr().out == "try again later: provider-unreachable\n"
        verifier = Verifier("cattlegrid", url=away, secret_key=server.secret_key, store="memory:")
        assert [names["let_through"](verifier, "token") for _ in range(2)] == [True, False]
    verifier = Verifier("cattlegrid", url=server.url + "/none", secret_key=server.secret_key, store="memory:")
    assert not names["let_through"](verifier, server.token())
