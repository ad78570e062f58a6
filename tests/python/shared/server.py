"""The server, as the program that it is."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import httpx

AnswerOf = Callable[[str, str], str]


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    site_key: str
    """Of the demo site, or empty."""
    secret_key: str
    secret: str
    """The server's own."""
    answer_of: AnswerOf

    def challenge(self, **wanted: str) -> dict[str, Any]:
        """A new one, of the demo site unless `sitekey` names another."""
        return self._post("/api/v1/challenges", {"sitekey": self.site_key, **wanted})

    def answer(self, key: str) -> str:
        """What is right."""
        return self.answer_of(key, self.secret)

    def judge(self, key: str, answer: str) -> dict[str, Any]:
        """What is said to an answer that somebody gives on a page of `www.example.org`."""
        return self._post(f"/api/v1/challenges/{key}/answer", {"answer": answer})

    def earn(self, **wanted: str) -> dict[str, Any]:
        """A token, and when it expires."""
        key = str(self.challenge(**wanted)["key"])
        return self.judge(key, self.answer(key))

    def token(self, **wanted: str) -> str:
        """One that somebody earned on a page of `www.example.org`."""
        return str(self.earn(**wanted)["token"])

    def siteverify(self, path: str = "/siteverify", **fields: str) -> dict[str, Any]:
        """What a back end is told."""
        reply = httpx.post(self.url + path, data=fields)
        reply.raise_for_status()
        said: dict[str, Any] = reply.json()
        return said

    def _post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        reply = httpx.post(self.url + path, json=body, headers={"Origin": "http://www.example.org"})
        reply.raise_for_status()
        said: dict[str, Any] = reply.json()
        return said


@contextmanager
def running(program: str, answer_of: AnswerOf, data: Path, config: str = "") -> Iterator[Server]:
    """A server on a free port that keeps its things in `data`, with the TOML of `config`."""
    file = data / "cattlegrid.toml"
    file.write_text(config)
    # Why: every variable that starts so is configuration to the program, which refuses what it does not know.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CATTLEGRID_")}
    where = ["--config", str(file), "--listen", "127.0.0.1:0", "--data", str(data)]
    command = [program, "serve", "--json", "--log-level", "warn", *where]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            said = json.loads(process.stdout.readline())
            secret = (data / "secret").read_text().strip()
            yield Server(said["address"], said["site_key"] or "", said["secret_key"] or "", secret, answer_of)
        finally:
            process.terminate()
