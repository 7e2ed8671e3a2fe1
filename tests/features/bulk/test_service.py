"""What a wish means for many domains, and the job that carries it out."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.actor import Actor, Right, Role
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.ports import DomainQuery, JobState
from app.features.bulk.service import ACTIONS, BulkService, Preview, Selection
from tests.features.world import ADMIN, HOME, IDN, OLS, ONLY_NORDWIND, SE, TWIN, World, actor

WERFT = "nordwind-werft.example"
VALUES: dict[str, dict[str, str]] = {
    "refresh": {},
    "check_health": {},
    "add_route": {"host": "mail.hosting.example", "port": "2525"},
    "replace_host": {"old_host": "mail.nordwind.example", "host": "new.nordwind.example", "port": "26"},
    "set_routes": {"routes": "mail.hosting.example:25, backup.nordwind.example:26"},
    "add_alias": {"alias": "{name}.alias.test"},
    "add_rule": {"what": "sender:block", "pattern": "Spam.example"},
    "set_setting": {"setting": "quarantine_days", "value": "7"},
    "reset_setting": {"setting": "quarantine_days"},
    "enable": {},
    "disable": {},
    "restore": {},
    "remove": {},
}


def some(*names: str, key: str = SE) -> Selection:
    return Selection(tuple((key, name) for name in names))


def everything(**query: Any) -> Selection:
    return Selection(query=DomainQuery(size=500, **query))


def preview(
    world: World, action: str, selection: Selection, values: dict[str, str] | None = None, who: Actor = ADMIN
) -> Preview:
    given = VALUES[action] if values is None else values
    return world.service(BulkService)[0].preview(who, action, selection, given)


def start(world: World, action: str, selection: Selection, **more: Any) -> int:
    planned = preview(world, action, selection)
    given = {"request_key": "k", "confirmed": planned.checksum, "typed": planned.typed, **more}
    return world.service(BulkService)[0].start(ADMIN, action, selection, VALUES[action], **given)


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_needs_its_own_right_and_that_of_bulk_work(reader: World, action: str) -> None:
    for right in (ACTIONS[action][1], Right.BULK):
        nobody = Actor(None, "n", Role.ADMIN, only_rights=frozenset(Right) - {right})
        with pytest.raises(Forbidden):
            preview(reader, action, some(HOME), who=nobody)


ELSEWHERE = ("enable", "disable", "restore")
"""What neither of these providers can; tests/features/cleanmail has them."""


@pytest.mark.parametrize("action", [action for action in ACTIONS if action not in ELSEWHERE])
def test_a_preview_sends_nothing_and_its_job_does_it(world: World, action: str) -> None:
    planned = preview(world, action, some(HOME, WERFT))
    assert [row.name for row in planned.todo] == [HOME, WERFT]
    assert world.upstream_calls() == 0
    job = start(world, action, some(HOME, WERFT))
    assert world.work(job) == [JobState.DONE]
    done = {change.step.domain for change in world.changes()}
    assert done == (
        set()
        if action in ("refresh", "check_health")
        else {HOME}
        if action == "reset_setting"
        else {HOME, WERFT}
    )


def test_what_each_action_did(world: World) -> None:
    port = world.sandbox.smtp_port
    expected = {
        "add_route": [("mail.nordwind.example", port), ("backup.nordwind.example", port), ("mail.hosting.example", 2525)],
        "replace_host": [("new.nordwind.example", 26), ("backup.nordwind.example", port), ("mail.hosting.example", 2525)],
        "set_routes": [("mail.hosting.example", 25), ("backup.nordwind.example", 26)],
    }  # fmt: skip
    for action, routes in expected.items():
        world.work(start(world, action, some(HOME), request_key=action))
        assert world.routes(HOME) == routes
        assert [(r.host, r.port) for r in world.row(HOME).routes] == routes
    world.work(start(world, "add_alias", some(HOME), request_key="alias"))
    assert "nordwind.alias.test" in world.upstream(HOME)["aliases"]  # type: ignore[index]
    world.work(start(world, "remove", some(HOME), request_key="remove"))
    assert world.upstream(HOME) is None and world.row(HOME) is None


def rows(planned: Preview) -> list[tuple[str, str, str]]:
    """(old, new, why it is left alone) of each row."""
    return [(row.old, row.new, str(row.skipped or "")) for row in planned.rows]


def test_the_preview_shows_old_and_new(world: World) -> None:
    p = world.sandbox.smtp_port
    old = f"mail.nordwind.example:{p}, backup.nordwind.example:{p}"
    assert rows(preview(world, "add_route", some(HOME))) == [(old, f"{old}, mail.hosting.example:2525", "")]
    assert rows(preview(world, "replace_host", some(HOME))) == [
        (old, f"new.nordwind.example:26, backup.nordwind.example:{p}", "")
    ]
    assert rows(preview(world, "set_routes", some(HOME))) == [
        (old, "mail.hosting.example:25, backup.nordwind.example:26", "")
    ]
    assert rows(preview(world, "set_setting", some(HOME))) == [("", "quarantine_days = 7", "")]
    assert rows(preview(world, "reset_setting", some(HOME))) == [("", "quarantine_days: inherited", "")]
    assert rows(preview(world, "add_alias", some(IDN), {"alias": "neu-{domain}"})) == [
        ("baeckerei-mueller.example", "+ neu-bäckerei-müller.example", "")
    ]
    assert rows(preview(world, "remove", some(IDN))) == [("bäckerei-müller.example", "", "")]


def test_only_whole_hosts_are_replaced(world: World) -> None:
    from app.core.model import Domain, Route

    routes = (Route("mx.test", 25), Route("old-mx.test", 25), Route("2001:db8::1", 26))
    world.wired.inventory.upsert(Domain(SE, "odd.test", ("münchen.test",), routes))
    values = {"old_host": "mx.test", "host": "new.test"}
    assert rows(preview(world, "replace_host", some("odd.test"), values)) == [
        ("mx.test:25, old-mx.test:25, [2001:db8::1]:26", "new.test:25, old-mx.test:25, [2001:db8::1]:26", "")
    ]
    values = {"old_host": "2001:db8::1", "host": "2001:DB8::2", "port": "27"}
    assert rows(preview(world, "replace_host", some("odd.test"), values))[0][1] == (
        "mx.test:25, old-mx.test:25, [2001:db8::2]:27"
    )
    values = {"old_host": "old-mx.test", "host": "mx.test"}
    assert (
        rows(preview(world, "replace_host", some("odd.test"), values))[0][1] == "mx.test:25, [2001:db8::1]:26"
    )


@pytest.mark.parametrize(
    ("action", "values", "names", "reason"),
    [
        ("add_alias", {"alias": "nordwind.test"}, [(SE, HOME)], "there already"),
        ("add_alias", {"alias": HOME}, [(SE, HOME)], "alias of itself"),
        (
            "replace_host",
            {"old_host": "x.test", "host": "y.test"},
            [(SE, HOME)],
            "No route of it goes to x.test",
        ),
        ("add_route", {"host": "a.test"}, [(OLS, "harbourbikes.example")], "no calls for routes"),
        ("remove", {}, [(OLS, "harbourbikes.example")], "no call that removes"),
        ("set_setting", {"setting": "x", "value": "1"}, [(OLS, "harbourbikes.example")], "no settings"),
    ],
)
def test_what_cannot_or_need_not_be_done_is_left_alone_with_the_reason(
    reader: World, action: str, values: dict[str, str], names: list[tuple[str, str]], reason: str
) -> None:
    other = {"add_alias": WERFT, "replace_host": WERFT}.get(action, WERFT)
    planned = preview(reader, action, Selection((*names, (SE, other))), values)
    assert [row.name for row in planned.skipped][:1] == [names[0][1]]
    assert reason in str(planned.skipped[0].skipped)


def test_a_route_that_is_there_already_is_left_alone(world: World) -> None:
    values = {"host": "mail.nordwind.example", "port": str(world.sandbox.smtp_port)}
    assert "there already" in rows(preview(world, "add_route", some(HOME), values))[0][2]
    same = ", ".join(f"{host}:{port}" for host, port in world.routes(HOME))
    assert "so already" in rows(preview(world, "set_routes", some(HOME), {"routes": same}))[0][2]


def test_a_switched_off_connection_is_left_alone(world: World) -> None:
    from app.features.connections.service import ConnectionService

    service, _ = world.service(ConnectionService)
    data = {
        "kind": "spamexperts",
        "key": "own",
        "name": "Own",
        "base_url": world.sandbox.http("spamexperts"),
        "values": {"username": "softwareapi", "password": "demo-software-api"},
    }
    service.add(ADMIN, data)
    world.sync("own")
    service.set_enabled(ADMIN, "own", False)
    [row] = preview(world, "refresh", some(HOME, key="own")).rows
    assert "switched off" in str(row.skipped)


@pytest.mark.parametrize(
    ("action", "values", "field"),
    [
        ("add_route", {"host": ""}, "route.host"),
        ("add_route", {"host": "a b"}, "route.host"),
        ("add_route", {"host": "a.test", "port": "x"}, "route.port"),
        ("replace_host", {"old_host": "", "host": "a.test"}, "old_host"),
        ("replace_host", {"old_host": "a.test", "host": "💥"}, "new_host"),
        ("set_routes", {"routes": ""}, "routes"),
        ("set_routes", {"routes": "a.test:"}, "routes"),
        ("set_routes", {"routes": "a.test a.test"}, "routes"),
        ("add_alias", {"alias": ""}, "aliases.0"),
        ("add_alias", {"alias": "{name}"}, "aliases.0"),
        ("add_alias", {"alias": "=1+1"}, "aliases.0"),
        ("set_setting", {"setting": "", "value": "1"}, "name"),
        ("set_setting", {"setting": "a", "value": "x" * 5000}, "value"),
        ("nonsense", {}, "action"),
    ],
)
def test_what_cannot_be_is_said_by_field(
    reader: World, action: str, values: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        preview(reader, action, some(HOME, WERFT), values)
    assert list(refused.value.fields) == [field]


# --- selections ---


def test_nothing_chosen_is_told(reader: World) -> None:
    for selection in (Selection(), some("gone.example"), everything(text="nowhere")):
        with pytest.raises(Invalid, match="at least one"):
            preview(reader, "refresh", selection)


def test_everything_that_a_list_shows(reader: World) -> None:
    planned = preview(reader, "refresh", everything(text="nordwind-", connections=(SE,)))
    assert {row.name for row in planned.rows} == {HOME, WERFT, "nordwind-logistik.example"}
    assert (
        len(preview(reader, "refresh", everything()).rows)
        == reader.wired.inventory.page(ADMIN, DomainQuery()).total
    )


def test_too_many_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.features.bulk.service.MOST", 5)
    with pytest.raises(Invalid, match="at most 5"):
        preview(world, "refresh", everything())
    with pytest.raises(Invalid, match="at most 5"):
        preview(world, "refresh", some(*list(world.cluster)[:6]))


def test_what_lies_outside_the_scope_is_not_among_them(world: World) -> None:
    narrow = actor(scopes=ONLY_NORDWIND)
    planned = preview(world, "refresh", some(HOME, "hafencafe.example"), who=narrow)
    assert [row.name for row in planned.rows] == [HOME]
    assert len(preview(world, "refresh", everything(), who=narrow).rows) == 6
    with pytest.raises(Invalid):
        preview(world, "refresh", some("hafencafe.example"), who=narrow)


def test_settings_to_choose_from(reader: World) -> None:
    service, _ = reader.service(BulkService)
    names = dict(service.setting_choices(ADMIN, some(HOME)))
    assert "quarantine_days" in names
    assert service.setting_choices(ADMIN, some("harbourbikes.example", key=OLS)) == []


# --- confirmation ---


def test_many_domains_and_every_removal_need_a_typed_number(world: World) -> None:
    ten = some(*list(world.cluster)[:10])
    eleven = Selection((*ten.names, (TWIN, HOME)))
    assert preview(world, "set_routes", ten).typed == ""
    assert preview(world, "set_routes", eleven).typed == "11"
    assert preview(world, "remove", some(HOME)).typed == "1"
    assert preview(world, "refresh", eleven).typed == ""
    for typed in ("", "10", "x"):
        with pytest.raises(Invalid) as refused:
            start(world, "set_routes", eleven, typed=typed)
        assert list(refused.value.fields) == ["confirm"]
    assert world.wired.jobs.unfinished() == []
    assert start(world, "set_routes", eleven, typed=" 11 ")


def test_a_selection_that_has_changed_is_a_conflict(world: World) -> None:
    selection = everything(text="nordwind-", connections=(SE,))
    planned = preview(world, "set_routes", selection)
    world.wired.inventory.forget(SE, WERFT)
    with pytest.raises(Conflict, match="changed since you confirmed"):
        start(world, "set_routes", selection, confirmed=planned.checksum)
    assert world.wired.jobs.unfinished() == []


def test_nothing_left_to_do_starts_no_job(world: World) -> None:
    with pytest.raises(Conflict, match="nothing to do"):
        start(world, "remove", some("harbourbikes.example", key=OLS), typed="0")


def test_started_twice_is_one_job(world: World) -> None:
    assert start(world, "set_routes", some(HOME)) == start(world, "set_routes", some(HOME))
    assert len(world.wired.jobs.unfinished()) == 1


# --- the job ---


def items(world: World, job: int) -> dict[str, str]:
    return {item.subject: item.state.value for item in world.wired.jobs.items(job, size=500)}


def test_each_domain_has_its_own_result(world: World) -> None:
    job = start(world, "add_alias", some(HOME, WERFT))
    world.cluster[HOME] = {**world.cluster[HOME], "aliases": ["nordwind.alias.test"]}
    del world.cluster[WERFT]
    assert world.work(job) == [JobState.PARTIAL]
    assert items(world, job) == {HOME: "skipped", WERFT: "failed"}


def test_stop_resume_and_retry(world: World) -> None:
    from app.features.jobs.service import JobService

    jobs, reports = world.service(JobService)
    names = list(world.cluster)
    job = start(world, "set_routes", some(*names))
    jobs.stop(ADMIN, job)
    assert world.work(job) == [JobState.STOPPED]
    assert world.writes() == []
    jobs.resume(ADMIN, job)
    world.fault("429", "api_set_destination", count=2, retry_after="60")
    assert world.work(job) == [JobState.PARTIAL]
    assert list(items(world, job).values()).count("failed") == 2
    world.all_well()
    assert jobs.retry(ADMIN, job) == 2
    assert world.work(job) == [JobState.DONE]
    assert len(world.writes()) == len(names) + 2
    assert [str(report.text) for report in reports][-1] == "2 items are tried again."


def test_an_item_whose_answer_got_lost_is_looked_up_before_it_is_sent_again(world: World) -> None:
    from app.features.jobs.service import JobService

    job = start(world, "set_routes", some(HOME))
    world.fault("hangup", "api_set_destination", count=1)
    world.work(job)
    assert items(world, job) == {HOME: "unknown"}
    world.all_well()
    world.service(JobService)[0].retry(ADMIN, job)
    assert world.work(job) == [JobState.DONE]
    assert len(world.writes()) == 1


def test_large_jobs_read_the_list_once_at_their_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.wiring.READ_BACK_AT_MOST", 1, raising=False)
    monkeypatch.setattr("app.operations.items.READ_BACK_AT_MOST", 1)
    job = start(world, "set_routes", some(HOME, WERFT))
    world.work(job)
    world.work()
    assert str(world.row(HOME).routes[0]) == "mail.hosting.example:25"


def test_a_rule_for_many_domains_is_left_out_where_it_cannot_be_said(world: World) -> None:
    many = Selection(((SE, HOME), (OLS, "harbourbikes.example")))
    planned = preview(world, "add_rule", many)
    assert [row.new for row in planned.todo] == ["Sender: Block spam.example"]
    assert "no sender lists" in str(planned.skipped[0].skipped)
    note = preview(world, "add_rule", some(HOME), {**VALUES["add_rule"], "note": "x"})
    assert "keeps no note" in str(note.skipped[0].skipped)
    world.work(start(world, "add_rule", some(HOME, WERFT)))
    for name in (HOME, WERFT):
        assert "spam.example" in [row.rule.pattern for row in world.wired.rules.of_domain(ADMIN, SE, name)]
    assert world.upstream_calls() > 0


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"what": ""}, "rules.0.kind"),
        ({"pattern": ""}, "rules.0.pattern"),
        ({"pattern": "no address"}, "rules.0.pattern"),
        ({"what": "uri:block", "pattern": "("}, "rules.0.pattern"),
        ({"until": "soon"}, "until"),
    ],
)
def test_a_rule_that_cannot_be_is_said(world: World, fields: dict[str, str], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        preview(world, "add_rule", some(HOME), {**VALUES["add_rule"], **fields})
    assert path in refused.value.fields
    assert world.upstream_calls() == 0
