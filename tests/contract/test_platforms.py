"""Platforms are read, changed, added and taken away, each with the way back; what is in use or hidden is left alone."""

import pytest

from app.core.capabilities import Capability
from app.core.errors import Conflict, Invalid

CAN = Capability
NEW = {"name": "Branch", "routes": [{"host": "branch.example", "port": 2525}], "default": False}


def platforms(subject):
    return list(subject.driver.read_platforms(subject.about.domain))


def entered(subject):
    """The platforms as `SetPlatforms` takes them."""
    return [
        {
            "id": one.id,
            "name": one.name,
            "default": one.default,
            "routes": [
                {"host": r.host, "port": r.port or 25, "transport": r.transport.value} for r in one.routes
            ],
        }
        for one in platforms(subject)
    ]


@pytest.mark.needs(CAN.PLATFORMS_READ)
def test_one_is_the_default_and_gives_the_domain_its_routes(subject):
    found = platforms(subject)
    [default] = [one for one in found if one.default]
    assert default.routes == subject.there().routes
    assert all(one.mailboxes is None or one.mailboxes >= 0 for one in found)


@pytest.mark.needs(CAN.PLATFORMS_WRITE)
def test_one_is_added_changed_and_taken_away(subject):
    before = entered(subject)
    wish = subject.wish("platforms.set", platforms=[*before, NEW], expected=before)
    added = subject.carry_out(wish)
    assert subject.driver.plan(subject.wish("platforms.set", platforms=[*before, NEW])) == []
    now = entered(subject)
    assert [one["name"] for one in now] == [*(one["name"] for one in before), "Branch"]
    assert {one["id"] for one in before} < {one["id"] for one in now}
    changed = [{**now[-1], "name": "Annex", "routes": [{"host": "annex.example"}]}]
    edited = subject.carry_out(subject.wish("platforms.set", platforms=[*now[:-1], *changed]))
    assert entered(subject)[-1]["id"] == now[-1]["id"] and entered(subject)[-1]["name"] == "Annex"
    subject.undo(edited)
    assert entered(subject) == now
    subject.undo(added)
    assert (
        entered(subject) == before
        and subject.driver.plan(subject.wish("platforms.set", platforms=before)) == []
    )


@pytest.mark.needs(CAN.PLATFORMS_WRITE)
def test_what_moved_meanwhile_is_left_alone(subject):
    before = entered(subject)
    with pytest.raises(Conflict):
        stale = [{**before[0], "routes": [{"host": "stale.example"}], "default": True}]
        subject.driver.plan(subject.wish("platforms.set", platforms=[*before, NEW], expected=stale))
    with pytest.raises(Conflict):
        subject.driver.plan(
            subject.wish("platforms.set", platforms=[{**NEW, "id": "zzzzz", "default": True}])
        )
    [step] = subject.driver.plan(subject.wish("platforms.set", platforms=[*before, NEW]))
    subject.carry_out(subject.wish("platforms.set", platforms=[*before, {**NEW, "name": "Theirs"}]))
    with pytest.raises(Conflict):
        subject.driver.apply(step)


@pytest.mark.needs(CAN.PLATFORMS_WRITE)
def test_what_cannot_be(subject):
    before = entered(subject)
    for bad in (
        [],
        [{**NEW, "default": False}],
        [*before, {**NEW, "default": True}],
        [*before, {**NEW, "name": before[0]["name"]}],
        [*before, {**NEW, "routes": []}],
    ):
        with pytest.raises(Invalid):
            subject.wish("platforms.set", platforms=bad)
