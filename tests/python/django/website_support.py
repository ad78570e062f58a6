"""A provider that says what it is told to, and what a browser sends of a form."""

from __future__ import annotations

import json
import threading
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

Settings = dict[str, Any]

SECRET = "a-secret-of-the-provider"


class Provider:
    """A siteverify on this machine."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        """The forms that came, in order."""
        self.events: list[Any] = []
        """The JSON that came, in order."""
        self.verification: dict[str, Any] = {"success": True, "hostname": "example.org", "error-codes": []}
        """What it says, if `reply` is none."""
        self.reply: tuple[int, dict[str, str], bytes] | None = None
        """Status, headers and body."""
        self.delay = threading.Event()
        """Replies wait for it."""
        self.delay.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}/siteverify"

    def stop(self) -> None:
        """From now on nobody is there."""
        if self._thread.is_alive():
            self.delay.set()
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def _handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if self.headers["Content-Type"] == "application/json":
                    provider.events.append(json.loads(body))
                else:
                    form = {name: values[0] for name, values in parse_qs(body).items()}
                    # Why: of Turnstile's alone, and another each time.
                    form.pop("idempotency_key", None)
                    provider.asked.append(form)
                provider.delay.wait()
                verification = json.dumps(provider.verification).encode()
                status, headers, body_out = provider.reply or (
                    200,
                    {"Content-Type": "application/json"},
                    verification,
                )
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body_out))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body_out)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def sent_by_a_browser(html: str) -> dict[str, str]:
    """The fields of a page's one form, as a browser sends them that nobody has typed into."""
    fields: dict[str, str] = {}

    class Fields(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            attributes = dict(attrs)
            if tag in ("input", "textarea") and "name" in attributes:
                fields[str(attributes["name"])] = attributes.get("value") or ""

    Fields().feed(html)
    return fields
