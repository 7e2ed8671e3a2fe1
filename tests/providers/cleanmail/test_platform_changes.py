"""What only Cleanmail's platforms have: secrets that it does not show, and mailboxes that they serve."""

import pytest

from app.core.errors import Conflict, NotSupported

HOME = "nordwind.example"
SEALED = "hotelduphare.example"


def entered(cm, domain=HOME):
    return [
        {
            "id": one.id,
            "name": one.name,
            "default": one.default,
            "routes": [
                {"host": r.host, "port": r.port or 25, "transport": r.transport.value} for r in one.routes
            ],
        }
        for one in cm.driver.read_platforms(domain)
    ]


def test_mailboxes_of_other_platforms_are_counted(cm):
    found = {one.name: one for one in cm.driver.read_platforms(HOME)}
    assert found["Warehouse"].mailboxes == 1 and not found["Warehouse"].default
    assert found["Main"].default and found["Main"].sign_in == "local" and not found["Main"].sealed
    [hidden] = cm.driver.read_platforms(SEALED)
    assert hidden.sealed and hidden.sign_in == "ldap"


def test_a_platform_with_hidden_settings_is_never_written(cm, wish):
    now = entered(cm, SEALED)
    new = [{**now[0], "routes": [{"host": "other.example"}]}]
    with pytest.raises(NotSupported, match="could erase them"):
        cm.driver.plan(wish("platforms.set", domain=SEALED, platforms=new))


def test_a_platform_that_mailboxes_use_stays(cm, wish):
    rest = [one for one in entered(cm) if one["name"] != "Warehouse"]
    with pytest.raises(Conflict, match="serves 1 mailboxes"):
        cm.driver.plan(wish("platforms.set", domain=HOME, platforms=rest))
    assert not any(record.write for record in cm.records)


def test_another_one_becomes_the_default_and_back(cm, do, undo):
    before = entered(cm)
    flipped = [{**one, "default": not one["default"]} for one in before]
    [step] = do("platforms.set", domain=HOME, platforms=flipped)
    assert [one["default"] for one in entered(cm)] == [one["default"] for one in flipped]
    assert [r.host for r in cm.driver.read_domain(HOME).routes] == ["mail.hosting.example"]
    undo(step)
    assert entered(cm) == before


def test_what_the_command_does_not_know_stays_as_it_came(cm, do, row):
    before = {one["id"]: one for one in row(HOME)["platforms"]}
    do("platforms.set", domain=HOME, platforms=[{**one, "name": f"{one['name']} 2"} for one in entered(cm)])
    after = {one["id"]: one for one in row(HOME)["platforms"]}
    assert {i: {**one, "name": ""} for i, one in before.items()} == {
        i: {**one, "name": ""} for i, one in after.items()
    }
