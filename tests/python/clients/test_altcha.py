"""ALTCHA's own Python library: it solves what the server sets, and verifies what the server signs."""

from __future__ import annotations

import base64
import html
import json
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urljoin

import httpx
import pytest
from altcha import Challenge, Payload, solve_challenge, verify_server_signature, verify_solution
from flask import Flask, render_template_string
from server import Server

from cattlegrid.flask import Captcha, current_captcha, require_captcha

SECRET = "the-secret-key-of-"
ALGORITHMS = ["SHA-256", "SHA-384", "SHA-512", "PBKDF2/SHA-256", "PBKDF2/SHA-384", "PBKDF2/SHA-512"]
SITE = """
[[sites]]
key = "{key}"
secret = "the-secret-key-of-{key}"
dialect = "altcha"
altcha = {{ cost = 9, zeros = 2, {rest} }}
"""

Json = dict[str, Any]


def named(algorithm: str) -> str:
    """The key of the site whose work is that."""
    return algorithm.replace("/", ".")


@pytest.fixture(scope="module")
def server(run: Callable[[str], Any]) -> Iterator[Server]:
    """A server with a site that shows a picture after the work, and one of work alone for each algorithm."""
    worked = [SITE.format(key=named(name), rest=f'code = false, algorithm = "{name}"') for name in ALGORITHMS]
    with run("".join([SITE.format(key="pictured", rest="code = true"), *worked])) as server:
        yield server


def ask(url: str, site: str, get: Callable[..., httpx.Response] = httpx.get) -> Json:
    """What the widget is told to do."""
    reply = get(f"{url}/altcha/challenge", params={"sitekey": site})
    reply.raise_for_status()
    said: Json = reply.json()
    return said


def solve(asked: Json) -> str:
    """What the widget makes of it."""
    challenge = Challenge.from_dict(asked)
    solution = solve_challenge(challenge)
    assert solution is not None
    return Payload(challenge, solution).to_base64()


def send(server: Server, **found: str) -> Json:
    """What the widget is told of what it found."""
    reply = httpx.post(f"{server.url}/altcha/verify", json=found)
    reply.raise_for_status()
    said: Json = reply.json()
    return said


def earn(server: Server, site: str = "pictured") -> str:
    """The payload of a visitor who answered what was asked."""
    asked = ask(server.url, site)
    key = asked["parameters"]["data"].get("challenge")
    code = {"code": server.answer(key)} if key else {}
    said = send(server, payload=solve(asked), **code)
    assert said["verified"] is True, said
    return str(said["payload"])


def siteverify(server: Server, site: str, payload: str) -> Json:
    """What the site's back end is told."""
    return server.siteverify("/altcha/siteverify", secret=SECRET + site, payload=payload)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_work_is_solved_and_verified_by_the_library(server: Server, algorithm: str) -> None:
    site = named(algorithm)
    asked = ask(server.url, site)
    assert asked["parameters"]["algorithm"] == algorithm
    solved = solve(asked)
    assert verify_solution(solved, SECRET + site).verified
    assert verify_solution(solved, SECRET + "pictured").invalid_signature
    passed = siteverify(server, site, solved)
    assert passed["success"] is True, passed
    assert siteverify(server, site, solved)["error-codes"] == ["already-seen-response"]


def test_a_right_answer_is_verified_by_the_library_and_once_by_the_server(server: Server) -> None:
    payload = earn(server)
    result = verify_server_signature(payload, SECRET + "pictured")
    assert (result.verified, result.expired, result.invalid_signature) == (True, False, False)
    assert result.verification_data
    assert result.verification_data["verified"] is True
    assert verify_server_signature(payload, SECRET + "SHA-256").invalid_signature
    assert siteverify(server, "SHA-256", payload)["error-codes"] == ["invalid-input-response"]
    assert siteverify(server, "pictured", payload)["success"] is True
    assert siteverify(server, "pictured", payload)["error-codes"] == ["already-seen-response"]


def test_a_wrong_answer_earns_nothing(server: Server) -> None:
    asked = ask(server.url, "pictured")
    solved = solve(asked)
    assert send(server, payload=solved, code="wrong") == {"verified": False, "reason": "wrong-answer"}
    right = server.answer(asked["parameters"]["data"]["challenge"])
    assert send(server, payload=solved, code=right) == {"verified": False, "reason": "spent-key"}
    assert siteverify(server, "pictured", solved)["error-codes"] == ["missing-code"]


def test_what_was_altered_is_refused_by_both(server: Server) -> None:
    payload = json.loads(base64.b64decode(earn(server)))
    payload["verificationData"] += "&score=1"
    altered = base64.b64encode(json.dumps(payload).encode()).decode()
    assert verify_server_signature(altered, SECRET + "pictured").invalid_signature
    assert siteverify(server, "pictured", altered)["error-codes"] == ["invalid-input-response"]

    work = json.loads(base64.b64decode(solve(ask(server.url, "SHA-256"))))
    work["challenge"]["parameters"]["keyPrefix"] = "0"
    altered = base64.b64encode(json.dumps(work).encode()).decode()
    assert verify_solution(altered, SECRET + "SHA-256").invalid_signature
    assert siteverify(server, "SHA-256", altered)["error-codes"] == ["invalid-input-response"]


def test_everything_is_found_below_a_prefix(
    server: Server, behind_nginx: Callable[[Server], Any], authority: tuple[object, str]
) -> None:
    trusting = ssl.create_default_context(cafile=authority[1])
    with behind_nginx(server) as provider, httpx.Client(verify=trusting) as client:
        url = f"https://{provider.https}/below"
        asked = ask(url, "pictured", client.get)
        assert asked["codeChallenge"]["image"].startswith("data:image/png;base64,")
        where = urljoin(f"{url}/altcha/challenge", asked["configuration"]["verifyUrl"])
        code = server.answer(asked["parameters"]["data"]["challenge"])
        said = client.post(where, json={"payload": solve(asked), "code": code}).json()
        assert said["verified"] is True


@pytest.mark.parametrize(
    ("provider", "site"),
    [("altcha", "SHA-256"), ("altcha_server", "pictured"), ("altcha_signature", "pictured")],
)
def test_a_site_in_flask_takes_a_payload_once(
    server: Server, tmp_path: Path, provider: str, site: str
) -> None:
    app = Flask("site")
    app.config["CATTLEGRID"] = {
        "PROVIDER": provider,
        "CHALLENGE_URL": f"{server.url}/altcha/challenge?sitekey={site}",
        "SCRIPT_URL": "/static/altcha.js",
        "SECRET_KEY": SECRET + site,
        "STORE": f"sqlite:{tmp_path}/spent.sqlite3",
        "VERIFY_URL": f"{server.url}/altcha/siteverify" if provider == "altcha_server" else None,
    }
    Captcha(app)
    app.add_url_rule("/", view_func=lambda: render_template_string("{{ captcha() }}"))
    guarded = require_captcha(lambda: current_captcha.provider)
    app.add_url_rule("/", "post", guarded, methods=["POST"])
    client = app.test_client()
    (url,) = re.findall('<altcha-widget challenge="(.*?)"', client.get("/").text)
    asked = httpx.get(html.unescape(url)).json()
    payload = solve(asked) if provider == "altcha" else earn(server, site)
    assert client.post("/", data={"altcha": payload}).text == provider
    again = client.post("/", data={"altcha": payload})
    assert (again.status_code, again.json) == (403, {"error-codes": ["already-seen-response"]})
