"""What our script adds to pages, in Chromium under the content security policy; and the same pages without script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route
from werkzeug.serving import make_server

from tests.web.frame_app import make_app

AXE = (Path(__file__).resolve().parents[1] / "journeys" / "assets" / "axe.min.js").read_text()

pytestmark = pytest.mark.browser

HEAD = '{% extends "base.html" %}{% import "_macros.html" as ui %}{% block title %}A page{% endblock %}'

TABLE = """{% block content %}<section class="card">
{% call ui.filter_bar("/table", {"sort": "name"}) %}
  {{ ui.filter_search("q", "Find") }}{{ ui.filter_select("health", "Health", [("", "Any"), ("fail", "Failing")]) }}
  {{ ui.filter_select("status", "Status", [("", "Any"), ("on", "On")]) }}
{% endcall %}
{% call ui.selection_bar("bulk", "/table") %}<button class="btn" name="do" value="check">Check</button>{% endcall %}
{% call ui.table("Domains") %}<thead><tr>{{ ui.select_all() }}<th scope="col">Domain</th><th scope="col">More</th></tr></thead>
<tbody>{% for name in ["a.net", "b.net", "c.net"] %}<tr>{{ ui.select_row(name, name, "bulk") }}<td>{{ ui.verdict("fail", name) }}</td>
<td>{{ ui.menu("menu-" ~ loop.index, "Actions for " ~ name, [{"label": "Check now", "url": "/check"}]) }}</td></tr>{% endfor %}</tbody>
{% endcall %}</section>{% endblock %}"""

ROWS = """{% block content %}<form method="post" class="card gh-form"><div class="card-body">{{ ui.csrf_field() }}
<fieldset data-rows="hops"><legend>Routes</legend>{{ ui.default_submit() }}<div data-rows-list>
{% for i in range(2) %}<div class="gh-row" data-row data-label="Route" role="group" aria-label="Route">
{{ ui.input("hops-%s-host" % i, "Host") }}
<button type="submit" class="btn" name="move_row" value="hops-{{ i }}" data-row-up>Up</button>
<button type="submit" class="btn" name="remove_row" value="hops-{{ i }}" data-row-remove>Remove</button></div>{% endfor %}
</div><button type="submit" class="btn" name="add_row" value="hops" data-rows-add>Add</button></fieldset>
{{ ui.submit_row("Save", name="save", value="yes") }}</div></form>{% endblock %}"""

CONFIRM = """{% block content %}<form method="post" class="gh-form">{{ ui.csrf_field() }}
{{ ui.input("confirm", "Type a.net", **{"data-confirm": "a.net"}) }}{{ ui.submit_row("Remove", tone="danger") }}</form>{% endblock %}"""

KIT = """{% block scripts %}{{ ui.chart_library() }}{% endblock %}{% block content %}
{{ ui.chart("c", "Mail", ["Mo", "Tu"], [{"label": "Clean", "values": [1, 2], "tone": "green"}]) }}
{% call ui.card("States") %}{% for s in ["up", "slow", "down", "running", "unknown"] %}{{ ui.state(s) }}{% endfor %}
{% for v in ["pass", "warn", "fail", "unknown"] %}{{ ui.verdict(v) }}{{ ui.verdict_dot(v) }}{% endfor %}
{{ ui.source("own") }}{{ ui.source("inherited") }}{{ ui.source("default") }}{% endcall %}
{{ ui.note_line("It did not answer.") }}{{ ui.note_line("It refused.", "red") }}
{{ ui.tabs([{"label": "One", "url": "#", "active": True, "count": 2, "tone": "red"}, {"label": "Two", "reason": "No call"}], "Parts") }}
{% call ui.card("Values") %}{{ ui.key_values([("A", "b")]) }}{{ ui.usage("Disk", 9, 10) }}{{ ui.progress(1, 2) }}
{{ ui.copyable("v=DKIM1", "Record") }}{{ ui.gap_button("g", "Move", "There is no call for it.") }}{% endcall %}
{% call ui.danger_zone() %}{{ ui.danger_item("Remove", "For good.", "Remove…", "/x") }}{% endcall %}
{{ ui.calls_table([{"method": "GET", "path": "/a", "status": 502, "ms": 3, "curl": "curl a", "purpose": "", "at": none}], open=True) }}
{% endblock %}"""

PART = """{% block content %}<button class="btn" hx-post="/answer" hx-target="#part">Ask</button>
<button class="btn" hx-post="/broken" hx-target="#part">Break</button><p id="part">before</p>{% endblock %}"""

PAGES = {"part": PART, "table": TABLE, "rows": ROWS, "confirm": CONFIRM, "kit": KIT}


@pytest.fixture(scope="module")
def app() -> Flask:
    app = make_app()
    app.config["PAGES"] = {name: HEAD + source for name, source in PAGES.items()}
    app.config["PAGES"] |= {"check": HEAD, "answer": "after", "broken": "{{ 1 / 0 }}"}
    return app


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def faults() -> list[str]:
    """What the browser complained about; every test checks that it stays empty."""
    return []


@pytest.fixture
def page(chromium: Browser, address: str, faults: list[str]) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=address,
        viewport={"width": 1280, "height": 800},
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def bare_page(chromium: Browser, address: str) -> Iterator[Page]:
    """A phone without script."""
    context = chromium.new_context(
        base_url=address, viewport={"width": 390, "height": 800}, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def serious(page: Page) -> list[Any]:
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")["violations"]
    return [
        (f["id"], [n["html"] for n in f["nodes"]]) for f in found if f["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("chord", ["/", "Control+k", "Meta+k"])
def test_keys_lead_to_the_search_box(page: Page, chord: str) -> None:
    page.goto("/kit")
    page.keyboard.press(chord)
    assert focused(page) == "search"
    page.keyboard.type("a/b")
    assert page.input_value("#search") == "a/b"


def test_a_slash_in_another_field_is_a_slash(page: Page) -> None:
    page.goto("/confirm")
    page.focus("#confirm")
    page.keyboard.type("a/b")
    assert page.input_value("#confirm") == "a/b"


def test_a_filter_sends_itself_and_keeps_the_address_short(page: Page) -> None:
    page.goto("/table")
    page.select_option("#filter-health", "fail")
    page.wait_for_url("**/table?sort=name&health=fail")


def test_chosen_rows_are_counted_and_travel_with_the_action(page: Page, app: Flask) -> None:
    page.goto("/table")
    assert not page.is_visible("#bulk")
    page.check('[value="b.net"]')
    assert page.inner_text("[data-selection-count]") == "1"
    assert page.evaluate("document.querySelector('[data-select-all]').indeterminate")
    page.check("[data-select-all]")
    assert page.inner_text("[data-selection-count]") == "3"
    page.uncheck('[value="a.net"]')
    page.click("#bulk button")
    page.wait_for_load_state()
    path, form = app.config["POSTED"][-1]
    assert (path, form["selected"], form["do"]) == ("table", ["b.net", "c.net"], ["check"])


def test_a_row_menu_opens_by_keyboard_and_closes_with_escape(page: Page) -> None:
    page.goto("/table")
    page.focus('[popovertarget="menu-2"]')
    page.keyboard.press("Enter")
    assert page.is_visible("#menu-2 >> text=Check now")
    assert serious(page) == []
    page.keyboard.press("Escape")
    assert not page.is_visible("#menu-2")


def test_rows_are_added_moved_and_removed_in_place(page: Page, app: Flask) -> None:
    page.goto("/rows")
    page.fill("#hops-0-host", "a")
    page.fill("#hops-1-host", "b")
    page.click("[data-rows-add]")
    assert focused(page) == "hops-2-host"
    assert page.input_value("#hops-2-host") == ""
    page.keyboard.type("c")
    page.click("[data-row-up] >> nth=2")
    page.click("[data-row-remove] >> nth=0")
    page.click("text=Save")
    page.wait_for_load_state()
    _, form = app.config["POSTED"][-1]
    assert (form["hops-0-host"], form["hops-1-host"]) == (["c"], ["b"])
    assert "hops-2-host" not in form


@pytest.mark.parametrize("script", [True, False])
def test_the_enter_key_saves_and_touches_no_row(
    chromium: Browser, app: Flask, address: str, script: bool
) -> None:
    context = chromium.new_context(base_url=address, java_script_enabled=script)
    page = context.new_page()
    page.goto("/rows")
    page.fill("#hops-0-host", "a")
    page.press("#hops-0-host", "Enter")
    page.wait_for_load_state()
    context.close()
    _, form = app.config["POSTED"][-1]
    assert form["hops-0-host"] == ["a"]
    assert not {"move_row", "remove_row", "add_row"} & form.keys()


def test_the_last_row_is_emptied_not_removed(page: Page) -> None:
    page.goto("/rows")
    page.fill("#hops-0-host", "a")
    page.click("[data-row-remove] >> nth=1")
    page.click("[data-row-remove] >> nth=0")
    assert page.locator("[data-row]").count() == 1
    assert page.input_value("#hops-0-host") == ""


def test_a_second_click_does_not_send_again(page: Page) -> None:
    page.goto("/rows")
    sent: list[str] = []

    def stay(route: Route) -> None:
        sent.append(route.request.post_data or "")
        route.fulfill(status=204)

    page.route("**/rows", stay)
    page.click("[name=save]", no_wait_after=True)
    page.wait_for_selector("[name=save]:disabled")
    page.click("[name=save]", force=True)
    assert len(sent) == 1
    assert "save=yes" in sent[0]


def test_htmx_sends_the_token_and_puts_the_answer_in(page: Page) -> None:
    page.goto("/part")
    page.click("text=Ask")
    page.wait_for_selector("#part:text-is('after')")


def test_a_failed_part_leaves_what_was_there(page: Page, faults: list[str]) -> None:
    page.goto("/part")
    page.evaluate(
        "() => { ended = new Promise(end => addEventListener('htmx:finally:request', () => end(true))) }"
    )
    page.click("text=Break")
    assert page.evaluate("ended")
    assert page.inner_text("#part") == "before"
    assert len(faults) == 1
    assert "500" in faults.pop()


def test_the_button_waits_for_the_typed_confirmation(page: Page) -> None:
    page.goto("/confirm")
    assert page.is_disabled(".btn-danger")
    page.fill("#confirm", "a.net")
    assert page.is_enabled(".btn-danger")
    page.fill("#confirm", "a.ne")
    assert page.is_disabled(".btn-danger")


def test_a_text_is_copied(page: Page) -> None:
    page.goto("/kit")
    page.click(".gh-copyable [data-copy]")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "v=DKIM1"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["table", "rows", "confirm", "kit"])
def test_pages_are_accessible_in_both_colours(page: Page, app: Flask, name: str, theme: str) -> None:
    app.config["FRAME"] = {"theme": theme, "insecure_connections": ["SPanel"]}
    page.goto(f"/{name}")
    assert serious(page) == []


def test_the_automatic_colours_follow_the_system(page: Page, app: Flask) -> None:
    app.config["FRAME"] = {"theme": "auto"}
    page.emulate_media(color_scheme="dark")
    page.goto("/kit")
    assert page.get_attribute("html", "data-bs-theme") == "dark"
    page.emulate_media(color_scheme="light")
    page.wait_for_selector('html[data-bs-theme="light"]')


def test_a_chart_is_drawn_from_its_attributes(page: Page) -> None:
    page.goto("/kit")
    assert page.evaluate("Chart.getChart('c').data.datasets[0].data") == [1, 2]


@pytest.mark.parametrize("name", ["table", "rows", "kit"])
def test_a_phone_needs_no_sideways_scrolling(page: Page, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"/{name}")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_navigation_of_a_phone_opens_and_closes(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/kit")
    assert not page.is_visible("nav >> text=Domains")
    page.press(".gh-burger", "Enter")
    assert page.is_visible("nav >> text=Domains")
    assert page.get_attribute(".gh-burger", "aria-expanded") == "true"
    assert serious(page) == []
    page.press(".gh-burger", " ")
    assert not page.is_visible("nav >> text=Domains")


def test_without_script_the_navigation_opens_by_its_link(bare_page: Page) -> None:
    bare_page.goto("/kit")
    bare_page.click(".gh-burger")
    assert bare_page.is_visible("nav >> text=Domains")
    bare_page.click(".gh-side-close")
    assert not bare_page.is_visible("nav >> text=Domains")


def test_without_script_nothing_is_out_of_reach(bare_page: Page) -> None:
    bare_page.goto("/table")
    assert bare_page.is_visible("text=With the selected rows:")
    assert bare_page.is_visible("button >> text=Filter")
    assert not bare_page.is_visible("[data-select-all]")
    bare_page.click('[popovertarget="menu-1"]')
    assert bare_page.is_visible("#menu-1 >> text=Check now")
    bare_page.goto("/kit")
    assert bare_page.is_visible("text=Mail: the numbers")
    assert not bare_page.is_visible("canvas")


def test_without_script_dark_still_follows_the_system(chromium: Browser, app: Flask, address: str) -> None:
    app.config["FRAME"] = {"theme": "auto"}
    context = chromium.new_context(base_url=address, color_scheme="dark", java_script_enabled=False)
    page = context.new_page()
    page.goto("/confirm")
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(19, 26, 37)"
    context.close()
