"""The server beside django-rest-captcha and django-simple-captcha: what each says to the same requests."""

from __future__ import annotations

import base64
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import httpx
import pytest
from published import fetch
from server import Server

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
SCRIPT = {"X-Requested-With": "XMLHttpRequest"}


@dataclass(frozen=True)
class Side:
    """One of the two that are compared."""

    http: httpx.Client
    answer: Callable[[str], str]

    def rest_key(self) -> str:
        """A new challenge's."""
        return str(self.http.post("/api/captcha/").json()["captcha_key"])

    def simple_key(self) -> str:
        """A new challenge's."""
        return str(self.http.get("/captcha/refresh/", headers=SCRIPT).json()["key"])


@pytest.fixture(scope="module")
def theirs(served: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    """The published packages, in Django."""
    home = tmp_path_factory.mktemp("packages")
    fetch("django-rest-captcha==0.3.0", home)

    def command(port: int) -> list[str]:
        where = ["--chdir", str(Path(__file__).parent / "websites"), "--pythonpath", str(home)]
        program = [sys.executable, "-m", "gunicorn", "django_packages:application", "--threads", "4"]
        return [*program, *where, "--bind", f"127.0.0.1:{port}"]

    with (
        served(command, home / "log", SITE_DATABASE=str(home / "site.sqlite3")) as url,
        httpx.Client(base_url=url) as http,
    ):
        yield Side(http, lambda key: http.get(f"/answer/{key}").text)


@pytest.fixture(scope="module")
def ours(server: Server) -> Iterator[Side]:
    """The server."""
    with httpx.Client(base_url=server.url) as http:
        yield Side(http, server.answer)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [(None, b""), (JSON, b"{}"), (JSON, b"{ no json"), (FORM, b"a=b"), ("text/plain", b"\0"), (JSON, b"[]")],
)
def test_any_body_asks_for_a_challenge(
    content_type: str | None, body: bytes, ours: Side, theirs: Side
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    our, their = (side.http.post("/api/captcha/", content=body, headers=headers) for side in (ours, theirs))
    assert (our.status_code, their.status_code) == (200, 200)
    assert list(our.json()) == list(their.json())
    for name in ("content-type", "allow", "x-content-type-options"):
        assert our.headers[name] == their.headers[name]
    for reply in (our, their):
        challenge = reply.json()
        assert (challenge["image_type"], challenge["image_decode"]) == ("image/png", "base64")
        assert base64.b64decode(challenge["captcha_image"], validate=True).startswith(b"\x89PNG")


@pytest.mark.parametrize("path", ["/api/captcha/", "/api/captcha/verify"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_does_not_post_is_told_so(method: str, path: str, ours: Side, theirs: Side) -> None:
    our, their = (side.http.request(method, path) for side in (ours, theirs))
    assert our.status_code == their.status_code == 405
    assert our.headers["allow"] in their.headers["allow"]
    assert isinstance(our.json()["detail"], str)
    assert isinstance(their.json()["detail"], str)


# The words KEY and VALUE stand for a fresh challenge's.
BODIES = [
    (FORM, ""),
    (JSON, ""),
    ("text/plain", ""),
    (FORM, "captcha_key=KEY&captcha_value=VALUE"),
    (FORM, "captcha_key=+KEY+&captcha_value=+VALUE%0A&other=field"),
    (FORM, "captcha_key=x&captcha_key=KEY&captcha_value=x&captcha_value=VALUE"),
    (FORM, "captcha_key=KEY&captcha_value=WRONG"),
    (FORM, "captcha_key=unknown&captcha_value=VALUE"),
    (FORM, "captcha_key=%ff%fe&captcha_value=VALUE"),
    (FORM, "captcha_key=KEY"),
    (FORM, "captcha_value=VALUE"),
    (FORM, "captcha_key=&captcha_value="),
    (FORM, "captcha_key=KEY&captcha_value=%20"),
    (FORM, "captcha_key=KEY&captcha_value=%00"),
    (FORM, "&&=&captcha_key"),
    (JSON, '{"captcha_key": "KEY", "captcha_value": "VALUE"}'),
    (JSON + "; charset=utf-8", '{"captcha_key": " KEY ", "captcha_value": " VALUE ", "other": [{}]}'),
    (JSON, '{"captcha_key": "KEY", "captcha_value": "WRONG"}'),
    (JSON, '{"captcha_key": "KEY", "captcha_value": 1234}'),
    (JSON, '{"captcha_key": "KEY", "captcha_value": 12.5}'),
    (JSON, '{"captcha_key": 5, "captcha_value": "VALUE"}'),
    (JSON, "{}"),
    (JSON, '{"captcha_key": null, "captcha_value": null}'),
    (JSON, '{"captcha_key": true, "captcha_value": false}'),
    (JSON, '{"captcha_key": [], "captcha_value": {}}'),
    (JSON, '{"captcha_key": "", "captcha_value": " "}'),
    (JSON, '{"captcha_key": "KEY", "captcha_value": "a\\u0000b"}'),
    (JSON, '{"captcha_key": "KEY", "captcha_key": "x", "captcha_value": "VALUE"}'),
    (JSON, "null"),
    (JSON, "true"),
    (JSON, "5"),
    (JSON, "5.5"),
    (JSON, '"x"'),
    (JSON, "[]"),
    (JSON, '[{"captcha_key": "KEY", "captcha_value": "VALUE"}]'),
]


@pytest.mark.parametrize(("content_type", "body"), BODIES)
def test_a_check_says_what_the_serializer_says(
    content_type: str, body: str, ours: Side, theirs: Side
) -> None:
    # Why twice: what the first attempt did to the key shows in the second.
    our, their = (attempts(side, content_type, body) for side in (ours, theirs))
    assert our == their


def attempts(side: Side, content_type: str, body: str) -> list[tuple[int, str, Any]]:
    """What comes back when a body is sent, and then a right answer to the same challenge."""
    key = side.rest_key()
    right = side.answer(key)
    filled = body.replace("KEY", key).replace("VALUE", right)
    return [
        (reply.status_code, reply.headers["content-type"], reply.json())
        for reply in (
            side.http.post("/api/captcha/verify", content=filled, headers={"Content-Type": content_type}),
            side.http.post("/api/captcha/verify", data={"captcha_key": key, "captcha_value": right}),
        )
    ]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [(JSON, "{"), (JSON, "captcha_key=x"), (JSON, b"\xff"), ("text/plain", "x"), ("application/xml", "<x/>")],
)
def test_what_cannot_be_read_is_refused_with_a_detail(
    content_type: str, body: str | bytes, ours: Side, theirs: Side
) -> None:
    headers = {"Content-Type": content_type}
    our, their = (
        side.http.post("/api/captcha/verify", content=body, headers=headers) for side in (ours, theirs)
    )
    assert our.status_code == their.status_code
    assert isinstance(our.json()["detail"], str)
    assert isinstance(their.json()["detail"], str)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_refreshing_is_for_scripts(method: str, ours: Side, theirs: Side) -> None:
    for headers in ({}, {"X-Requested-With": "fetch"}, {"X-Requested-With": "xmlhttprequest"}):
        for side in (ours, theirs):
            assert side.http.request(method, "/captcha/refresh/", headers=headers).status_code == 404
    our, their = (side.http.request(method, "/captcha/refresh/", headers=SCRIPT) for side in (ours, theirs))
    assert our.headers["content-type"] == their.headers["content-type"]
    assert list(our.json()) == list(their.json())
    for reply in (our, their):
        fresh = reply.json()
        assert reply.status_code == 200
        assert fresh["image_url"] == f"/captcha/image/{fresh['key']}/"
        assert fresh["audio_url"] is None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("scale", ["", "@2", "%402"])
def test_pictures_have_the_same_addresses(scale: str, method: str, ours: Side, theirs: Side) -> None:
    our, their = (
        side.http.request(method, f"/captcha/image/{side.simple_key()}{scale}/") for side in (ours, theirs)
    )
    assert our.status_code == their.status_code == 200
    assert our.headers["content-type"] == their.headers["content-type"] == "image/png"
    for reply in (our, their):
        length = int(reply.headers["content-length"])
        assert reply.content.startswith(b"\x89PNG") if method == "GET" else not reply.content
        assert length == len(reply.content) or method == "HEAD"


def test_the_last_slash_may_be_missing_where_it_may_in_django(ours: Side, theirs: Side) -> None:
    for side in (ours, theirs):
        fresh = side.http.get("/captcha/refresh", headers=SCRIPT, follow_redirects=True)
        assert fresh.status_code == 200
        picture = side.http.get(fresh.json()["image_url"].rstrip("/"), follow_redirects=True)
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")


def test_the_large_picture_is_twice_the_small_one(ours: Side, theirs: Side) -> None:
    for side, tolerance in ((ours, 0), (theirs, 40)):
        key = side.simple_key()
        small, again, large = (
            side.http.get(f"/captcha/image/{key}{scale}/").content for scale in ("", "", "@2")
        )
        assert small == again
        assert abs(width(large) - 2 * width(small)) <= tolerance


def width(png: bytes) -> int:
    """In pixels."""
    return int(struct.unpack(">I", png[16:20])[0])


@pytest.mark.parametrize("key", ["unknown", "_", "x" * 200, "x" * 2000, "é", "字"])
@pytest.mark.parametrize("scale", ["", "@2"])
def test_an_unknown_key_is_gone(key: str, scale: str, ours: Side, theirs: Side) -> None:
    our, their = (side.http.get(f"/captcha/image/{key}{scale}/") for side in (ours, theirs))
    assert gone(our) == gone(their) == (410, "text/html; charset=utf-8", "0", b"")


def gone(reply: httpx.Response) -> tuple[int, str, str, bytes]:
    """All that there is to an answer without content."""
    headers = reply.headers
    return reply.status_code, headers["content-type"], headers["content-length"], reply.content


@pytest.mark.parametrize("right", [True, False])
def test_an_answer_is_heard_once_and_then_the_picture_is_gone(right: bool, ours: Side, theirs: Side) -> None:
    for side in (ours, theirs):
        key = side.simple_key()
        answer = side.answer(key)
        given = {"captcha_0": key, "captcha_1": f" {answer.swapcase()} " if right else "wrong"}
        first = side.http.post("/captcha/verify", data=given)
        assert (first.status_code, first.json()["success"]) == (200, right)
        second = side.http.post("/captcha/verify", data={"captcha_0": key, "captcha_1": answer})
        assert (second.status_code, second.json()["success"]) == (200, False)
        for scale in ("", "@2"):
            assert gone(side.http.get(f"/captcha/image/{key}{scale}/"))[0] == 410


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"captcha_0": "KEY"},
        {"captcha_1": "VALUE"},
        {"captcha_0": "KEY", "captcha_1": ""},
        {"captcha_0": "", "captcha_1": "VALUE"},
        {"captcha_0": "unknown", "captcha_1": "VALUE"},
    ],
)
def test_a_form_that_misses_something_is_refused_and_spends_nothing(
    given: dict[str, str], ours: Side, theirs: Side
) -> None:
    for side in (ours, theirs):
        key = side.simple_key()
        right = {"KEY": key, "VALUE": side.answer(key)}
        filled = {name: right.get(value, value) for name, value in given.items()}
        assert side.http.post("/captcha/verify", data=filled).json()["success"] is False
        whole = {"captcha_0": key, "captcha_1": right["VALUE"]}
        assert side.http.post("/captcha/verify", data=whole).json()["success"] is True


def test_where_nothing_speaks_there_is_no_sound(ours: Side, theirs: Side) -> None:
    for side in (ours, theirs):
        for key in (side.simple_key(), "unknown"):
            assert side.http.get(f"/captcha/audio/{key}.wav").status_code == 404
