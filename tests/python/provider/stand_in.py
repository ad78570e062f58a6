"""A provider of the tests' own, on a free port."""

from __future__ import annotations

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable
from urllib.parse import parse_qsl

SECRET_KEY = "the-secret-key-of-the-site"

Form = dict[str, str]


class Provider:
    """Says yes to every token, unless a test has it answer in another way."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Form] = []
        """The forms that came."""
        self.events: list[Any] = []
        """The JSON that came."""
        self.answer: Callable[[Question], None] = says({"success": True})
        self._server = _Server(self)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._tls = tls
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The address of its siteverify."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/siteverify"

    def stop(self) -> None:
        """Lets the port go."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        super().__init__(("127.0.0.1", 0), Question)

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: clients of these tests hang up as they like."""


class Question(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Why: a reply is written in two pieces, and the second would wait for the first to be acknowledged.
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        """Remembers what was asked, and answers."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Type"] == "application/json":
            self.server.provider.events.append(json.loads(body))
        else:
            self.server.provider.asked.append(dict(parse_qsl(body.decode(), strict_parsing=True)))
        self.server.provider.answer(self)

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        """One whole reply."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def says(reply: Any) -> Callable[[Question], None]:
    """An answer in JSON, with status 200."""
    body = json.dumps(reply).encode()
    return lambda question: question.reply(200, body, Content_Type="application/json")


def away(question: Question) -> None:
    """An answer of what stands in front of a provider that is not there."""
    question.reply(502, b"<title>Bad gateway</title>")
