"""The endpoint that issues challenges."""

from __future__ import annotations

import base64
import uuid

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cattlegrid.rest_captcha import answers, captcha, utils
from cattlegrid.rest_captcha.settings import api_settings
from cattlegrid.rest_captcha.throttling import RestCaptchaThrottle


class RestCaptchaView(APIView):
    """Issues a challenge: its key, and its picture in base64. Status 503 when the cache does not work."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (RestCaptchaThrottle, *APIView.throttle_classes)

    def post(self, request: Request) -> Response:  # noqa: ARG002
        """A new challenge."""
        key = str(uuid.uuid4())
        answer = utils.random_char_challenge(api_settings.CAPTCHA_LENGTH)
        picture = captcha.generate_image(answer)
        answers.keep(key, answer)
        return Response(
            {
                api_settings.CAPTCHA_KEY: key,
                api_settings.CAPTCHA_IMAGE: base64.b64encode(picture).decode("ascii"),
                "image_type": "image/png",
                "image_decode": "base64",
            }
        )
