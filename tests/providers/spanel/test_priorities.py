"""What the order of routes becomes in a panel that knows priorities."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from app.core.model import Route, RouteKind
from app.providers.spanel.routes import with_priorities
from app.providers.spanel.wire import HERE

HOSTS = [f"mx{i}.example" for i in range(6)]


def there(*numbers: int | None) -> tuple[Route, ...]:
    return tuple(Route(host, priority=number) for host, number in zip(HOSTS, numbers, strict=False))


def numbers(hosts: list[str], now: tuple[Route, ...] = ()) -> list[int | None]:
    return [route.priority for route in with_priorities(hosts, now)]


def test_new_ones_are_numbered_in_tens() -> None:
    assert numbers(HOSTS[:3]) == [10, 20, 30]
    assert numbers(HOSTS[:2], (HERE,)) == [10, 20]


def test_those_that_stay_keep_their_numbers() -> None:
    assert numbers(HOSTS[:2], there(5, 5)) == [5, 5]
    assert numbers([HOSTS[1]], there(5, 7)) == [7]


def test_new_ones_find_room() -> None:
    assert numbers([*HOSTS[:2], "new.example"], there(5, 5)) == [5, 5, 15]
    assert numbers(["new.example", HOSTS[0]], there(50)) == [40, 50]
    assert numbers(["new.example", HOSTS[0]], there(1)) == [0, 1]
    assert numbers([HOSTS[0], "new.example", HOSTS[1]], there(10, 12)) == [10, 11, 12]


def test_all_are_numbered_anew_where_there_is_no_room() -> None:
    assert numbers([HOSTS[0], "new.example", HOSTS[1]], there(10, 10)) == [10, 20, 30]
    assert numbers(["new.example", HOSTS[0]], there(0)) == [10, 20]
    assert numbers([HOSTS[1], HOSTS[0]], there(5, 7)) == [10, 20]


@given(
    st.permutations(HOSTS).flatmap(lambda hosts: st.integers(0, 6).map(lambda n: hosts[:n])),
    st.lists(st.integers(0, 40) | st.none(), max_size=6),
)
def test_the_panel_tries_them_in_the_order_that_was_asked_for(
    hosts: list[str], given_: list[int | None]
) -> None:
    now = tuple(sorted(there(*given_), key=lambda route: route.priority or 0))
    after = with_priorities(hosts, now)
    assert [route.host for route in after] == hosts
    assert all(route.kind is RouteKind.REMOTE and route.priority is not None for route in after)
    old = [route.host for route in now]
    for one, other in itertools.pairwise(after):
        assert one.priority <= other.priority
        if one.priority == other.priority:  # only where they were equal before, in this order
            assert old.index(one.host) < old.index(other.host)
            assert now[old.index(one.host)].priority == now[old.index(other.host)].priority
