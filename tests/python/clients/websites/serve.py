"""Serves a module's `application`: `serve.py MODULE PORT`."""

from __future__ import annotations

import importlib
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server


class Server(ThreadingMixIn, WSGIServer):
    """Answers several requests at a time."""

    daemon_threads = True


_, module, port = sys.argv
application = importlib.import_module(module).application
make_server("127.0.0.1", int(port), application, Server).serve_forever()
