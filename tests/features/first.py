"""The first tests of every page: it needs somebody signed in, the right, and the method that it is made for."""

from __future__ import annotations

from app.core.actor import RIGHTS, Right, Role
from tests.features.world import World

Pages = dict[str, tuple[str, Right]]
"""Address -> ("GET", "POST" or "GET POST", the right that it needs)."""


def check_sign_in(world: World, pages: Pages) -> None:
    """Nobody signed in is led to the sign-in page."""
    browser = world.client()
    token = browser.token("/login")
    for address, (methods, _) in pages.items():
        for method in methods.split():
            data = {"csrf_token": token} if method == "POST" else None
            answer = browser.open(address, method=method, data=data)
            assert answer.status_code == 302, (method, address, answer.status_code)
            assert answer.headers["Location"].startswith("/login"), (method, address)


def check_rights(world: World, pages: Pages) -> None:
    """Every role that lacks the right is refused, and nothing reaches the upstream."""
    for role in Role:
        browser = world.sign_in(role.value)
        token = browser.token()
        for address, (methods, right) in pages.items():
            if right in RIGHTS[role]:
                continue
            for method in methods.split():
                data = {"csrf_token": token} if method == "POST" else None
                status = browser.open(address, method=method, data=data).status_code
                assert status == 403, (role, method, address, status)
    assert world.upstream_calls() == 0


def check_methods(world: World, pages: Pages) -> None:
    """What changes something is not done by a link, and a page is not posted to."""
    browser = world.sign_in("admin")
    token = browser.token()
    for address, (methods, _) in pages.items():
        if "GET" not in methods:
            assert browser.get(address).status_code == 405, address
        if "POST" not in methods:
            assert browser.post(address, data={"csrf_token": token}).status_code == 405, address
