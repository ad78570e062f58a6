"""Speaks captchas with the programs that the site has set: flite, and SoX for a noise behind it."""

from __future__ import annotations

import logging
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from cattlegrid.simple_captcha.conf import settings

logger = logging.getLogger(__name__)

_SECONDS = 10
_SUM = re.compile(r"(\d+)(\D+)(\d+)=")
_WORDS = {"+": "plus", "-": "minus"}


class Silent(Exception):
    """There is no sound: a program failed, and the log says which."""


def speak(challenge: str) -> bytes:
    """The challenge as a WAV file, letter by letter, a sum in words. Raises `Silent`."""
    with TemporaryDirectory(prefix="captcha-") as folder:
        spoken = Path(folder, "spoken.wav")
        try:
            _run(settings.CAPTCHA_FLITE_PATH, "-t", _in_words(challenge), "-o", spoken)
            if settings.CAPTCHA_SOX_PATH:
                spoken = _over_noise(spoken)
            return spoken.read_bytes()
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            # Why: not the error's text, which has the command line, and that the answer.
            logger.error("A captcha could not be spoken: %s", type(error).__name__)
            raise Silent from None


def _in_words(challenge: str) -> str:
    calculation = _SUM.fullmatch(challenge)
    if calculation is None:
        return ", ".join(challenge)
    one, sign, other = calculation.groups()
    return f"{one} {_WORDS.get(sign, 'times')} {other}"


def _over_noise(spoken: Path) -> Path:
    sox = settings.CAPTCHA_SOX_PATH
    noise, mixed = spoken.with_name("noise.wav"), spoken.with_name("mixed.wav")
    rate = _run(sox, "--i", "-r", spoken).decode("ascii", "ignore").strip() or "8000"
    seconds = _run(sox, "--i", "-D", spoken).decode("ascii", "ignore").strip() or "2"
    _run(sox, "-r", rate, "-n", noise, "synth", seconds, "brownnoise", "gain", "-15")
    _run(sox, "-m", noise, spoken, "-t", "wavpcm", "-b", "16", mixed)
    return mixed


def _run(program: str, *arguments: str | Path) -> bytes:
    finished = subprocess.run(  # noqa: S603
        [program, *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS
    )
    return finished.stdout
