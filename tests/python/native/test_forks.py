"""Gates that were made, and used, before the process forked."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sqlite3
import threading
import warnings
from collections import Counter
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Callable

import pytest
from stores import each_server, every_store

from cattlegrid import Challenge, Gate, Seen, Style, Unavailable, draw

from .conftest import outcome
from .processes import Child, connections

Make = Callable[..., Gate]
AnswerTo = Callable[[Challenge], str]


def answers(gate: Gate, key: str, given: str) -> Callable[[], str]:
    return lambda: outcome(lambda: gate.answer(key, given))


@every_store
def test_parent_and_children_go_on_and_a_key_passes_once_among_them(gate: Gate, answer_to: AnswerTo) -> None:
    for _ in range(10):
        # Used before each fork, so that file, thread and runtime are there when it happens.
        assert outcome(lambda: gate.answer(gate.issue().key, "x")) == "wrong-answer"
        challenge = gate.issue()
        attempt = answers(gate, challenge.key, answer_to(challenge))
        children = [Child(attempt) for _ in range(3)]
        outcomes = Counter([attempt(), *(child.outcome() for child in children)])
        assert outcomes == {"passed": 1, "spent-key": 3}


@every_store
def test_a_gate_may_be_made_before_and_first_used_after(make: Make, answer_to: AnswerTo) -> None:
    gate = make()
    challenge = gate.issue()
    attempt = answers(gate, challenge.key, answer_to(challenge))
    children = [Child(attempt) for _ in range(3)]
    assert Counter(child.outcome() for child in children) == {"passed": 1, "spent-key": 2}
    assert attempt() == "spent-key"


@every_store
def test_children_of_children_go_on(gate: Gate) -> None:
    key = gate.issue().key
    attempt = answers(gate, key, "x")
    assert attempt() == "wrong-answer"
    child = Child(lambda: attempt() + " " + Child(attempt).outcome())
    assert child.outcome() == "spent-key spent-key"


def test_answers_have_scores_in_parent_and_children(gate: Gate, answer_to: AnswerTo) -> None:
    seen = Seen(signals={"edits": 6}, remote_ip="192.0.2.1")

    def scores() -> str:
        """Before and after eight wrong answers."""
        found = []
        for _ in range(2):
            challenge = gate.issue()
            token = gate.answer(challenge.key, answer_to(challenge), seen=seen)
            found.append(gate.verify(token).score)
            for _ in range(8):
                outcome(lambda: gate.answer(gate.issue().key, "x", seen=seen))
        return str(found)

    assert scores() == "[0.8, 0.5]"
    # Why as if nobody had been wrong: in a file of SQLite, each process counts by itself.
    assert Child(scores).outcome() == "[0.8, 0.5]"


@every_store
def test_asyncio_goes_on_in_a_child(gate: Gate) -> None:
    async def visit() -> str:
        try:
            return await gate.answer_async(gate.issue().key, "x")
        except Exception as raised:
            return str(getattr(raised, "code", raised))

    assert asyncio.run(visit()) == "wrong-answer"
    assert Child(lambda: asyncio.run(visit())).outcome() == "wrong-answer"
    assert asyncio.run(visit()) == "wrong-answer"


@every_store
def test_a_process_may_fork_while_its_threads_answer_and_draw(gate: Gate) -> None:
    stop = threading.Event()
    outcomes: Counter[str] = Counter()
    style = Style()

    def work() -> None:
        while not stop.is_set():
            outcomes[outcome(lambda: gate.answer(gate.issue().key, "x"))] += 1
            draw("AKRX", style, os.urandom(16))

    def child() -> str:
        # Letters that nobody has drawn yet, so that a cache has to take them in.
        draw("ÄÖÜß", style, bytes(16))
        return outcome(lambda: gate.answer(gate.issue().key, "x"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    children = Counter(Child(child).outcome() for _ in range(30))
    stop.set()
    for thread in threads:
        thread.join()
    assert children == {"wrong-answer": 30}
    assert set(outcomes) == {"wrong-answer"}


def test_the_file_stays_sound(gate: Gate, tmp_path: Path) -> None:
    for _ in range(20):
        Child(answers(gate, gate.issue().key, "x")).outcome()
        assert answers(gate, gate.issue().key, "x")() == "wrong-answer"
    with sqlite3.connect(tmp_path / "spent.sqlite3") as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.execute("SELECT count(*) FROM spent").fetchone() == (40,)
    file.close()


@each_server
def test_a_child_inherits_no_connection(gate: Gate, store: str) -> None:
    assert answers(gate, gate.issue().key, "x")() == "wrong-answer"
    assert connections(store) > 0
    assert Child(lambda: str(connections(store))).outcome() == "0"
    assert Child(answers(gate, gate.issue().key, "x")).outcome() == "wrong-answer"
    assert answers(gate, gate.issue().key, "x")() == "wrong-answer"


def test_what_is_in_memory_is_no_other_processes(make: Make) -> None:
    gate = make(store="memory:")
    key = gate.issue().key

    def elsewhere() -> str:
        with pytest.raises(Unavailable, match="sqlite:PATH") as raised:
            gate.answer(key, "x")
        return raised.value.code

    assert Child(elsewhere).outcome() == "store-unavailable"
    assert answers(gate, key, "x")() == "wrong-answer"


_gate: Gate


def _in_pool(key: str) -> str:
    return outcome(lambda: _gate.answer(key, "x"))


@every_store
def test_a_pool_of_processes_shares_a_gate(gate: Gate) -> None:
    global _gate
    _gate = gate
    keys = [gate.issue().key for _ in range(200)]
    assert _in_pool(gate.issue().key) == "wrong-answer"
    pool: Pool
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with multiprocessing.get_context("fork").Pool(4) as pool:
            outcomes = Counter(pool.map(_in_pool, keys * 3, chunksize=1))
    assert outcomes == {"wrong-answer": 200, "spent-key": 400}
