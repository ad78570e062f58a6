"""The stores that processes can share, for the tests that want each of them."""

from __future__ import annotations

import pytest

ON_SERVERS = ("redis", "postgresql", "mariadb", "memcached")

every_store = pytest.mark.parametrize("store", ["sqlite", *ON_SERVERS], indirect=True)
"""Runs a test with each of them as its fixture `store`, which has the store in a file otherwise."""

each_server = pytest.mark.parametrize("store", ON_SERVERS, indirect=True)
"""Runs a test with each that is on a server."""
