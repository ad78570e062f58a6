"""Bodies that are read as their content type says, or refused."""

from __future__ import annotations

import json
import string
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cattlegrid import read_fields

from .conftest import outcome

FORM = "application/x-www-form-urlencoded"
PARTS = 'multipart/form-data; boundary="x"'

texts = st.text(st.characters(exclude_categories=["Cs"]))
boundaries = st.text(string.ascii_letters + string.digits, min_size=1, max_size=70)
content_types = st.one_of(
    st.sampled_from([FORM, PARTS, "application/json", "application/ld+json", f"{FORM}; charset=utf-16"]),
    boundaries.map(lambda boundary: f"multipart/form-data; boundary={boundary}"),
    st.text(max_size=80),
)
pieces = st.sampled_from(
    [
        b"--x\r\n",
        b"--x--",
        b"\r\n\r\n",
        b'Content-Disposition: form-data; name="a"\r\n',
        b'Content-Disposition: form-data; name="a"; filename="b"\r\n',
        b"Content-Type: text/plain; charset=utf-7\r\n",
        b"%",
        b"%ff",
        b"a=b&",
        b'{"a": "b"',
        b"}",
        b'"\\ud800"',
        b"[" * 200,
        b"\x00",
        b"\xff",
    ]
)
bodies = st.one_of(st.binary(max_size=400), st.lists(st.one_of(pieces, st.binary(max_size=8))).map(b"".join))


def refusal(content_type: str, body: bytes, most: int = 1000) -> str:
    return outcome(lambda: read_fields(content_type, body, most=most))


@given(content_types, bodies, st.integers(0, 20))
def test_nothing_raises_anything_else(content_type: str, body: bytes, most: int) -> None:
    found: list[object] = []
    assert outcome(lambda: found.extend(read_fields(content_type, body, most=most))) in (
        "passed",
        "bad-request",
        "too-many-fields",
    )
    assert len(found) <= most


@given(st.lists(st.tuples(texts, texts)))
def test_a_form_is_read_as_it_was_written(fields: list[tuple[str, str]]) -> None:
    written = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fields)
    assert read_fields(FORM, written.encode()) == fields


@given(st.dictionaries(texts, texts))
def test_so_is_json(fields: dict[str, str]) -> None:
    assert dict(read_fields("application/json", json.dumps(fields).encode())) == fields


def test_so_are_parts_but_for_files() -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\ntwo\r\n'
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nfile\r\n'
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xc3\xa9\r\n--x--\r\n'
    )
    assert read_fields(PARTS, body) == [("a", "one\r\ntwo"), ("a", "é")]


def test_of_a_json_object_texts_are_fields() -> None:
    body = b'{"a": "b", "n": 1, "o": {"a": "c"}, "l": ["d"], "t": true, "z": null}'
    assert read_fields("application/json; charset=utf-8", body) == [("a", "b")]
    assert read_fields("application/json", b'{"a": "b", "a": "c"}') == [("a", "b"), ("a", "c")]
    assert read_fields("application/json", b'["a", "b"]') == []


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream", "\ud800"])
def test_what_is_no_form_has_none(content_type: str) -> None:
    assert read_fields(content_type, b"a=b") == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"a=%ff"),
        (FORM, b"a=\xff"),
        (f"{FORM}; charset=iso-8859-1", b"a=b"),
        ("application/json", b"{"),
        ("application/json", b"[" * 100_000),
        ("multipart/form-data", b""),
        (PARTS, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nno end'),
    ],
)
def test_what_is_not_what_it_says_is_refused(content_type: str, body: bytes) -> None:
    assert refusal(content_type, body) == "bad-request"


def test_so_is_what_is_too_much() -> None:
    fields = b"&".join(b"a=b" for _ in range(10_000))
    assert refusal(FORM, fields) == "too-many-fields"
    assert len(read_fields(FORM, fields, most=10_000)) == 10_000
    assert (
        refusal("application/json", json.dumps({str(i): "a" for i in range(11)}).encode(), 10)
        == "too-many-fields"
    )
