"""The project's own server: as the provider of a Django site, and beside the gate that speaks for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import website
from django.test import Client, override_settings
from server import Server
from website_support import Settings

from cattlegrid.django.conf import captcha

JSON = "application/json"
Said = tuple[int, str, dict[str, Any]]


@pytest.fixture
def server_site(server: Server, tmp_path: Path) -> Iterator[None]:
    """A site whose tokens the server issues."""
    settings = {
        "PROVIDER": "cattlegrid",
        "URL": server.url,
        "SITE_KEY": server.site_key,
        "SECRET_KEY": server.secret_key,
        "STORE": f"sqlite:{tmp_path}/spent.sqlite3",
        "TIMEOUT": 30,
    }
    with override_settings(CATTLEGRID=settings):
        yield


@pytest.mark.usefixtures("server_site")
def test_a_token_of_the_server_passes_once(server: Server) -> None:
    token = server.token(action="sign-up")
    data = {"cattlegrid-response": token}
    assert Client().post("/acting", data).json()["captcha"] == {
        "hostname": "www.example.org",
        "decided": True,
    }
    assert Client().post("/acting", data).json()["error-codes"] == ["already-seen-response"]
    forged = Client().post("/acting", {"cattlegrid-response": "forged"})
    assert (forged.status_code, forged.json()["error-codes"]) == (403, ["invalid-input-response"])
    assert website.RAN == ["acting POST"]


@pytest.mark.usefixtures("server_site")
def test_a_form_finds_its_widget_on_the_server(server: Server) -> None:
    form = website.Contact()
    assert str(form.media) == f'<script src="{server.url}/widget.js" type="module"></script>'
    assert f'sitekey="{server.site_key}"' in str(form["captcha"])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "text/plain"),
        (b"{", JSON),
        (b"[]", JSON),
        (b"{}", JSON),
        (b'{"sitekey": 5}', JSON),
        (b'{"sitekey": "another"}', JSON),
        (b'{"sitekey": "\\ud800"}', JSON),
        (b'{"sitekey": "KEY", "action": "no action"}', JSON),
        (b'{"sitekey": "KEY", "action": 5}', JSON),
        (b'{"sitekey": "KEY", "kind": 5}', JSON),
        (b'{"sitekey": "KEY", "action": ""}', JSON),
        (b'{"sitekey": "KEY", "action": null, "kind": null}', JSON),
        (b'{"sitekey": "KEY", "kind": "chars", "unknown": 1}', "Application/JSON; charset=utf-8"),
        (b" " * 70_000, JSON),
    ],
)
def test_the_gate_issues_as_the_server_does(server: Server, gate: Settings, body: bytes, kind: str) -> None:
    theirs = ask(server, "/api/v1/challenges", body.replace(b"KEY", server.site_key.encode()), kind)
    with override_settings(CATTLEGRID=gate):
        ours = post(
            "/captcha/api/v1/challenges", body.replace(b"KEY", captcha().site_key.encode()), content_type=kind
        )
    assert outline(ours) == outline(theirs)


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("KEY", b'{"answer": "wrong"}'),
        ("KEY", b'{"answer": 5}'),
        ("KEY", b'{"answer": "\\ud800"}'),
        ("KEY", b"{}"),
        ("x", b'{"answer": "wrong"}'),
        ("AQ", b'{"answer": "wrong"}'),
    ],
)
def test_the_gate_judges_as_the_server_does(server: Server, gate: Settings, key: str, body: bytes) -> None:
    path = "/api/v1/challenges"
    challenge = server.challenge()
    theirs = ask(server, f"{path}/{key.replace('KEY', challenge['key'])}/answer", body)
    with override_settings(CATTLEGRID=gate):
        wanted = json.dumps({"sitekey": captcha().site_key}).encode()
        _, _, challenge = post(f"/captcha{path}", wanted)
        ours = post(f"/captcha{path}/{key.replace('KEY', challenge['key'])}/answer", body)
    assert outline(ours) == outline(theirs)


@pytest.mark.parametrize(
    ("key", "query"),
    [
        ("KEY", ""),
        ("KEY", "?scale=1"),
        ("KEY", "?scale=2"),
        ("KEY", "?scale=3"),
        ("KEY", "?scale=x"),
        ("KEY", "?scale="),
        ("x", ""),
    ],
)
def test_the_gate_shows_as_the_server_does(server: Server, gate: Settings, key: str, query: str) -> None:
    path = "/api/v1/challenges"
    challenge = server.challenge()
    theirs = ask(server, f"{path}/{key.replace('KEY', challenge['key'])}/image{query}")
    with override_settings(CATTLEGRID=gate):
        wanted = json.dumps({"sitekey": captcha().site_key}).encode()
        _, _, challenge = post(f"/captcha{path}", wanted)
        answer = Client().get(f"/captcha{path}/{key.replace('KEY', challenge['key'])}/image{query}")
    ours = answer.status_code, answer["Content-Type"], {} if answer.status_code == 200 else answer.json()
    assert outline(ours) == outline(theirs)


def ask(server: Server, path: str, body: bytes | None = None, kind: str = JSON) -> Said:
    """What the server says."""
    try:
        answer = urlopen(Request(server.url + path, body, {"Content-Type": kind}))
    except HTTPError as error:
        answer = error
    with answer:
        kind = str(answer.headers["Content-Type"])
        return answer.status, kind, {} if "image" in kind else json.load(answer)


def post(path: str, body: bytes, content_type: str = JSON) -> Said:
    """What the site says."""
    answer = Client().generic("POST", path, body, content_type=content_type)
    return answer.status_code, answer["Content-Type"], answer.json()


def outline(said: Said) -> tuple[int, str, set[str], object, object]:
    """What a client may go by."""
    status, kind, body = said
    return status, kind, set(body), body.get("code"), body.get("error-codes")
