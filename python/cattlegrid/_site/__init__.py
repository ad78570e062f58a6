"""What the front ends for Django, Django REST framework and Flask share. It knows none of them.

`Settings.parse` reads a site's mapping. A `Captcha` of these settings has `check`, which takes whatever a
request sent as its response token and returns a `Verification` or raises; there is nothing in between.
`refusal` says what HTTP answers then. `widget` makes the markup, `gate_api` and `assets` what a site serves
to the widget by itself.
"""
