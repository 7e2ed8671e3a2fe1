"""The guard rails are numbers; here they are."""

import pytest

from app.core.errors import Conflict, Invalid
from app.operations.guard import check_sum, check_typed, needs_typing, shrank_suspiciously


@pytest.mark.parametrize(
    ("items", "removals", "needed"),
    [(1, 0, False), (10, 0, False), (11, 0, True), (1, 1, True), (0, 0, False)],
)
def test_much_work_and_every_removal_is_confirmed_by_typing(items, removals, needed):
    assert needs_typing(items, removals) is needed


@pytest.mark.parametrize("typed", ["example.org", " Example.ORG\n", "EXAMPLE.org"])
def test_case_and_blanks_do_not_matter(typed):
    check_typed("example.org", typed)


@pytest.mark.parametrize("typed", ["", "example.or", "example.org.", "example org"])
def test_anything_else_is_refused_on_its_field(typed):
    with pytest.raises(Invalid) as caught:
        check_typed("example.org", typed)
    assert "Type example.org to confirm" in str(caught.value.fields["confirm"])


def test_only_the_plan_that_was_confirmed_runs():
    check_sum("", "abc")
    check_sum("abc", "abc")
    with pytest.raises(Conflict, match="Nothing was changed"):
        check_sum("abc", "abd")


@pytest.mark.parametrize(
    ("known", "missing", "held"),
    [
        (9, 9, False),
        (10, 3, False),
        (10, 4, True),
        (10, 10, True),
        (1000, 300, False),
        (1000, 301, True),
        (0, 0, False),
    ],
)
def test_a_list_that_lost_more_than_three_in_ten_is_held(known, missing, held):
    assert shrank_suspiciously(known, missing) is held
