"""What is done after an answer: how much at once, in which process, and until when."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
import warnings
from typing import Any

import pytest

from cattlegrid._site import outbox
from cattlegrid._site.delivery import deliver
from cattlegrid._site.outbox import Outbox

WAIT = 60.0


def test_work_is_done_in_other_threads_and_so_many_at_a_time() -> None:
    box, go = Outbox(), threading.Event()
    together = threading.Barrier(outbox.AT_A_TIME + 1)
    threads: set[int] = set()

    def work() -> None:
        threads.add(threading.get_ident())
        together.wait(WAIT)
        go.wait(WAIT)

    for _ in range(outbox.AT_A_TIME):
        assert box.put(work)
    together.wait(WAIT)
    done: list[int] = []
    for turn in range(10):
        assert box.put(lambda turn=turn: done.append(turn))
    assert done == []
    assert box.finish(0.0) == outbox.AT_A_TIME + 10
    go.set()
    assert box.finish(WAIT) == 0
    assert sorted(done) == list(range(10))
    assert len(threads) == outbox.AT_A_TIME
    assert threading.get_ident() not in threads


def test_one_thread_does_what_comes_one_after_another() -> None:
    box = Outbox()
    threads: set[int] = set()
    for _ in range(10):
        assert box.put(lambda: threads.add(threading.get_ident()))
        assert box.finish(WAIT) == 0
    assert len(threads) == 1


def test_more_than_may_wait_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_WAITING", 3)
    box, go = Outbox(), threading.Event()
    busy = threading.Barrier(outbox.AT_A_TIME + 1)

    def work() -> None:
        busy.wait(WAIT)
        go.wait(WAIT)

    for _ in range(outbox.AT_A_TIME):
        while not box.put(work):
            time.sleep(0.01)
    busy.wait(WAIT)
    assert [box.put(lambda: None) for _ in range(5)] == [True] * 3 + [False] * 2
    assert box.is_full
    go.set()
    assert box.finish(WAIT) == 0
    assert not box.is_full
    assert box.put(lambda: None)
    assert box.finish(WAIT) == 0


def test_work_that_fails_ends_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    box = Outbox()
    done: list[bool] = []

    def fail() -> None:
        raise SystemExit("ada@example.org")

    for _ in range(2 * outbox.AT_A_TIME):
        assert box.put(fail)
    assert box.put(lambda: done.append(True))
    assert box.finish(WAIT) == 0
    assert done == [True]
    assert "SystemExit" in caplog.text
    assert "ada@example.org" not in caplog.text


def test_nothing_is_taken_that_nobody_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    box = Outbox()
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    assert not box.put(lambda: None)
    monkeypatch.undo()
    assert box.put(lambda: None)
    assert box.finish(WAIT) == 0


def test_what_waits_is_the_parent_s_and_a_child_has_threads_of_its_own() -> None:
    done, go = os.pipe(), threading.Event()

    def say(what: bytes) -> None:
        os.write(done[1], what)

    def wait() -> None:
        go.wait(WAIT)

    box = outbox.outbox()
    for _ in range(outbox.AT_A_TIME):
        box.put(wait)
    box.put(lambda: say(b"parent\n"))
    with warnings.catch_warnings():
        # Why: later Pythons warn whoever forks beside threads, which is what is tested here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        outbox.outbox().put(lambda: say(b"child\n"))
        os._exit(outbox.outbox().finish(WAIT))
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(done[0], 100) == b"child\n"
    go.set()
    assert box.finish(WAIT) == 0
    assert os.read(done[0], 100) == b"parent\n"
    for end in done:
        os.close(end)


PROGRAM = """
import logging, sys, threading
from cattlegrid._site import outbox
from cattlegrid._site.delivery import deliver

logging.basicConfig(format="%(message)s")
outbox.LONGEST_EXIT = float(sys.argv[1])
started = threading.Event()

def send(letter):
    started.set()
    if {fails}:
        raise ConnectionError("ada@example.org")
    sys.stdout.write(str(letter))

for turn in range(8):
    outbox.outbox().put(lambda turn=turn: deliver(lambda: turn, send))
started.wait()
"""

HANGS = """
import logging, sys, threading
from cattlegrid._site import outbox

logging.basicConfig(format="%(message)s")
outbox.LONGEST_EXIT = 0.1
for _ in range(8):
    outbox.outbox().put(lambda: threading.Event().wait())
"""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=WAIT, check=True)


def test_a_process_that_ends_finishes_first() -> None:
    assert sorted(run(PROGRAM.format(fails=False), "60").stdout) == list("01234567")


def test_it_tries_again_without_pauses() -> None:
    said = run(PROGRAM.format(fails=True), "9").stderr
    assert said.count("a letter was not sent: ConnectionError at <string>:13") == 8
    assert "ada@example.org" not in said


def test_it_does_not_wait_for_ever() -> None:
    assert run(HANGS).stderr == "8 letters were not sent before the process ended\n"


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (ConnectionError("no"), 3),
        (TimeoutError("no"), 3),
        (ValueError("no"), 1),
    ],
)
def test_what_may_pass_is_tried_three_times(
    error: Exception, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cattlegrid._site.delivery.PAUSES", (0.0, 0.0, 0.0))
    tried: list[Any] = []

    def send(letter: str) -> None:
        tried.append(letter)
        raise error

    deliver(lambda: "letter", send)
    assert tried == ["letter"] * attempts


def test_the_whole_story_is_told_to_whoever_debugs(caplog: pytest.LogCaptureFixture) -> None:
    def make() -> str:
        raise LookupError("ada@example.org")

    with caplog.at_level(logging.DEBUG, "cattlegrid"):
        deliver(make, lambda _: None)
    levels = {record.levelname: record for record in caplog.records}
    assert "ada@example.org" not in levels["ERROR"].getMessage()
    assert levels["ERROR"].exc_info is None
    assert levels["DEBUG"].exc_info is not None
