"""What the app's addresses answer."""

from __future__ import annotations

import datetime
import json
import shutil
import wave
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from captcha_databases import DATABASES
from django.test import Client, override_settings
from django.utils import timezone

from cattlegrid.simple_captcha import helpers
from cattlegrid.simple_captcha.models import CaptchaStore


def test_a_picture_is_for_its_visitor_alone(client: Client, captcha: CaptchaStore) -> None:
    response = client.get(f"/captcha/image/{captcha.hashkey}/")
    assert response["Content-Type"] == "image/png"
    assert int(response["Content-Length"]) == len(response.content)
    assert response["Cache-Control"] == "private, max-age=300"


def test_large_pictures_can_be_switched_off(client: Client, captcha: CaptchaStore) -> None:
    with override_settings(CAPTCHA_2X_IMAGE=False):
        assert client.get(f"/captcha/image/{captcha.hashkey}@2/").status_code == 404
        assert client.get(f"/captcha/image/{captcha.hashkey}/").status_code == 200


@DATABASES
@pytest.mark.parametrize("key", ["unknown", "x" * 5000, "é", "字" * 40, "_"])
def test_an_unknown_key_is_gone(client: Client, key: str) -> None:
    for path in ("image/{}/", "image/{}@2/", "audio/{}.wav"):
        with override_settings(CAPTCHA_FLITE_PATH="/bin/true"):
            assert client.get("/captcha/" + path.format(key)).status_code == 410


@pytest.mark.parametrize("key", ["%00", "%ED%A0%80", "a%00b", "@2", "a@3", "..", "a%0A", "a b"])
def test_what_can_be_no_key_is_not_found(client: Client, key: str) -> None:
    assert client.get(f"/captcha/image/{key}/").status_code in (404, 410)


def test_an_expired_captcha_is_gone(client: Client, captcha: CaptchaStore) -> None:
    CaptchaStore.objects.update(expiration=timezone.now() - datetime.timedelta(seconds=1))
    assert client.get(f"/captcha/image/{captcha.hashkey}/").status_code == 410


def test_refresh_is_for_scripts(client: Client) -> None:
    assert client.get("/captcha/refresh/").status_code == 404
    response = client.get("/captcha/refresh/", headers={"X-Requested-With": "XMLHttpRequest"})
    captcha = CaptchaStore.objects.get()
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    assert response.json() == {
        "key": captcha.hashkey,
        "image_url": f"/captcha/image/{captcha.hashkey}/",
        "audio_url": None,
    }
    with override_settings(CAPTCHA_FLITE_PATH="/bin/true"):
        spoken = client.get("/captcha/refresh/", headers={"X-Requested-With": "XMLHttpRequest"}).json()
    assert spoken["audio_url"] == f"/captcha/audio/{spoken['key']}.wav"


def test_refresh_takes_from_the_pool(client: Client, captcha: CaptchaStore) -> None:
    with override_settings(CAPTCHA_GET_FROM_POOL=True, CAPTCHA_GET_FROM_POOL_TIMEOUT=1):
        response = client.get("/captcha/refresh/", headers={"X-Requested-With": "XMLHttpRequest"})
    assert response.json()["key"] == captcha.hashkey


def test_the_script_speaks_the_pages_language(client: Client) -> None:
    response = client.get("/captcha/captcha.js?lang=de")
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=86400"
    first, _, rest = response.content.decode().partition("\n")
    site = json.loads(first.removeprefix("const site = ").removesuffix(";"))
    assert site["button"] == "Neues Bild"
    assert site["refresh"] == "/captcha/refresh/"
    assert "MutationObserver" in rest
    assert client.post("/captcha/captcha.js").status_code == 405


@pytest.mark.parametrize("lang", ["", "xx", "de'};alert(1)//", "\0", "x" * 10_000, "../../de", "de-at"])
def test_the_script_takes_any_language(client: Client, lang: str) -> None:
    first = client.get("/captcha/captcha.js", {"lang": lang}).content.decode().partition("\n")[0]
    assert json.loads(first.removeprefix("const site = ").removesuffix(";"))["button"] in (
        "New picture",
        "Neues Bild",
    )


def test_without_a_program_there_is_no_sound(client: Client, captcha: CaptchaStore) -> None:
    assert client.get(f"/captcha/audio/{captcha.hashkey}.wav").status_code == 404


@pytest.fixture
def speaking() -> dict[str, Any]:
    """Settings of a site with flite."""
    flite = shutil.which("flite")
    assert flite, "these tests need flite"
    return {"CAPTCHA_FLITE_PATH": flite}


