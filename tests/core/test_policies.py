"""Values of a policy's fields: what a person enters, and what counts as the same."""

import pytest

from app.core.commands import EditPolicy, RemovePolicy, from_json, parse
from app.core.errors import Invalid
from app.core.model import FieldKind, PolicyField
from app.core.names import NameProblem
from app.core.policies import checked, same
from app.core.text import msg

BASE = {"connection": "prod", "domain": "a.example"}


def field(kind, **more):
    return PolicyField("x", msg("X"), kind, **more)


@pytest.mark.parametrize(
    ("kind", "more", "entered", "value"),
    [
        (FieldKind.SWITCH, {}, "ON", True),
        (FieldKind.SWITCH, {}, False, False),
        (FieldKind.NUMBER, {"minimum": 1}, " 21 ", 21),
        (FieldKind.NUMBER, {"minimum": 1}, 21.0, 21),
        (FieldKind.NUMBER, {"whole": False}, "4.5", 4.5),
        (FieldKind.NUMBER, {"maximum": 5}, 5, 5),
        (FieldKind.TEXT, {}, "[?] ", "[?] "),
        (FieldKind.TEXT, {}, "", ""),
        (FieldKind.CHOICE, {"choices": (("a", msg("A")),)}, "a", "a"),
    ],
)
def test_what_is_entered_becomes_a_value(kind, more, entered, value):
    found = checked(field(kind, **more), entered)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "more", "entered"),
    [
        (FieldKind.SWITCH, {}, "perhaps"),
        (FieldKind.NUMBER, {}, "1.5"),
        (FieldKind.NUMBER, {}, "1e99"),
        (FieldKind.NUMBER, {}, "9" * 25),
        (FieldKind.NUMBER, {}, "nan"),
        (FieldKind.NUMBER, {}, "inf"),
        (FieldKind.NUMBER, {}, True),
        (FieldKind.NUMBER, {}, ""),
        (FieldKind.NUMBER, {"minimum": 1}, "0"),
        (FieldKind.NUMBER, {"maximum": 5}, "5.1"),
        (FieldKind.NUMBER, {"whole": False, "maximum": 5}, "5.1"),
        (FieldKind.TEXT, {}, "x" * 256),
        (FieldKind.CHOICE, {"choices": (("a", msg("A")),)}, "b"),
    ],
)
def test_what_cannot_be_is_refused(kind, more, entered):
    with pytest.raises(NameProblem):
        checked(field(kind, **more), entered)


def test_short_numbers_are_the_same():
    assert same(4.1, 4.0999999046)
    assert same(5, 5.0)
    assert not same(4.1, 4.2)
    assert not same(True, 1)
    assert not same(None, 0)
    assert same(None, None)


def test_a_command_keeps_blanks_and_types_through_json():
    wish = parse(EditPolicy, {**BASE, "policy": "p", "values": {"a": " x ", "b": True, "c": 4.5, "d": 0}})
    back = from_json(wish.to_json())
    assert back == wish
    assert back.values == {"a": " x ", "b": True, "c": 4.5, "d": 0}


@pytest.mark.parametrize("value", [None, [], {}, "a\nb", "a\x00", float("nan"), float("inf"), 2**60])
def test_odd_values_are_refused_by_field(value):
    with pytest.raises(Invalid) as caught:
        parse(EditPolicy, {**BASE, "policy": "p", "values": {"a": value}})
    assert set(caught.value.fields) == {"values.a"}


@pytest.mark.parametrize("names", [{}, {"policy": "a", "name": "b"}, {"policy": ""}])
def test_a_policy_to_remove_is_named_in_one_way(names):
    with pytest.raises(Invalid):
        parse(RemovePolicy, {**BASE, **names})
