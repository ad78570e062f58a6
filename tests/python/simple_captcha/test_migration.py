"""A site of django-simple-captcha changes to this app and back, and its database goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from captcha_databases import URLS

PROGRAM = Path(__file__).with_name("existing_site.py")
THEIRS, OURS = "captcha", "cattlegrid.simple_captcha"


@pytest.fixture(params=URLS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without the app's table."""
    if request.param == "sqlite_url":
        return f"sqlite:{tmp_path}/site.sqlite3"
    url: str = request.getfixturevalue(request.param)
    run(OURS, url, "manage", "migrate", "captcha", "zero")
    return url


def run(*command: str) -> str:
    """What a site prints."""
    done = subprocess.run([sys.executable, PROGRAM, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def issued(app: str, url: str) -> tuple[str, str]:
    """The key of a captcha of the site, and its answer."""
    key, answer = json.loads(run(app, url, "issue"))
    return key, answer


def test_a_site_changes_and_changes_back(url: str) -> None:
    run(THEIRS, url, "manage", "migrate")
    before = issued(THEIRS, url)

    planned = run(OURS, url, "manage", "migrate", "--plan")
    assert [line for line in planned.splitlines() if line.startswith("captcha.")] == [
        "captcha.0003_captchastore_expiration"
    ]
    assert run(OURS, url, "check", *before) == "passed\n"
    in_flight = issued(THEIRS, url)
    run(OURS, url, "manage", "migrate")
    assert "No changes detected" in run(OURS, url, "manage", "makemigrations", "--check", "--dry-run")
    assert run(OURS, url, "check", *in_flight) == "passed\n"
    assert run(OURS, url, "check", *in_flight) == "refused\n"

    after = issued(OURS, url)
    run(OURS, url, "manage", "migrate", "captcha", "0002")
    assert "No migrations to apply" in run(THEIRS, url, "manage", "migrate")
    assert run(THEIRS, url, "check", *after) == "passed\n"


def test_a_new_site_has_the_same_table_as_an_old_one(tmp_path: Path) -> None:
    old, new = f"sqlite:{tmp_path}/old.sqlite3", f"sqlite:{tmp_path}/new.sqlite3"
    run(THEIRS, old, "manage", "migrate")
    run(OURS, new, "manage", "migrate", "captcha", "0002")
    inspect = ("manage", "inspectdb", "captcha_captchastore")
    assert run(THEIRS, old, *inspect) == run(OURS, new, *inspect)
