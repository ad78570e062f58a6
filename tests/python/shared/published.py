"""The published tests of the packages that this one replaces: how they are fetched and counted."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from django.test.runner import DiscoverRunner


def fetch(package: str, folder: Path) -> None:
    """Unpacks the wheel of a package, such as `name==1.0`, into the folder."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(folder),
        package,
    ]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)


class Runner(DiscoverRunner):
    """Fails unless exactly so many tests have run, and so many of them were skipped."""

    def __init__(self, *, tests: int, skipped: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expected = (tests, skipped)

    def suite_result(self, suite: Any, result: Any, **kwargs: Any) -> int:
        """How many did not pass, a missing one included."""
        failures: int = super().suite_result(suite, result, **kwargs)
        counted = (result.testsRun, len(result.skipped))
        if counted != self.expected:
            print(f"{counted} tests have run and were skipped, and not {self.expected}.")
            return failures + 1
        return failures