@pytest.mark.parametrize("mixed", [True, False])
@pytest.mark.parametrize("challenge", [helpers.random_char_challenge, helpers.math_challenge])
def test_a_program_speaks(mixed: bool, challenge: Any, client: Client, speaking: dict[str, Any]) -> None:
    sox = shutil.which("sox")
    assert sox, "these tests need sox"
    key = CaptchaStore.generate_key(challenge)
    with override_settings(CAPTCHA_SOX_PATH=sox if mixed else None, **speaking):
        response = client.get(f"/captcha/audio/{key}.wav")
    assert (response.status_code, response["Content-Type"]) == (200, "audio/wav")
    assert response["Content-Disposition"] == f'attachment; filename="{key}.wav"'
    assert "no-store" in response["Cache-Control"]
    with wave.open(BytesIO(response.content)) as sound:
        assert sound.getnframes() / sound.getframerate() > 0.5


def test_a_sum_is_spoken_in_words(client: Client, tmp_path: Path) -> None:
    program = tmp_path / "flite"
    program.write_text('#!/bin/sh\nprintf %s "$2" > "$4"\n')
    program.chmod(0o755)
    said = {
        "3*4=": "3 times 4",
        "3x4=": "3 times 4",
        "3+4=": "3 plus 4",
        "4-3=": "4 minus 3",
        "AB": "A, B",
        "-t": "-, t",
    }
    for shown, words in said.items():
        key = CaptchaStore.generate_key(lambda shown=shown: (shown, "any"))
        with override_settings(CAPTCHA_FLITE_PATH=str(program)):
            assert client.get(f"/captcha/audio/{key}.wav").content.decode() == words


@pytest.mark.parametrize(
    ("asked", "status", "part", "which"),
    [
        ("bytes=0-3", 206, slice(0, 4), "bytes 0-3/10"),
        ("bytes=4-", 206, slice(4, 10), "bytes 4-9/10"),
        ("bytes=-3", 206, slice(7, 10), "bytes 7-9/10"),
        ("bytes=-30", 206, slice(0, 10), "bytes 0-9/10"),
        ("bytes=8-99999", 206, slice(8, 10), "bytes 8-9/10"),
        ("BYTES=0-0", 206, slice(0, 1), "bytes 0-0/10"),
        ("bytes=10-", 416, slice(0), "bytes */10"),
        ("bytes=-0", 416, slice(0), "bytes */10"),
        ("bytes=0-1,3-4", 200, slice(0, 10), None),
        ("bytes=-", 200, slice(0, 10), None),
        ("bytes=a-b", 200, slice(0, 10), None),
        ("bytes=5-2", 200, slice(0, 10), None),
        ("lines=0-1", 200, slice(0, 10), None),
        ("bytes=" + "9" * 5000 + "-", 200, slice(0, 10), None),
    ],
)
def test_players_can_seek(
    asked: str,
    status: int,
    part: slice,
    which: str | None,
    client: Client,
    captcha: CaptchaStore,
    tmp_path: Path,
) -> None:
    program = tmp_path / "flite"
    program.write_text('#!/bin/sh\nprintf 0123456789 > "$4"\n')
    program.chmod(0o755)
    with override_settings(CAPTCHA_FLITE_PATH=str(program)):
        response = client.get(f"/captcha/audio/{captcha.hashkey}.wav", headers={"Range": asked})
    assert response.status_code == status
    assert response.content == b"0123456789"[part]
    assert response.get("Content-Range") == which
    assert response["Accept-Ranges"] == "bytes"
    assert int(response["Content-Length"]) == len(response.content)


@pytest.mark.parametrize("program", ["/bin/false", "/nowhere/flite", "/bin/true", "/etc/passwd", "a\0b"])
def test_a_program_that_fails_makes_no_sound(
    program: str, client: Client, captcha: CaptchaStore, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(CAPTCHA_FLITE_PATH=program):
        assert client.get(f"/captcha/audio/{captcha.hashkey}.wav").status_code == 404
    assert "could not be spoken" in caplog.text
    assert captcha.challenge not in caplog.text
    assert ", ".join(captcha.challenge) not in caplog.text


def test_a_program_that_hangs_makes_no_sound(
    client: Client, captcha: CaptchaStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from cattlegrid.simple_captcha import audio

    monkeypatch.setattr(audio, "_SECONDS", 0.2)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    program = tmp_path / "flite"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    with override_settings(CAPTCHA_FLITE_PATH=str(program)):
        assert client.get(f"/captcha/audio/{captcha.hashkey}.wav").status_code == 404
    assert list(tmp_path.iterdir()) == [program]
