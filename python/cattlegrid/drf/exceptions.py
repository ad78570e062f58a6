"""What Django REST framework answers to a request that is not let through."""

from __future__ import annotations

from typing import Any, cast

from django.utils.translation import gettext
from rest_framework.exceptions import APIException

from cattlegrid._site.refusal import RETRY_AFTER, refusal
from cattlegrid._site.verification import Undecided


class CaptchaFailed(APIException):
    """400 without a token, 403 with a refused one, 503 when nobody could decide.

    The body is `{"error-codes": […], "detail": …}`; `detail` is for the visitor.
    """

    def __init__(self, error: Undecided) -> None:
        """Answers for what the check raised."""
        found = refusal(error)
        self.status_code = found.status
        self.codes = found.codes
        self.message = gettext(found.message)
        super().__init__(self.message, code=found.codes[0])
        # Why: set by itself, because APIException would make a text with a code of every entry.
        self.detail = cast("Any", {"error-codes": list(found.codes), "detail": self.message})
        if found.status == 503:
            self.wait = RETRY_AFTER
