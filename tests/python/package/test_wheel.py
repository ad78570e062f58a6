"""The wheel as a user gets it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import cattlegrid

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def names(wheel_path: str) -> list[str]:
    with zipfile.ZipFile(wheel_path) as wheel:
        return wheel.namelist()


def test_it_is_small(wheel_path: str) -> None:
    assert Path(wheel_path).stat().st_size < 8 * MEGABYTE


def test_one_wheel_is_for_every_python_from_3_9_on(wheel_path: str) -> None:
    assert "-cp39-abi3-" in Path(wheel_path).name


def test_types_and_licences_go_along(names: list[str]) -> None:
    assert "cattlegrid/py.typed" in names
    assert "cattlegrid/_native.pyi" in names
    for licence in ("LICENSE-MIT", "LICENSE-APACHE", "LICENSE-DEJAVU"):
        assert any(name.endswith(f"/licenses/{licence}") for name in names), licence


def test_the_widget_goes_along(names: list[str]) -> None:
    folder = Path(__file__).parents[3] / "widget"
    # Why not all: what stands in for other scripts comes from the server, which answers their back ends too.
    scripts = {str(path.relative_to(folder)) for path in folder.rglob("*.js") if path.parent.name != "compat"}
    packed = {name.removeprefix("cattlegrid/widget/") for name in names}
    assert scripts == {name for name in packed if name.endswith(".js") and name.startswith("widget")}


def test_what_a_drop_in_needs_goes_along(names: list[str]) -> None:
    package = "cattlegrid/simple_captcha"
    assert f"{package}/templates/captcha/widgets/captcha.html" in names
    assert f"{package}/jinja2/captcha/widgets/captcha.html" in names
    locales = [name for name in names if name.startswith(f"{package}/locale/") and name.endswith(".mo")]
    assert len(locales) == 19


def test_letters_and_their_page_go_along(names: list[str]) -> None:
    for framework in ("django", "flask"):
        folder = f"cattlegrid/{framework}/templates/cattlegrid/email/"
        assert {name.removeprefix(folder) for name in names if name.startswith(folder)} == {
            "subject.txt",
            "letter.txt",
            "letter.html",
            "page.html",
            "confirm.html",
            "refused.html",
        }


def test_no_tests_and_no_caches_go_along(names: list[str]) -> None:
    assert not [name for name in names if "/tests/" in name or "__pycache__" in name]


def test_it_needs_nothing_else(wheel_path: str) -> None:
    with zipfile.ZipFile(wheel_path) as wheel:
        (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        said = Parser().parsestr(wheel.read(metadata).decode())
    required = [line for line in said.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert required == []
    assert said["Version"] == cattlegrid.__version__


def test_importing_it_imports_no_framework() -> None:
    code = "import sys, cattlegrid; print(*({'django', 'flask', 'rest_framework', 'PIL'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
