"""Under gunicorn, with processes and threads: made before the fork and after it, a token passes once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx
import pytest

from cattlegrid import generate_secret

HERE = Path(__file__).parent
WORKERS, THREADS, TOKENS, AT_ONCE = 3, 4, 12, 8
STARTS_WITHIN = 60.0


@pytest.fixture
def secret() -> str:
    """The site's."""
    return generate_secret()


@pytest.fixture(params=["preload", "each worker by itself"])
def url(request: pytest.FixtureRequest, tmp_path: Path, secret: str) -> Iterator[str]:
    """Where the site is served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "served:app", "--chdir", str(HERE)]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS), "--threads", str(THREADS)]
    command += ["--preload"] if request.param == "preload" else []
    environ = {**os.environ, "SITE_SECRET": secret, "SITE_STORE": f"sqlite:{tmp_path / 'spent.sqlite3'}"}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}", server, tmp_path / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(STARTS_WITHIN)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            httpx.get(url).raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"gunicorn does not serve the site; it said:\n{log.read_text()}")


def test_each_token_passes_once(url: str, secret: str, answer_of: Callable[[str, str], str]) -> None:
    outcomes: Counter[int] = Counter()
    processes: set[str] = set()
    with httpx.Client(base_url=url) as client, ThreadPoolExecutor(AT_ONCE) as threads:
        site_key = client.get("/site-key").text
        for _ in range(TOKENS):
            token = _earn(client, site_key, secret, answer_of)
            barrier = Barrier(AT_ONCE)

            def send(token: str = token, barrier: Barrier = barrier) -> httpx.Response:
                barrier.wait()
                return httpx.post(url, data={"cattlegrid-response": token})

            responses = [future.result() for future in [threads.submit(send) for _ in range(AT_ONCE)]]
            outcomes.update(response.status_code for response in responses)
            processes.update(response.text for response in responses if response.status_code == 200)
    assert outcomes == {200: TOKENS, 403: TOKENS * (AT_ONCE - 1)}
    assert len(processes) > 1


def _earn(client: httpx.Client, site_key: str, secret: str, answer_of: Callable[[str, str], str]) -> str:
    challenges = "/captcha/api/v1/challenges"
    key = client.post(challenges, json={"sitekey": site_key}).json()["key"]
    assert client.get(f"{challenges}/{key}/image").headers["content-type"] == "image/png"
    token: str = client.post(f"{challenges}/{key}/answer", json={"answer": answer_of(key, secret)}).json()[
        "token"
    ]
    return token
