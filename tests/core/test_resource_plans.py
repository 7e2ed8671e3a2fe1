"""From a wish about a resource to steps, and from a look upstream to what became of them."""

from __future__ import annotations

import pytest

from app.core.actor import Right
from app.core.commands import ActOnResource, from_json
from app.core.errors import Conflict, NotFound, NotSupported
from app.core.model import FieldKind
from app.core.plan import Seen, Verb
from app.core.resource_plans import ResourcePlans, values_to_send
from app.core.resources import Action, Area, Column, Field, Resource, ResourceKind, ResourcePage
from app.core.secret import MASK, Secret
from app.core.text import msg

L = msg("It")
NAME = Field("name", msg("Name"), required=True, key=True)
QUOTA = Field("quota", msg("Quota"), FieldKind.NUMBER)
NOTE = Field("note", msg("Note"), empties=True)
WHY = Field("why", msg("Why"), shown=False)
PASSWORD = Field("password", msg("Password"), FieldKind.SECRET)


def act(name, *fields, **more):
    return Action(name, L, L, Right.CHANGE_MAILBOXES, "call", fields, **more)


BOXES = ResourceKind(
    "boxes",
    msg("Boxes"),
    msg("Box"),
    Area.MAILBOXES,
    ("list",),
    (Column("name", L), Column("suspended", L)),
    (
        act("add", NAME, QUOTA, NOTE, PASSWORD),
        act("edit", QUOTA, NOTE, PASSWORD),
        act("remove", risk=True, lost=(msg("Its mail."),)),
        act("suspend", WHY, effect={"suspended": True}, wants={"suspended": False}, undo="unsuspend"),
        act("unsuspend", effect={"suspended": False}, wants={"suspended": True}, undo="suspend"),
        act("welcome"),
    ),
)
LINES = ResourceKind(
    "lines",
    msg("Lines"),
    msg("Line"),
    Area.MAILBOXES,
    ("list",),
    (),
    (act("add", QUOTA, NOTE), act("remove")),
)
BLIND = ResourceKind(
    "blind", msg("Blind"), msg("Blind"), Area.MAILBOXES, (), (), (act("add", NAME),), listable=False
)


class Shelf:
    """An upstream in memory."""

    def __init__(self):
        self.rows = {"info": {"name": "info", "quota": 10, "note": "", "suspended": False}}
        self.broken = None

    def list_resources(self, _kind, _at, _query):
        return ResourcePage([Resource(key, dict(values)) for key, values in self.rows.items()])

    def read_resource(self, _kind, _at, key):
        if self.broken:
            raise self.broken
        if key not in self.rows:
            raise NotFound(msg("Not there."))
        return Resource(key, dict(self.rows[key]), ref=1)


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def plans(shelf):
    return ResourcePlans([BOXES, LINES, BLIND], shelf)


def wish(action, key="", kind="boxes", **more):
    return ActOnResource(connection="prod", kind=kind, action=action, key=key, **more)


def test_an_edit_sends_what_differs_and_goes_back(plans, shelf):
    values = {"quota": "20", "note": "", "password": Secret("hunter22")}
    [step] = plans.plan(wish("edit", "info", values=values))
    assert (step.verb, step.subject) == (Verb.RESOURCE_EDIT, "Box info")
    assert values_to_send(step) == {"quota": "20", "password": "hunter22"}
    assert (step.before, step.after) == ({"Quota": 10}, {"Quota": "20", "Password": MASK})
    assert "hunter22" not in str((step.inverse, step.after, step.subject)) and len(step.lost) == 1
    assert plans.observe(step).seen is Seen.NOT_DONE
    shelf.rows["info"]["quota"] = 20
    assert plans.observe(step).seen is Seen.DONE
    [back] = plans.plan(from_json(step.inverse[0]))
    assert values_to_send(back) == {"quota": 10}
    shelf.rows["info"]["quota"] = 30
    assert plans.observe(step).seen is Seen.DIFFERS
    del shelf.rows["info"]
    assert plans.observe(step).seen is Seen.DIFFERS


def test_an_edit_of_nothing_or_of_what_moved(plans, shelf):
    assert plans.plan(wish("edit", "info", values={"quota": 10, "note": ""})) == []
    with pytest.raises(Conflict):
        plans.plan(wish("edit", "info", values={"quota": 20}, expected={"quota": 5}))
    assert plans.plan(wish("edit", "info", values={"quota": 20}, expected={"quota": "10", "note": "other"}))
    with pytest.raises(NotFound):
        plans.plan(wish("edit", "nobody", values={"quota": 20}))
    [step] = plans.plan(wish("edit", "info", values={"password": Secret("x")}))
    assert step.inverse is None and plans.observe(step).seen is Seen.CANNOT_TELL


def test_an_addition_and_its_removal(plans, shelf):
    command = wish("add", values={"name": "new", "quota": 5})
    [step] = plans.plan(command)
    assert step.args["key"] == "new" and plans.observe(step).seen is Seen.NOT_DONE
    shelf.rows["new"] = {"name": "new", "quota": 5, "note": "", "suspended": False}
    assert plans.observe(step).seen is Seen.DONE and plans.plan(command) == []
    with pytest.raises(Conflict):
        plans.plan(wish("add", values={"name": "new", "quota": 6}))
    with pytest.raises(Conflict):
        plans.plan(wish("add", values={"name": "new", "password": Secret("nobody can compare it")}))
    [removal] = plans.plan(from_json(step.inverse[0]))
    assert removal.before["quota"] == 5 and str(removal.lost[0]) == "Its mail."
    again = from_json(removal.inverse[0])
    assert again.action == "add" and again.values == {"name": "new", "quota": 5}
    assert plans.observe(removal).seen is Seen.NOT_DONE
    del shelf.rows["new"]
    assert plans.observe(removal).seen is Seen.DONE


def test_an_addition_whose_key_only_the_upstream_makes(plans, shelf):
    shelf.rows = {"1": {"quota": 5, "note": "a"}}
    [step] = plans.plan(wish("add", kind="lines", values={"quota": 5, "note": "a"}))
    assert step.args["others"] == ["1"] and plans.observe(step).seen is Seen.NOT_DONE
    shelf.rows["2"] = {"quota": 5, "note": "a"}
    assert plans.observe(step).seen is Seen.DONE
    undo = from_json(step.inverse[0])
    with pytest.raises(Conflict):
        plans.plan(undo)
    del shelf.rows["1"]
    [removal] = plans.plan(undo)
    assert removal.args["key"] == "2"


def test_paired_actions(plans, shelf):
    [step] = plans.plan(wish("suspend", "info"))
    assert step.before == {"suspended": False} and from_json(step.inverse[0]).action == "unsuspend"
    assert plans.observe(step).seen is Seen.NOT_DONE
    shelf.rows["info"]["suspended"] = True
    assert plans.observe(step).seen is Seen.DONE and plans.plan(wish("suspend", "info")) == []
    assert plans.plan(wish("suspend", "info", values={"why": "unpaid"})) == []  # nothing tells why it is so
    [letter] = plans.plan(wish("welcome", "info"))
    assert letter.inverse is None and plans.observe(letter).seen is Seen.CANNOT_TELL


def test_what_cannot_be_read_is_added_unseen(plans, shelf):
    [step] = plans.plan(wish("add", kind="blind", values={"name": "x"}))
    assert plans.observe(step).seen is Seen.CANNOT_TELL
    shelf.broken = NotSupported("read", msg("An older one."))
    assert plans.plan(wish("add", values={"name": "new"}))
    with pytest.raises(NotFound):
        plans.plan(wish("nonsense"))
