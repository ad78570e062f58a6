"""Processes that are forked, and what they are connected to."""

from __future__ import annotations

import os
import traceback
import warnings
from pathlib import Path
from typing import Callable
from urllib.parse import urlsplit


class Child:
    """A forked process that does some work, and tells the outcome."""

    def __init__(self, work: Callable[[], str]) -> None:
        self._outcome, write = os.pipe()
        with warnings.catch_warnings():
            # Why: later Pythons warn whoever forks beside threads, which is what is tested here.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = os.fork()
        if self._process == 0:
            try:
                os.write(write, work().encode())
            except BaseException:
                os.write(write, traceback.format_exc().encode())
            finally:
                os._exit(0)
        os.close(write)

    def outcome(self) -> str:
        with os.fdopen(self._outcome, "rb") as pipe:
            said = pipe.read().decode()
        os.waitpid(self._process, 0)
        return said


def connections(store: str) -> int:
    """How many sockets of this process are connected to the store's server, as Linux has it."""
    port = urlsplit(store).port
    inodes = {entry.readlink().name for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()}
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(line[2].endswith(f":{port:04X}") and f"socket:[{line[9]}]" in inodes for line in lines)
