"""How many calls a page about Cleanmail costs: one round for a domain, none for a list."""

from __future__ import annotations

import threading

from tests.browser import Browser
from tests.features.cleanmail_world import CM, CleanmailWorld
from tests.features.page import see
from tests.operations.world import wait_until

HOME = "nordwind.example"
LISTS = ("/domains/", "/domains/deleted", "/rules/", "/named-policies/", "/health/", "/changes/")
PAGES = {
    f"/domains/{CM}/{HOME}": ["listDomainUsers", "listDomainUsers", "singleDomain"],
    f"/domains/{CM}/solskin.example": ["singleDomain"],
    f"/domains/{CM}/{HOME}/aliases": ["listDomainUsers", "listDomainUsers", "singleDomain"],
    f"/domains/{CM}/{HOME}/routes": ["listDomainUsers", "listDomainUsers", "singleDomain"],
    f"/domains/{CM}/{HOME}/dkim": [
        "getDkim",
        "listDomainUsers",
        "listDomainUsers",
        "listDomains",
        "singleDomain",
    ],
}


def calls(world: CleanmailWorld) -> list[str]:
    return sorted(world.sandbox.calls["cleanmail"].names())


def test_a_list_asks_nothing(world: CleanmailWorld, admin: Browser) -> None:
    for path in LISTS:
        assert see(admin, path).status == 200 and world.upstream_calls() == 0, path


def test_the_calls_of_a_domain_s_pages(world: CleanmailWorld, admin: Browser) -> None:
    for path, expected in PAGES.items():
        world.sandbox.calls["cleanmail"].clear()
        assert see(admin, path).status == 200
        assert calls(world) == expected, path


def test_they_are_one_round(world: CleanmailWorld, admin: Browser) -> None:
    """All of them are on their way before the first is answered."""
    path = f"/domains/{CM}/{HOME}"
    see(admin, path)
    log = world.sandbox.calls["cleanmail"]
    log.clear()
    world.fault("delay", upstream="cleanmail", seconds=0.9)
    together: list[bool] = []

    def look() -> bool:
        together.append([call["status"] for call in log.entries()] == [None] * len(PAGES[path]))
        return together[-1]

    watching = threading.Thread(target=wait_until, args=(look,))
    watching.start()
    page = see(admin, path)
    watching.join()
    assert together[-1] and "mailboxes: 1" in page.text
