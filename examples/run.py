"""Runs one of the example sites: `python examples/run.py django`."""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
from pathlib import Path

from cattlegrid import generate_secret

EXAMPLES = Path(__file__).resolve().parent
SITES = ["django", "drf", "flask"]


def kept(path: Path, new: str) -> str:
    """The secret in the file at `path`; `new` is written there, for its owner alone, if there is none."""
    if not path.exists():
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(new)
    return path.read_text()


def environment(data: Path) -> dict[str, str]:
    """What each of the sites reads from its environment; the folder `data` is made if there is none."""
    data.mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        "SITE_DATA": str(data),
        "SITE_SECRET": kept(data / "site.secret", secrets.token_urlsafe(48)),
        "CAPTCHA_SECRET": kept(data / "captcha.secret", generate_secret()),
    }


def main() -> None:
    """Makes the site's database if need be, and becomes its server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", choices=SITES)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--data", type=Path, help="folder of what the site keeps (default: its instance/)")
    given = parser.parse_args()

    folder = EXAMPLES / given.site
    environ = environment((given.data or folder / "instance").resolve())
    environ["SITE_URL"] = f"http://127.0.0.1:{given.port}"
    os.chdir(folder)
    print(f"The {given.site} example: {environ['SITE_URL']}/ (stop it with Ctrl-C)", flush=True)
    if given.site == "flask":
        serve = ["flask", "--app", "shop", "run", f"--port={given.port}"]
    else:
        environ["DJANGO_SETTINGS_MODULE"] = {"django": "club", "drf": "guestbook"}[given.site] + ".settings"
        subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity=0"], env=environ, check=True)
        serve = ["django", "runserver", "--noreload", f"127.0.0.1:{given.port}"]
    os.execve(sys.executable, [sys.executable, "-m", *serve], environ)  # noqa: S606


if __name__ == "__main__":
    main()
