"""The programs in docs/python.md do what it says."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, Callable

import pytest
from pages import fields_of
from werkzeug.test import Client

from cattlegrid import Challenge, Forms, Gate

from .conftest import SECRET

PAGE = Path(__file__).parents[3] / "docs" / "python.md"


def run(first_line: str) -> dict[str, Any]:
    """Runs the program that begins so, and returns its variables."""
    programs = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    (program,) = (program for program in programs if program.startswith(first_line + "\n"))
    variables: dict[str, Any] = {}
    exec(program, variables)  # noqa: S102
    return variables


@pytest.mark.parametrize("right", [True, False])
def test_the_gate(
    right: bool,
    answer_of: Callable[[str, str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keys: list[str] = []

    class Watched:
        """A gate whose challenges the test hears of."""

        def __init__(self, **wanted: Any) -> None:
            self._gate = Gate(**wanted)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._gate, name)

        def issue(self, **wanted: Any) -> Challenge:
            challenge = self._gate.issue(**wanted)
            keys.append(challenge.key)
            return challenge

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAPTCHA_SECRET", SECRET)
    monkeypatch.setattr("cattlegrid.Gate", Watched)
    monkeypatch.setattr("builtins.input", lambda _: answer_of(keys[-1], SECRET) if right else "wrong")
    run("import os")
    assert (tmp_path / "captcha.png").read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    assert said.startswith("Passed at 20") if right else said == "Not let through: wrong-answer\n"


def test_asyncio(gate: Gate, answer_to: Callable[[Challenge], str]) -> None:
    check = run("import asyncio")["check"]
    challenge = gate.issue()
    assert asyncio.run(check(gate, challenge.key, answer_to(challenge))).provider == "gate"


def test_the_layers_around_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = run(
        "from cattlegrid import Forms, RateLimiter, Refused, TrustedProxies, Unavailable, generate_secret, "
        "read_fields"
    )
    client = Client(made["app"])
    shown = client.get("/").text
    early = client.post("/", data={**fields_of(shown), "text": "hello"})
    assert (early.status_code, "too-early" in early.text) == (403, True)
    # Why: nobody wants to wait for the tests.
    made["contact"] = Forms(**made["sealing"]).form("contact", least_age=0)
    sent = client.post("/", data={**fields_of(early.text), "text": "hello"})
    assert (sent.status_code, made["kept"]) == (303, ["hello"])
    again = client.post("/", data={**fields_of(early.text), "text": "hello"})
    assert (again.status_code, "spent-stamp" in again.text) == (403, True)
    assert [client.post("/").status_code for _ in range(3)] == [403, 403, 429]


def test_pictures() -> None:
    made = run("import secrets")
    assert all(made[name].startswith(b"\x89PNG") for name in ("png", "twice", "colourful"))
    assert made["gif"].startswith(b"GIF89a")
    assert len(made["letters"]) == 6
