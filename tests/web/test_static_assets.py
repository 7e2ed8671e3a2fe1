"""What pages load: nothing from outside, nothing inline, every vendored file as published and with its licence."""

from __future__ import annotations

import hashlib
import re
from inspect import signature
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel
from jinja2 import Environment, FileSystemLoader, nodes
from jinja2.runtime import Macro

from app.web import render

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = ROOT / "templates"
NOTES = {"VERSION", "LICENSE", "NOTICE", "README.md"}

ROW = re.compile(
    r"^\| `(?P<file>[^`]+)` \| [^|]+ \| (?P<version>[\d.]+) \| (?P<licence>[^|]+) \| `(?P<sha>[0-9a-f]{64})` \|"
)

templates = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))


def environment() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, extensions=["jinja2.ext.i18n"])


def listed(readme: Path) -> list[re.Match[str]]:
    return [row for line in readme.read_text().splitlines() if (row := ROW.match(line))]


def markup(name: str) -> str:
    """The template without its comments."""
    return re.sub(r"\{#.*?#\}", "", (TEMPLATES / name).read_text(), flags=re.S)


@pytest.mark.parametrize("row", listed(VENDOR / "README.md"), ids=lambda row: row["file"])
def test_a_vendored_file_is_what_was_published(row: re.Match[str]) -> None:
    file = VENDOR / row["file"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == row["sha"]
    assert (file.parent / "VERSION").read_text().strip() == row["version"]
    assert len((file.parent / "LICENSE").read_text()) > 400


def test_every_vendored_file_is_in_the_table() -> None:
    present = {
        path.relative_to(VENDOR).as_posix()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name not in NOTES and not path.name.endswith(".LICENSE.txt")
    }
    assert present == {row["file"] for row in listed(VENDOR / "README.md")}


def test_the_accessibility_checker_is_what_was_published() -> None:
    assets = ROOT / "tests" / "journeys" / "assets"
    checker = (assets / "axe.min.js").read_bytes()
    assert re.findall(r"`([0-9a-f]{64})`", (assets / "README.md").read_text()) == [
        hashlib.sha256(checker).hexdigest()
    ]
    assert b"Mozilla Public" in checker[:600]


@pytest.mark.parametrize("name", templates)
@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        ("inline style", r"<style\b|\sstyle\s*="),
        ("inline script", r"<script\b(?![^>]*\ssrc=)"),
        ("event handler", r"\son[a-z]+\s*=\s*[\"']"),
        ("script in an address", r"javascript:"),
        ("something from outside", r"\b(?:src|href|action|srcset|formaction)\s*=\s*[\"']?\s*(?:https?:)?//"),
        ("needs eval", r"\shx-on[:=-]|[\"']js:"),
    ],
)
def test_a_template_keeps_to_the_content_security_policy(name: str, fault: str, pattern: str) -> None:
    if (name, fault) == (MAIL_BODY, "inline style"):
        pytest.skip("a mail's body has a policy of its own, which lets styles in and nothing else")
    found = re.search(pattern, markup(name), re.I)
    assert not found, f"{fault}: {found and found.group(0)}"


@pytest.mark.parametrize("name", templates)
def test_what_a_template_loads_is_there(name: str) -> None:
    for file in re.findall(r"url_for\([\"']static[\"'],\s*filename=[\"']([^\"']+)", markup(name)):
        assert (STATIC / file).is_file(), file


@pytest.mark.parametrize("file", ["gatehouse.css", "gatehouse.js", "theme.js", "passkeys.js", "api-docs.js"])
def test_our_own_assets_need_nothing_from_outside_and_no_eval(file: str) -> None:
    text = (STATIC / file).read_text()
    assert not re.search(r"https?://|@import|\beval\(|new Function|insertAdjacentHTML|\.innerHTML", text)


def test_every_icon_that_is_named_exists() -> None:
    symbols = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    pattern = re.compile(
        r"\bicon(?:_name)?\s*(?:=|\()\s*[\"']([a-z0-9-]+)[\"']|[\"']icon[\"']:\s*[\"']([a-z0-9-]+)[\"']"
    )
    sources = [*TEMPLATES.rglob("*.html"), *(ROOT / "app").rglob("*.py")]
    named = {a or b for path in sources for a, b in pattern.findall(path.read_text())}
    named |= {icon for name in templates for icon in icons_given_by_place(name)}
    assert len(named) > 30
    assert named <= symbols, sorted(named - symbols)


PLACES = {"button": 2, "post_button": 3, "empty_state": 0, "stat": 4, "gap_button": 3, "submit_row": 2}


def icons_given_by_place(name: str) -> set[str]:
    """Icons that stand as a positional argument of a macro."""
    found = set()
    for call in environment().parse((TEMPLATES / name).read_text()).find_all(nodes.Call):
        macro = getattr(call.node, "attr", None) or getattr(call.node, "name", None)
        place = PLACES.get(macro or "", 99)
        if len(call.args) > place and isinstance(call.args[place], nodes.Const) and call.args[place].value:
            found.add(call.args[place].value)
    return found


MAIL_BODY = "quarantine/body.html"
UNTRANSLATED = ("Gatehouse", "Ctrl K", "OpenAPI (JSON)", "curl")


@pytest.mark.parametrize("name", templates)
def test_every_text_can_be_translated(name: str) -> None:
    """Outside of tags a template holds no words; inside, no words in the attributes that people read or hear."""
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<style>.*?</style>", "\x00", markup(name), flags=re.S)
    heard = re.findall(r"\s(?:title|alt|placeholder|aria-label|label)=\"([^\"]*)\"", text)
    visible = re.sub(r"<!--.*?-->|<[^>]*>", "\n", text, flags=re.S)
    for words in UNTRANSLATED:
        visible = visible.replace(words, "")
    assert not re.findall(r"[A-Za-z]{2,}[^\n\x00]*", visible)
    assert not [words for words in heard if re.search(r"[A-Za-z]{2,}", words)]


@pytest.fixture(scope="module")
def pages() -> Environment:
    """The environment of real pages, with their filters."""
    app = Flask(__name__, template_folder=str(TEMPLATES))
    Babel(app)
    render.register(app)
    return app.jinja_env


@pytest.mark.parametrize("name", templates)
def test_every_template_compiles(name: str, pages: Environment) -> None:
    """An unknown filter is found here, not by the first reader."""
    pages.compile((TEMPLATES / name).read_text(), name)


@pytest.mark.parametrize("name", templates)
def test_building_blocks_are_used_as_they_are_made(name: str, pages: Environment) -> None:
    """Each `ui.<macro>(…)` exists and knows the arguments that it is given."""
    blocks = pages.get_template("_macros.html").module
    for call in pages.parse((TEMPLATES / name).read_text()).find_all(nodes.Call):
        node = call.node
        if not (
            isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == "ui"
        ):
            continue
        macro = getattr(blocks, node.attr)
        if not isinstance(macro, Macro):  # `icon`, a function that remembers
            signature(macro).bind(*call.args, **{argument.key: None for argument in call.kwargs})
            continue
        assert len(call.args) <= len(macro.arguments), node.attr
        unknown = {argument.key for argument in call.kwargs} - set(macro.arguments)
        assert macro.catch_kwargs or not unknown, (node.attr, unknown)
