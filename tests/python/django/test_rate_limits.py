"""Who asks, and how often they may: `client_address`, `rate_limit` and `RateLimitMiddleware`."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import website
from django.test import AsyncClient, Client, override_settings
from website_support import Settings

from cattlegrid import ConfigurationError
from cattlegrid.testing import layers_pass

pytestmark = pytest.mark.usefixtures("layered_site")

VIEWS = ["limited", "limited-awaited", "limited-classed", "limited-resting"]
MIDDLEWARE = ["cattlegrid.django.middleware.RateLimitMiddleware", "django.middleware.common.CommonMiddleware"]


def post(view: str, client: str = "203.0.113.7", data: Any = None, **more: Any) -> Any:
    return Client().post(f"/{view}", data or {}, REMOTE_ADDR=client, **more)


def standing(answer: Any) -> str:
    """How it stands with the limits, without when that changes."""
    return ", ".join(part.rpartition(";")[0] for part in answer["RateLimit"].split(", "))


@pytest.mark.parametrize("view", VIEWS)
def test_a_client_gets_to_a_view_so_often(view: str) -> None:
    answers = [post(view) for _ in range(3)]
    name = answers[0]["RateLimit-Policy"].split('"')[1]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [standing(answer) for answer in answers] == [f'"{name}";r={left}' for left in (1, 0, 0)]
    assert all(answer["RateLimit-Policy"] == f'"{name}";q=2;w=3600' for answer in answers)
    refused = answers[-1]
    assert refused.json() == {"error-codes": ["rate-limited"]}
    assert 0 < int(refused["Retry-After"]) <= 3600
    assert refused["Cache-Control"] == "no-store"
    assert "Retry-After" not in answers[1]
    assert len(website.RAN) == 2
    assert post(view, client="203.0.113.8").status_code == 200


@pytest.mark.parametrize("view", VIEWS)
def test_whoever_only_reads_is_not_counted(view: str) -> None:
    assert [Client().get(f"/{view}").status_code for _ in range(5)] == [200] * 5
    assert "RateLimit" not in Client().get(f"/{view}")


def test_a_view_that_is_read_may_be_counted() -> None:
    assert [visit("/search").status_code for visit in (Client().get, Client().head, Client().get)] == [
        200,
        200,
        429,
    ]
    assert post("search").status_code == 200


def test_an_address_of_ipv6_counts_by_its_network() -> None:
    statuses = [post("limited", client=f"2001:db8:0:1::{host}").status_code for host in (1, 2, 3)]
    assert statuses == [200, 200, 429]
    assert post("limited", client="2001:db8:0:2::1").status_code == 200


def test_a_forged_header_is_not_believed() -> None:
    for number in range(5):
        forged = f"198.51.100.{number}"
        headers = {"X-Forwarded-For": forged, "Forwarded": f"for={forged}", "X-Real-Ip": forged}
        answer = post("limited", headers=headers)
    assert answer.status_code == 429
    assert Client().get("/whoever", headers=headers, REMOTE_ADDR="203.0.113.7").json() == {
        "client": "203.0.113.7"
    }


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Forwarded-For", "198.51.100.1, 203.0.113.7, 10.0.0.3"),
        ("Forwarded", "for=198.51.100.1, for=203.0.113.7, for=10.0.0.3"),
    ],
)
def test_a_trusted_proxy_is_believed(layered_site: Settings, header: str, value: str) -> None:
    trusting = {"TRUSTED_PROXIES": ["10.0.0.0/8"], "FORWARDING_HEADER": header.lower()}
    with override_settings(CATTLEGRID={**layered_site, **trusting}):
        for peer in ("10.0.0.1", "10.0.0.2"):
            headers = {header: value}
            assert Client().get("/whoever", headers=headers, REMOTE_ADDR=peer).json() == {
                "client": "203.0.113.7"
            }
        statuses = [
            post("limited", client=f"10.0.0.{peer}", headers=headers).status_code for peer in range(3)
        ]
    assert statuses == [200, 200, 429]


@pytest.mark.parametrize("address", ["", "garbage", "\x00", "x" * 100_000])
def test_all_of_whom_nobody_can_tell_the_address_are_one(address: str) -> None:
    assert Client().get("/whoever", REMOTE_ADDR=address).json() == {"client": None}
    assert [post("limited", client=each).status_code for each in (address, "", "?")] == [200, 200, 429]


@pytest.mark.parametrize("view", ["by-account", "by-account-awaited"])
def test_a_site_may_count_by_what_it_likes(view: str) -> None:
    def statuses(*accounts: str | None) -> list[int]:
        data = [{"account": account} if account is not None else {} for account in accounts]
        return [post(view, client=f"203.0.113.{n}", data=each).status_code for n, each in enumerate(data)]

    assert statuses("ada", "ada", "ada", "bob") == [200, 200, 429, 200]
    assert statuses(*[None] * 5) == [200] * 5
    assert statuses(*["\u00e9\x00" * 10_000] * 3) == [200, 200, 429]


def test_two_limits_are_told_side_by_side() -> None:
    assert standing(post("twice")) == '"inner";r=1, "outer";r=4'
    post("twice")
    refused = post("twice")
    assert refused.status_code == 429
    assert standing(refused) == '"inner";r=0, "outer";r=2'


@pytest.mark.parametrize("view", ["limited", "limited-awaited"])
def test_of_a_flood_as_many_pass_as_may(view: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(lambda _: post(view).status_code, range(48)))
    assert statuses == {200: 2, 429: 46}


def test_a_browser_gets_text() -> None:
    for _ in range(3):
        answer = post("limited", headers={"Accept": "text/html", "Accept-Language": "de"})
    assert answer.content == b"There were too many requests. Please try again later."


@pytest.fixture
def everywhere(layered_site: Settings) -> Iterator[Settings]:
    """A site that counts all requests, twice."""
    mapping = {**layered_site, "RATE_LIMITS": {"burst": "3/1h", "day": "100/24h"}}
    with override_settings(CATTLEGRID=mapping, MIDDLEWARE=MIDDLEWARE):
        yield mapping


@pytest.mark.usefixtures("everywhere")
def test_every_request_counts() -> None:
    client = Client()
    answers = [
        client.get("/whoever"),
        client.get("/no/such/page"),
        client.head("/whoever"),
        client.post("/whoever"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 200, 429]
    assert standing(answers[0]) == '"burst";r=2, "day";r=99'
    assert answers[0]["RateLimit-Policy"] == '"burst";q=3;w=3600, "day";q=100;w=86400'
    assert answers[3].json() == {"error-codes": ["rate-limited"]}
    assert standing(answers[3]) == '"burst";r=0'
    assert client.get("/whoever", REMOTE_ADDR="203.0.113.8").status_code == 200


@pytest.mark.usefixtures("everywhere")
def test_a_view_s_own_limit_is_told_as_well() -> None:
    assert standing(post("limited")) == '"letters";r=1, "burst";r=2, "day";r=99'


@pytest.mark.usefixtures("everywhere")
def test_every_request_counts_under_asgi() -> None:
    async def visit() -> list[Any]:
        client = AsyncClient()
        return list(await asyncio.gather(*(client.get("/whoever") for _ in range(8))))

    answers = asyncio.run(visit())
    assert Counter(answer.status_code for answer in answers) == {200: 3, 429: 5}
    assert all("RateLimit" in answer for answer in answers)


def test_a_site_without_limits_counts_nothing() -> None:
    with override_settings(MIDDLEWARE=MIDDLEWARE):
        answers = [Client().get("/whoever") for _ in range(5)]
    assert all(answer.status_code == 200 and "RateLimit" not in answer for answer in answers)


def test_a_store_that_fails_leaves_each_process_its_own_counts(
    layered_site: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        store = f"redis://127.0.0.1:{nobody.getsockname()[1]}"
    with override_settings(CATTLEGRID={**layered_site, "STORE": store}):
        statuses = [post("limited").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert caplog.text.count("the store cannot count") == 1
    assert "203.0.113" not in caplog.text


def test_a_limit_has_one_quota(layered_site: Settings) -> None:
    other = {**layered_site, "RATE_LIMITS": {"letters": "9/1h"}}
    with (
        override_settings(CATTLEGRID=other, MIDDLEWARE=MIDDLEWARE),
        pytest.raises(ConfigurationError, match="letters"),
    ):
        post("limited")


def test_a_test_suite_may_do_without(layered_site: Settings) -> None:
    with override_settings(CATTLEGRID={**layered_site, "TESTING": True}), layers_pass():
        assert [post("limited").status_code for _ in range(5)] == [200] * 5
