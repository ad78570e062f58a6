"""A self-hosted CAPTCHA for Python sites, and the layers around it, with a core in Rust.

`cattlegrid.django`, `cattlegrid.drf` and `cattlegrid.flask` have it for their frameworks. For any other:

    shared = {"secret": …, "store": "redis://cache.internal"}
    proxies = TrustedProxies(["10.0.0.0/8"])          # whose word on an address is taken
    limiter = RateLimiter("letters", "5/1h", **shared)
    form = Forms(**shared).form("contact")
    gate = Gate(**shared)

    page = f"<form method=post>{form.stamp().__html__()} …"

    if limiter.check_address(proxies.client(peer, forwarded)).refused: …
    fields = read_fields(content_type, body)
    sent = form.open(fields)
    sent.inspect()                                    # the honeypot
    sent.spend()                                      # the age, and each form once
    gate.verify(dict(fields).get("cattlegrid-response"))

`docs/python.md` has whole programs. Who is not to be let through is `Refused`; where nobody can decide, it is
`Unavailable`.
"""

from cattlegrid._native import (
    CattlegridError,
    Chain,
    Challenge,
    ConfigurationError,
    EmailLink,
    EmailLinks,
    EmailSubject,
    Form,
    Forms,
    Gate,
    LetterLimits,
    OpenedStamp,
    Passed,
    RateDecision,
    RateLimiter,
    Refused,
    Seen,
    Stamp,
    Style,
    TrustedProxies,
    Unavailable,
    Verifier,
    __version__,
    animate,
    draw,
    email_address,
    frames,
    generate_secret,
    read_fields,
)

__all__ = [
    "CattlegridError",
    "Chain",
    "Challenge",
    "ConfigurationError",
    "EmailLink",
    "EmailLinks",
    "EmailSubject",
    "Form",
    "Forms",
    "Gate",
    "LetterLimits",
    "OpenedStamp",
    "Passed",
    "RateDecision",
    "RateLimiter",
    "Refused",
    "Seen",
    "Stamp",
    "Style",
    "TrustedProxies",
    "Unavailable",
    "Verifier",
    "__version__",
    "animate",
    "draw",
    "email_address",
    "frames",
    "generate_secret",
    "read_fields",
]
