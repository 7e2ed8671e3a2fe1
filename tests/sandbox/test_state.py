"""The sandbox's tables: order, persistence, batches, and the way back to a marked content."""

import json
import threading

import pytest

from app.sandbox.state import State, Store


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.sqlite3"


def test_a_table_keeps_values_in_the_order_in_which_they_came():
    table = State().table("domains")
    table["b.example"] = {"routes": ["x"]}
    table["a.example"] = {"routes": []}
    table["b.example"] = {"routes": ["y"]}
    assert list(table) == ["b.example", "a.example"]
    assert table["b.example"] == {"routes": ["y"]}
    assert len(table) == 2
    assert "c.example" not in table


def test_tables_counters_and_order_survive_a_restart(path):
    first = Store(path)
    state = first.state("one")
    for name in ("z", "a", "m"):
        state.table("names")[name] = {"number": state.counter("row")}
    state.table("names")["z"] = {"number": 9}
    del state.table("names")["a"]
    first.close()
    again = Store(path).state("one")
    assert dict(again.table("names")) == {"z": {"number": 9}, "m": {"number": 3}}
    assert again.counter("row") == 4


def test_what_is_written_is_in_the_file_at_once(path):
    Store(path).state("one").table("t")["key"] = 1
    assert Store(path).state("one").table("t")["key"] == 1


def test_upstreams_do_not_see_each_other(path):
    store = Store(path)
    store.state("one").table("t")["key"] = 1
    assert store.state("two").empty
    assert not store.state("one").empty


def test_clear_forgets_tables_and_counters(path):
    store = Store(path)
    state = store.state("one")
    state.table("t")["key"] = 1
    state.counter("c")
    state.clear()
    assert state.empty
    assert Store(path).state("one").empty
    assert state.counter("c") == 1


def test_rewind_restores_exactly_the_marked_content(path):
    store = Store(path)
    state = store.state("one")
    state.table("t").update({"a": 1, "b": [2]})
    state.counter("c")
    state.mark()
    state.table("t")["a"] = 7
    del state.table("t")["b"]
    state.table("late")["x"] = 1
    state.counter("c")
    assert state.rewind()
    assert dict(state.table("t")) == {"a": 1, "b": [2]}
    assert list(state.table("t")) == ["a", "b"]
    assert len(state.table("late")) == 0
    assert state.counter("c") == 2
    assert dict(Store(path).state("one").table("t")) == {"a": 1, "b": [2]}


def test_rewind_without_a_mark_says_so():
    assert not State().rewind()


def test_a_value_that_is_not_json_is_refused_where_it_is_written(path):
    with pytest.raises(TypeError):
        Store(path).state("one").table("t")["key"] = {1, 2}


def test_batches_may_nest_and_are_written_at_their_end(path):
    store = Store(path)
    state = store.state("one")
    with state.batch():
        state.table("t")["a"] = 1
        with state.batch():
            state.table("t")["b"] = 2
        assert dict(Store(path).state("one").table("t")) == {}
    assert dict(Store(path).state("one").table("t")) == {"a": 1, "b": 2}


def test_walking_over_a_table_does_not_mind_writers():
    table = State().table("t")
    table.update({str(number): number for number in range(2000)})
    done = threading.Event()

    def write():
        for number in range(2000, 6000):
            table[str(number)] = number
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert json.dumps(dict(table.items()))
        assert sum(table.values()) >= 0
    writer.join()
    assert len(table) == 6000


def test_numbers_are_not_given_twice_to_several_threads():
    state = State()
    given = []

    def draw():
        given.extend(state.counter("id") for _ in range(300))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 1201))
