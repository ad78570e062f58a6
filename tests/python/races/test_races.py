"""8 threads in each of 4 processes answer one key at once, 1,000 times: each key passes exactly once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from stores import ON_SERVERS

KEYS = 1000
PROGRAM = Path(__file__).with_name("race.py")


def race(course: str, where: str, *, keys: int = KEYS, processes: int = 4) -> dict[str, Any]:
    """How often each key passed, and which errors there were."""
    command = [sys.executable, PROGRAM, course, where, f"--keys={keys}", f"--processes={processes}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert result["errors"] == []
    assert len(result["passes"]) == keys
    return result


def assert_each_key_passes_once(course: str, where: str, **options: int) -> None:
    """Races, and looks at the result."""
    passes = race(course, where, **options)["passes"]
    assert {count: passes.count(count) for count in set(passes)} == {1: KEYS}


def test_simple_captcha_on_sqlite(tmp_path: Path) -> None:
    assert_each_key_passes_once("simple_captcha", f"sqlite:{tmp_path}/race.sqlite3")


def test_simple_captcha_on_postgresql(postgres_database: str) -> None:
    assert_each_key_passes_once("simple_captcha", postgres_database)


def test_simple_captcha_on_mariadb(mariadb_database: str) -> None:
    assert_each_key_passes_once("simple_captcha", mariadb_database)


def test_rest_captcha_on_the_local_memory_cache() -> None:
    assert_each_key_passes_once("rest_captcha", "locmem:", processes=1)


def test_rest_captcha_on_the_file_cache(tmp_path: Path) -> None:
    assert_each_key_passes_once("rest_captcha", f"file:{tmp_path}")


def test_rest_captcha_on_redis(redis_url: str) -> None:
    assert_each_key_passes_once("rest_captcha", redis_url)


def test_rest_captcha_on_memcached(memcached_address: str) -> None:
    assert_each_key_passes_once("rest_captcha", f"memcached:{memcached_address}")


def test_rest_captcha_on_the_database_cache(postgres_database: str) -> None:
    assert_each_key_passes_once("rest_captcha", f"database:{postgres_database}")


@pytest.mark.parametrize("store", ["sqlite", *ON_SERVERS])
def test_the_gate(store: str, store_named: Callable[[str], str]) -> None:
    assert_each_key_passes_once("gate", store_named(store))


def test_a_key_that_is_read_and_then_deleted_passes_more_than_once(tmp_path: Path) -> None:
    """The races above would notice."""
    passes = race("get_then_delete", f"file:{tmp_path}", keys=200)["passes"]
    assert max(passes) > 1
