"""The example sites as a visitor meets them: started with their one command, and used in a real browser."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Callable

import pytest
from playwright.sync_api import Browser, Page

from .support import ROOT, Complaints, Site

RUN = ROOT / "examples" / "run.py"


@pytest.fixture(scope="module")
def site(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    served: Callable[..., AbstractContextManager[str]],
    answer_of: Callable[[str, str], str],
) -> Iterator[Site]:
    """The site that the test module names as `SITE`, started with its one command."""
    data = tmp_path_factory.mktemp("site")

    def command(port: int) -> list[str]:
        return [sys.executable, str(RUN), request.module.SITE, f"--port={port}", f"--data={data}"]

    with served(command, data / "log") as url:
        yield Site(url, data, answer_of)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a visitor whom the site has never seen."""
    context = browser.new_context(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.fixture
def complaints(page: Page) -> Complaints:
    """What the page's console says."""
    return Complaints(page)
