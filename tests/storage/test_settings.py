from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.storage.settings import SqlSettings


@pytest.fixture
def settings(database):
    return SqlSettings(database)


def test_what_was_never_written_is_the_default(settings):
    assert settings.read("theme") is None
    assert settings.read("theme", "light") == "light"


@pytest.mark.parametrize("value", [{"a": [1, "ü", None]}, "dark", 0, False, None, []])
def test_a_value_comes_back(settings, value):
    settings.write("theme", "before")
    settings.write("theme", value)
    assert settings.read("theme", "default") == value


def test_threads_may_write_the_same_name(settings):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: settings.write("n", n), range(64)))
    assert settings.read("n") in range(64)
