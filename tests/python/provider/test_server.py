"""This project's own server, as the program that it is."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import httpx
import pytest

from cattlegrid import Refused, Unavailable, Verifier

from .documented import programs

Make = Callable[..., Verifier]
AnswerOf = Callable[[str, str], str]


@dataclass
class Server:
    """A running server with one site."""

    process: subprocess.Popen[str]
    url: str
    site_key: str
    secret_key: str
    secret: str
    answer_of: AnswerOf

    @property
    def siteverify(self) -> str:
        """Where it is asked."""
        return f"{self.url}/siteverify"

    def token(self, **more: str) -> str:
        """One that somebody earned on a page of `www.example.org`."""
        challenge = self._post("/api/v1/challenges", {"sitekey": self.site_key, **more})
        answer = self.answer_of(challenge["key"], self.secret)
        return str(self._post(f"/api/v1/challenges/{challenge['key']}/answer", {"answer": answer})["token"])

    def _post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        reply = httpx.post(f"{self.url}{path}", json=body, headers={"Origin": "http://www.example.org"})
        reply.raise_for_status()
        said: dict[str, Any] = reply.json()
        return said


@pytest.fixture(scope="module")
def server(
    server_program: str, answer_of: AnswerOf, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One with nothing configured."""
    data = tmp_path_factory.mktemp("data")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CATTLEGRID_")}
    command = [server_program, "serve", "--json", "--listen", "127.0.0.1:0", "--data", str(data)]
    process = subprocess.Popen(
        [*command, "--log-level", "warn"], env=environ, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        said = json.loads(process.stdout.readline())
        yield Server(
            process, said["address"], said["site_key"], said["secret_key"], secret_in(data), answer_of
        )
    finally:
        process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()


def secret_in(data: Path) -> str:
    """The server's own secret."""
    return (data / "secret").read_text().strip()


@pytest.fixture
def make_own(make: Make, server: Server) -> Make:
    """Makes a verifier that asks the server."""

    def make_own(**others: Any) -> Verifier:
        arguments = {"secret_key": server.secret_key, "site_key": server.site_key, "url": server.siteverify}
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
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    example, outage = programs("providers.md")
    names: dict[str, Any] = {"URL": server.siteverify, "SECRET_KEY": server.secret_key}
    for token, said in (
        (server.token(action="sign-up"), "welcome from www.example.org\n"),
        (server.token(action="comment"), "no: action-mismatch\n"),
        ("forged", "no: invalid-input-response\n"),
    ):
        exec(example, {**names, "token": token})  # noqa: S102
        assert capsys.readouterr().out == said
    exec(outage, names)  # noqa: S102
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}/siteverify"
        exec(example, {**names, "URL": away, "token": "token"})  # noqa: S102
        assert capsys.readouterr().out == "try again later: provider-unreachable\n"
        verifier = Verifier("cattlegrid", url=away, secret_key=server.secret_key, store="memory:")
        assert [names["let_through"](verifier, "token") for _ in range(2)] == [True, False]
    verifier = Verifier("cattlegrid", url=server.url + "/none", secret_key=server.secret_key, store="memory:")
    assert not names["let_through"](verifier, server.token())
