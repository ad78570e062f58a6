"""Stores that cannot be opened, or fail."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Callable
from urllib.parse import urlsplit

import pytest
from stores import each_server, every_store
from wire import wire_to

from cattlegrid import ConfigurationError, Gate, Unavailable

from .conftest import outcome

Make = Callable[..., Gate]

LOCKS = """
import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
file.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked_by_another_process(file: Path) -> Iterator[None]:
    command = [sys.executable, "-c", LOCKS, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        yield
        other.stdin.close()


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("mongodb://localhost", "there is no store `mongodb:`"),
        ("postgres://localhost", "the servers are missing or unclear"),
        ("redis://localhost?password_file=/nowhere/at/all", "cannot use /nowhere/at/all"),
        ("", "there is no store"),
        ("sqlite:", "a path is missing"),
        ("sqlite:/nowhere/at/all.sqlite3", "cannot write to /nowhere/at/all.sqlite3"),
        ("memory:?size=5", "no parameter `size`"),
    ],
)
def test_a_mistake_says_what_to_do(make: Make, store: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^`store`: ") as raised:
        make(store=store)
    assert said in str(raised.value)


def test_another_programs_file_is_left_alone(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but somebody's notes " * 100)
    with pytest.raises(ConfigurationError, match="not a store of Cattlegrid"):
        make(store=f"sqlite:{file}")
    assert file.read_text().startswith("not a database")


def test_a_locked_file_refuses_everybody_until_it_is_free(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "spent.sqlite3"
    store = f"sqlite:{file}?timeout_ms=1000"
    gate = make(store=store)
    with locked_by_another_process(file):
        with pytest.raises(Unavailable) as raised:
            gate.answer(gate.issue().key, "x")
        assert raised.value.code == "store-unavailable"
        while_locked = make(store=store)
        with pytest.raises(Unavailable):
            while_locked.answer(gate.issue().key, "x")
    assert outcome(lambda: gate.answer(gate.issue().key, "x")) == "wrong-answer"
    assert outcome(lambda: while_locked.answer(gate.issue().key, "x")) == "wrong-answer"


class Interrupted(Exception):
    """What a signal's handler raises."""


def test_who_waits_for_a_store_can_be_interrupted(make: Make, tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise Interrupted

    file = tmp_path / "spent.sqlite3"
    gate = make(store=f"sqlite:{file}?timeout_ms=600000")
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with locked_by_another_process(file):
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(Interrupted):
                gate.answer(gate.issue().key, "x")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert outcome(lambda: gate.answer(gate.issue().key, "x")) == "wrong-answer"


def test_a_file_that_goes_after_the_start_lets_nobody_through(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    gate = make(store=f"sqlite:{folder / 'spent.sqlite3'}")
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    with pytest.raises(Unavailable, match="cannot write to"):
        gate.answer(gate.issue().key, "x")


def test_a_full_store_lets_nobody_through(make: Make) -> None:
    gate = make(store="memory:?limit=3")
    for _ in range(3):
        assert outcome(lambda: gate.answer(gate.issue().key, "x")) == "wrong-answer"
    with pytest.raises(Unavailable, match="full"):
        gate.answer(gate.issue().key, "x")


@every_store
def test_what_is_spent_is_spent_for_all_gates_of_a_store(make: Make) -> None:
    one, other = make(), make()
    key = one.issue().key
    assert outcome(lambda: one.answer(key, "x")) == "wrong-answer"
    assert outcome(lambda: other.answer(key, "x")) == "spent-key"


@each_server
def test_a_server_that_is_lost_lets_nobody_through_until_it_is_back(make: Make, store: str) -> None:
    server = urlsplit(store)
    with wire_to(str(server.hostname), server.port or 0) as wire:
        near = server._replace(netloc=server.netloc.replace(str(server.port), str(wire.port)))
        gate = make(store=near.geturl())
        spent, other = gate.issue().key, gate.issue().key
        assert outcome(lambda: gate.answer(spent, "x")) == "wrong-answer"

        wire.cut()
        for _ in range(3):
            with pytest.raises(Unavailable) as raised:
                gate.answer(other, "x")
            assert raised.value.code == "store-unavailable"
            assert str(server.password) not in str(raised.value)

        wire.mend()
        assert until_available(lambda: gate.answer(gate.issue().key, "x")) == "wrong-answer"
        assert outcome(lambda: gate.answer(spent, "x")) == "spent-key"


def until_available(attempt: Callable[[], object]) -> str:
    """The outcome, when there is one."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return outcome(attempt)
        except Unavailable:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_server_that_was_never_there_lets_nobody_through(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    for scheme, path in [("redis", ""), ("postgres", "/x"), ("mysql", "/x"), ("memcached", "")]:
        gate = make(store=f"{scheme}://node:a-password@127.0.0.1:{port}{path}")
        with pytest.raises(Unavailable) as raised:
            gate.answer(gate.issue().key, "x")
        assert raised.value.code == "store-unavailable"
        assert "a-password" not in str(raised.value)


def test_a_gate_that_is_gone_has_closed_its_file(make: Make, tmp_path: Path) -> None:
    def open_files() -> list[str]:
        names = (str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink())
        return [name for name in names if name.startswith(str(tmp_path))]

    gates = [make()]
    assert outcome(lambda: gates[0].answer(gates[0].issue().key, "x")) == "wrong-answer"
    assert open_files()
    gates.clear()
    assert not open_files()
