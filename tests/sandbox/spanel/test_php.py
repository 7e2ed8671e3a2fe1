"""PHP's way to read a form."""

from __future__ import annotations

import base64
import json
import random
import shutil
import subprocess
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sandbox.spanel.php import MAX_DEPTH, MAX_VARIABLES, parse_form
from tests.sandbox.spanel.conftest import flatten

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = TEXT.filter(lambda name: name and not set(name) & set("[. \0"))
KEYS = TEXT.filter(lambda key: not set(key) & set("]\0") and key.strip() and not key.lstrip("-").isdigit())
VALUES = st.recursive(
    TEXT,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4) | st.dictionaries(KEYS, inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_flatten_then_parse_is_the_identity(params):
    assert parse_form(urlencode(flatten(params)).encode()) == params


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(st.sampled_from("ab01[]=&.+% -"), max_size=60).map(str.encode))
def test_no_body_is_too_strange(body):
    assert isinstance(parse_form(body), dict)


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        ("username[0]=a&username[1]=b", {"username": ["a", "b"]}),
        ("username[]=a&username[]=b", {"username": ["a", "b"]}),
        ("record[name]=spanel.io&record[ttl]=86400", {"record": {"name": "spanel.io", "ttl": "86400"}}),
        ("permissions[domain][0]=domains", {"permissions": {"domain": ["domains"]}}),
        ("username%5B0%5D=a", {"username": ["a"]}),
        ("a[][x]=1&a[][y]=2", {"a": [{"x": "1"}, {"y": "2"}]}),
        ("a[5]=x&a[]=y", {"a": {"5": "x", "6": "y"}}),
        ("a[1]=x&a[0]=y", {"a": {"1": "x", "0": "y"}}),
        ("a[01]=x", {"a": {"01": "x"}}),
        ("a[-3]=x&a[]=y", {"a": {"-3": "x", "0": "y"}}),
        ("a=1&a=2", {"a": "2"}),
        ("a=1&a[x]=2", {"a": {"x": "2"}}),
        ("a[x]=1&a=2", {"a": "2"}),
        ("a[x]=1&a[x][y]=2", {"a": {"x": {"y": "2"}}}),
        ("a.b=1&c d=2", {"a_b": "1", "c_d": "2"}),
        ("a.b[c.d]=1", {"a_b": {"c.d": "1"}}),
        ("+a=1", {"a": "1"}),
        ("a[b=1", {"a_b": "1"}),
        ("a[b][c=1", {"a": {"b": "1"}}),
        ("a[b]c=1", {"a": {"b": "1"}}),
        ("a[b[c]=1", {"a": {"b[c": "1"}}),
        ("a[+]=1", {"a": ["1"]}),
        ("=1&[x]=2&[y=3&&b", {"b": ""}),
        ("a%00b=1&%00=2&c[x%00]=3", {"a": "1", "c_x": "3"}),
        ("a=x+y%26z", {"a": "x y&z"}),
        ("a=%FF", {"a": "�"}),
        ("", {}),
    ],
)
def test_phps_rules(body, parsed):
    assert parse_form(body.encode()) == parsed


def test_phps_limits():
    many = "&".join(f"a[]={number}" for number in range(MAX_VARIABLES + 5))
    assert len(parse_form(many.encode())["a"]) == MAX_VARIABLES
    assert parse_form(("a" + "[x]" * MAX_DEPTH + "=1").encode())
    assert parse_form(("a" + "[x]" * (MAX_DEPTH + 1) + "=1").encode()) == {}


_PHP = """while ($line = fgets(STDIN)) {
    parse_str(base64_decode($line), $parsed);
    echo json_encode((object)$parsed, JSON_INVALID_UTF8_SUBSTITUTE), "\\n";
}"""
_TOKENS = (
    "a",
    "b",
    "0",
    "1",
    "01",
    "-2",
    "[",
    "]",
    "[",
    "]",
    "[]",
    "[0]",
    "=",
    "&",
    "+",
    "%20",
    ".",
    "%5B",
    "é",
    "%00",
    "\t",
)


@pytest.mark.skipif(shutil.which("php") is None, reason="no PHP to compare with")
def test_php_itself_agrees():
    chance = random.Random(1)
    bodies = ["".join(chance.choices(_TOKENS, k=chance.randint(1, 14))) for _ in range(3000)]
    lines = "".join(base64.b64encode(body.encode()).decode() + "\n" for body in bodies)
    told = subprocess.run(["php", "-r", _PHP], input=lines, capture_output=True, text=True, check=True).stdout
    for body, parsed in zip(bodies, told.splitlines(), strict=True):
        assert (body, json.dumps(parse_form(body.encode()))) == (body, json.dumps(json.loads(parsed)))
