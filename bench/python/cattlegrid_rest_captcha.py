"""cattlegrid.rest_captcha: a challenge made, and answered."""

from rest_captcha_site import post

post("cattlegrid.rest_captcha")
