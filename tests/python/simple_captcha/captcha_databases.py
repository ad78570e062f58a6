"""On which databases the tests run."""

from __future__ import annotations

import pytest

URLS = ["sqlite_url", "postgres_url", "mariadb_url"]
"""The fixtures that say where they are."""

DATABASES = pytest.mark.parametrize("site", URLS, indirect=True)
"""Has a test run on each of them."""
