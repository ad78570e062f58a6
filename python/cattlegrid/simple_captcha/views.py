"""The views behind the app's addresses."""

from __future__ import annotations

from django.db import router
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from cattlegrid._picture.look import Scale
from cattlegrid.simple_captcha import audio, picture
from cattlegrid.simple_captcha.conf import settings
from cattlegrid.simple_captcha.helpers import captcha_audio_url, captcha_image_url
from cattlegrid.simple_captcha.lookup import find
from cattlegrid.simple_captcha.models import CaptchaStore
from cattlegrid.simple_captcha.ranges import RangedResponse


def captcha_image(request: HttpRequest, key: str, scale: Scale = 1) -> HttpResponse:  # noqa: ARG001
    """The picture of a captcha; 410 once that is spent or expired, 404 for a scale that is switched off."""
    if scale == 2 and not settings.CAPTCHA_2X_IMAGE:
        raise Http404
    captcha = find(key, router.db_for_read(CaptchaStore))
    if captcha is None:
        return _gone()
    content, content_type = picture.draw(captcha.challenge, key, scale)
    response = HttpResponse(content, content_type=content_type)
    response["Content-Length"] = len(content)
    response["Cache-Control"] = f"private, max-age={60 * int(settings.CAPTCHA_TIMEOUT)}"
    return response


def captcha_audio(request: HttpRequest, key: str) -> HttpResponse:
    """The sound of a captcha as a WAV file; 410 once that is spent or expired, 404 without sound."""
    if not settings.CAPTCHA_FLITE_PATH:
        raise Http404
    captcha = find(key, router.db_for_read(CaptchaStore))
    if captcha is None:
        return _gone()
    try:
        sound = audio.speak(captcha.challenge)
    except audio.Silent as error:
        raise Http404 from error
    response = RangedResponse(request, sound, content_type="audio/wav")
    response["Content-Disposition"] = f'attachment; filename="{key}.wav"'
    response["Cache-Control"] = "private, no-store"
    return response


@never_cache
def captcha_refresh(request: HttpRequest) -> HttpResponse:
    """Another captcha, for a script: `key`, `image_url`, and `audio_url` or null."""
    if request.headers.get("X-Requested-With") != "XMLHttpRequest":
        raise Http404
    key = CaptchaStore.pick()
    has_audio = settings.CAPTCHA_FLITE_PATH
    return JsonResponse(
        {
            "key": key,
            "image_url": captcha_image_url(key),
            "audio_url": captcha_audio_url(key) if has_audio else None,
        }
    )


def _gone() -> HttpResponse:
    # Why: a search engine takes 410 for the end of an address, and 404 for a mishap.
    return HttpResponse(status=410)
