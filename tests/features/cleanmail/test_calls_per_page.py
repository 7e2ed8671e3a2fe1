"""How many calls a page about Cleanmail costs: one round for a domain, none for a list."""

from __future__ import annotations

import threading

from tests.browser import Browser
from tests.features.cleanmail_world import CM, CleanmailWorld
from tests.features.page import see
from tests.operations.world import wait_until

HOME = "nordwind.example"
LISTS = ("/domains/", "/domains/deleted", "/rules/", "/named-policies/", "/health/", "/changes/")
DOMAIN = ["listDomainUsers", "listDomainUsers", "singleDomain"]
"""The domain itself, and whom its two platforms serve."""

PAGES = {
    f"/domains/{CM}/{HOME}": DOMAIN,
    f"/domains/{CM}/solskin.example": ["singleDomain"],
    f"/domains/{CM}/{HOME}/aliases": DOMAIN,
    f"/domains/{CM}/{HOME}/routes": DOMAIN,
    f"/domains/{CM}/{HOME}/dkim": [*DOMAIN, "getDkim", "listDomains"],
    f"/domains/{CM}/{HOME}/email-aliases": [*DOMAIN, "listDomains", "listEmailAliasesOfDomain"],
    f"/domains/{CM}/{HOME}/email-aliases/one?address=info@{HOME}": [
        *DOMAIN,
        *("listDomains", "listDomains"),
        *("listEmailAliasesOfDomain", "listEmailAliasesOfDomain"),
        "listTargetedAddressesOfAlias",
    ],
    f"/domains/{CM}/{HOME}/platforms": [*DOMAIN, "listDomainUsers", "listDomainUsers", "listDomains"],
    f"/domains/{CM}/{HOME}/access": [
        *DOMAIN,
        *("listDomainAdmins", "listDomains", "listPermissions", "listUsersAccess"),
    ],
    f"/domains/{CM}/{HOME}/access/moreau/edit": [
        *DOMAIN,
        *("getDomainAdmin", "listAdmins", "listDomains", "listPermissions"),
    ],
    f"/domains/{CM}/{HOME}/health": [],
    f"/rules/{CM}/{HOME}": [
        "getDomainAttachmentFilters",
        "getDomainFilterRules",
        "getDomainUriBlFilters",
        "singleDomain",
    ],
    f"/policies/{CM}/{HOME}": ["listDomainOptions", "listDomains"],
    f"/named-policies/{CM}/{HOME}": ["listDomainPolicies", "listDomains"],
    f"/access/{CM}/": ["listAdmins"],
    f"/access/{CM}/admins/moreau": ["getAdmin", "listAdmins", "listAdmins", "listOfUserTokens"],
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
        assert calls(world) == sorted(expected), path


def test_the_calls_of_the_page_of_a_policy(world: CleanmailWorld, admin: Browser) -> None:
    """The policy by its own call, and beside it who uses it."""
    page = see(admin, f"/named-policies/{CM}/{HOME}")
    policy = next(
        link for link in page.links if link.startswith(f"/named-policies/{CM}/{HOME}/") and "new" not in link
    )
    world.sandbox.calls["cleanmail"].clear()
    see(admin, policy)
    assert calls(world) == ["listDomainUsers", *["listDomains"] * 2, *["singleDomainPolicy"] * 2]


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
