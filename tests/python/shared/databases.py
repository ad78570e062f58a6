"""Databases as Django's settings have them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

ENGINES = {"postgres": "postgresql", "mysql": "mysql"}


def database(url: str) -> dict[str, Any]:
    """What the settings say of the database of a URL: `sqlite:PATH`, `postgres://…` or `mysql://…`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": parts.path}
    if parts.scheme == "mysql":
        import pymysql

        # Why: Django asks for the version of the client that it knows.
        pymysql.version_info = (2, 2, 1, "final", 0)
        pymysql.install_as_MySQLdb()
    return {
        "ENGINE": f"django.db.backends.{ENGINES[parts.scheme]}",
        "HOST": parts.hostname,
        "PORT": parts.port,
        "USER": parts.username,
        "PASSWORD": parts.password or "",
        "NAME": parts.path.lstrip("/"),
    }
