"""A mail server, and letters as people get them."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

LINK = re.compile(r"https?://\S+[?&]token=([\w-]+)")


class MailServer:
    """Takes letters by SMTP, on this machine."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        """What it has taken, in order."""
        self.replies: list[str] = []
        """What it says to the next letters, instead of taking them."""
        self.attempts = 0
        """How many letters came, taken or not."""
        self.open = threading.Event()
        """Letters wait for it."""
        self.open.set()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802
        """What aiosmtpd calls for each letter."""
        self.attempts += 1
        while not self.open.is_set():
            await asyncio.sleep(0.01)
        if self.replies:
            return self.replies.pop(0)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    def stop(self) -> None:
        """From now on nobody is there."""
        self.open.set()
        self._controller.stop()


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """One for as long as it is needed."""
    server = MailServer()
    try:
        yield server
    finally:
        server.stop()


def token_in(text: str) -> str:
    """The token of the link in a letter's text."""
    found = LINK.search(text)
    assert found, text
    return found[1]


def parts_of(letter: EmailMessage) -> dict[str, str]:
    """A letter's text by its type: `text/plain` and `text/html`."""
    parts = (part for part in letter.walk() if not part.is_multipart())
    return {part.get_content_type(): part.get_content().replace("\r\n", "\n") for part in parts}
