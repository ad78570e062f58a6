"""A verifier that is made before a server forks its workers."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Callable

import httpx
import pytest
from stores import every_store

from .stand_in import Provider

HERE = Path(__file__).parent
TOKENS, AT_ONCE = 12, 16


@pytest.fixture
def environ(provider: Provider, store: str) -> dict[str, str]:
    """What `preforked` needs."""
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    own = {"SITE_STORE": store, "SITE_URL": provider.url, "SITE_RUN": uuid.uuid4().hex}
    return {**os.environ, "PYTHONPATH": path, **own}


@pytest.fixture(params=[["--preload"], []], ids=["preload", "each worker by itself"])
def site(
    request: pytest.FixtureRequest,
    environ: dict[str, str],
    under_gunicorn: Callable[..., AbstractContextManager[str]],
) -> Iterator[str]:
    """Where gunicorn serves it."""
    with under_gunicorn("preforked:app", HERE, *request.param, **environ) as url:
        yield url


@every_store
def test_a_token_passes_once_among_gunicorns_workers(site: str) -> None:
    def post(token: str) -> tuple[str, str, int]:
        said = httpx.post(site, content=token, timeout=60.0).json()
        return token, said["outcome"], said["worker"]

    tokens = [f"token-{number}" for number in range(TOKENS)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(post, [token for token in tokens for _ in range(AT_ONCE)]))
    passes = Counter(token for token, outcome, _ in answers if outcome == "passed")
    assert passes == dict.fromkeys(tokens, 1)
    assert {outcome for _, outcome, _ in answers} == {"passed", "already-seen-response"}
    assert len({worker for *_, worker in answers}) > 1


FORKS = """
import os, sys, threading
import preforked

def keep_busy(number):
    for again in range(20):
        preforked.outcome(f"meanwhile-{number}-{again}")

busy = [threading.Thread(target=keep_busy, args=(number,)) for number in range(4)]
for thread in busy:
    thread.start()
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        outcomes = {preforked.outcome(f"token-{number}") for number in range(20)}
        passed = preforked.outcome(f"of-{os.getpid()}-alone")
        os._exit(0 if outcomes <= {"passed", "already-seen-response"} and passed == "passed" else 1)
    children.append(child)
for thread in busy:
    thread.join()
exits = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
still = preforked.outcome("token-of-the-parent")
sys.exit(0 if exits == [0] * 4 and still == "passed" else f"{exits} {still}")
"""


@every_store
def test_parent_and_children_go_on_after_a_fork_amid_verifications(
    environ: dict[str, str], provider: Provider
) -> None:
    run(FORKS, environ)
    asked = Counter(form["response"] for form in provider.asked)
    assert all(asked[f"{environ['SITE_RUN']}-token-{number}"] == 4 for number in range(20))


IN_MEMORY = """
import os, preforked
child = os.fork()
outcome = preforked.outcome("token")
if not child:
    os._exit(outcome != "store-unavailable")
assert outcome == "passed", outcome
assert os.waitpid(child, 0)[1] == 0
"""


def test_a_store_in_memory_is_of_one_process(environ: dict[str, str]) -> None:
    run(IN_MEMORY, {**environ, "SITE_STORE": "memory:"})


def run(program: str, environ: dict[str, str]) -> None:
    """Runs a program to its end, which is a good one.

    What Python warns of, to fork beside threads, is done on purpose.
    """
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
