"""A network's budget: whose it is, that nobody can borrow another's, and that no address is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from quart import Quart
from redis.asyncio import Redis

from server.live.networks import KEY_LIVES_MS, Networks, client_address, network_of, read_proxies
from server.settings import SettingsError, _proxies
from server.web.parts import WebParts
from tests.acts.building import NOW, live_town
from tests.web.browsing import SAME, Client

PROXIES = read_proxies(["10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", [], "198.51.100.7"),
        (
            "198.51.100.7",
            ["203.0.113.9"],
            "198.51.100.7",
        ),  # no listed proxy: nothing it says counts
        ("10.1.2.3", ["203.0.113.9"], "203.0.113.9"),
        ("10.1.2.3", ["192.0.2.1, 203.0.113.9"], "203.0.113.9"),  # the left part is invented
        ("10.1.2.3", ["192.0.2.1", "203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        ("::1", ["2001:db8::5"], "2001:db8::5"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["nonsense"], "nonsense"),
    ],
)
def test_only_a_listed_proxy_says_whom_it_forwards(
    peer: str, forwarded: list[str], address: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == address


def test_an_office_shares_one_network_and_nonsense_another() -> None:
    assert network_of("198.51.100.7") == network_of("198.51.100.200") == "198.51.100.0/24"
    assert network_of("::ffff:198.51.100.7") == "198.51.100.0/24"
    assert network_of("2001:db8:0:1::9") == network_of("2001:db8:0:1:7::") != "unknown"
    assert network_of("nonsense") == network_of("") == "unknown"


def test_a_network_waits_alone_and_its_key_changes_each_hour() -> None:
    networks = Networks()
    assert [networks.take("198.51.100.1", 2, 0) for _ in range(2)] == [0, 0]
    assert networks.take("198.51.100.2", 2, 0) > 0
    assert networks.take("203.0.113.1", 2, 0) == 0
    before = networks._key
    assert networks.take("198.51.100.1", 2, KEY_LIVES_MS) == 0 and networks._key != before


async def test_too_much_from_a_network_is_told_with_a_time_and_leaves_no_trace(
    store: Redis, app: Quart
) -> None:
    town = await live_town(store)
    app.extensions["openfloor"] = replace(
        cast(WebParts, app.extensions["openfloor"]), network_per_min=1, clock=lambda: NOW
    )
    client, path = Client(app), f"/meetings/{town.meeting.slug}/join"
    assert (await client.send("POST", path, {"code": "x"}, headers=SAME))[0] == 404
    status, answer = await client.send("POST", path, {"code": town.meeting.code}, headers=SAME)
    assert status == 429 and "Please wait 60 s" in answer["error"]["message"]
    assert answer["error"]["retry_in"] == 60
    assert not [key async for key in store.scan_iter("of:bucket:net*")]


def test_an_odd_proxy_is_named_at_the_start() -> None:
    assert _proxies("10.0.0.0/8, ::1,") == ("10.0.0.0/8", "::1")
    with pytest.raises(SettingsError, match="OPENFLOOR_TRUSTED_PROXIES"):
        _proxies("proxy.example")
