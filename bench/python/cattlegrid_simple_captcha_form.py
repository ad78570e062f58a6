"""cattlegrid.simple_captcha: a form rendered, and answered."""

from simple_captcha_site import form

form("cattlegrid.simple_captcha")
