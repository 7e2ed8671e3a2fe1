"""From a wish about a resource to steps, and back from a look upstream to what became of them: what the drivers' plans share.

A driver declares kinds, reads them (`ResourceReader`), and hands both to `ResourcePlans`; what is left to it is to send a
step: `step.args` names kind, action, place and key, `values_to_send(step)` gives the values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.core.commands import ActOnResource, parse
from app.core.contents import sum_of_text
from app.core.errors import Conflict, NotFound, NotSupported
from app.core.plan import Observed, Seen, Step, Verb
from app.core.resource_values import shown_value
from app.core.resources import (
    Action,
    Field,
    Resource,
    ResourceAt,
    ResourceKind,
    ResourceQuery,
    ResourceReader,
)
from app.core.secret import MARK, Secret, is_marked, marked
from app.core.text import Message, msg

Json = Any
Same = Callable[[ResourceKind, Field, Json, Json], bool]
KeyOf = Callable[[ResourceKind, ActOnResource], str]
KeyWith = Callable[[ResourceKind, Mapping[str, Json]], str]

LOOKED_THROUGH = 500
"""Rows of a list that are looked through for something whose key only the upstream knows."""

_VERBS = {"add": Verb.RESOURCE_ADD, "edit": Verb.RESOURCE_EDIT, "remove": Verb.RESOURCE_REMOVE}


def same_value(_kind: ResourceKind, _field: Field, wished: Json, now: Json) -> bool:
    """Whether a wished value is the one that is there: numbers may come as texts, and nothing at all may be ""."""
    if wished in (None, "", []) or now in (None, "", []):
        return (wished in (None, "", [])) and (now in (None, "", []))
    if isinstance(wished, bool) or isinstance(now, bool):
        return wished is now
    if isinstance(wished, list) and isinstance(now, list):
        return sorted(map(str, wished)) == sorted(map(str, now))
    return bool(wished == now) or str(wished) == str(now)


def key_from_fields(kind: ResourceKind, command: ActOnResource) -> str:
    """The key that a new resource will have: the value of its key field; "" where the upstream makes the key."""
    action = kind.action(command.action)
    for field in action.fields if action else ():
        if field.key:
            return str(command.values.get(field.name, ""))
    return ""


def values_to_send(step: Step) -> dict[str, Json]:
    """The values of a step, secrets in plain text: for the place that hands them to the upstream."""
    return {n: v[MARK] if is_marked(v) else v for n, v in dict(step.args.get("values", {})).items()}


def place_of(step: Step) -> ResourceAt:
    """Where the resource of a step belongs."""
    return ResourceAt(step.args.get("domain"), step.args.get("parent"))


class ResourcePlans:
    """Plans and observes for the kinds of one driver.

    `same` says whether a wished value is what the upstream shows (where it writes "2 GB" for 2048); `key_of` what key a new
    resource will have, where that is not just its key field; `key_with` what key one with these values has after an edit, where
    several values make up the key ("": another way). An upstream that is asked what it cannot read (a kind without
    `calls`) is not asked: then additions are sent unseen, and nothing tells afterwards what became of them.
    """

    def __init__(
        self,
        kinds: Sequence[ResourceKind],
        reader: ResourceReader,
        *,
        same: Same = same_value,
        key_of: KeyOf = key_from_fields,
        key_with: KeyWith = lambda _kind, _values: "",
    ) -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self._reader = reader
        self._same = same
        self._key_of = key_of
        self._key_with = key_with

    # --- planning -----------------------------------------------------------------------------------------------------

    def plan(self, command: ActOnResource, *, unseen: bool = False) -> list[Step]:
        """One step; none where everything is already so. Raises NotFound, and Conflict for what is not as it was seen.

        `unseen`: an addition is planned without a look whether it is there.
        """
        kind, action = self.find(command.kind, command.action)
        if action.name == "add":
            return self._plan_add(kind, action, command, unseen)
        if not action.of_one:
            return [self._step(kind, action, command, None, after=_shown(action, command.values))]
        now = self._now(kind, command)
        if action.name == "edit":
            return self._plan_edit(kind, action, command, now)
        if action.name == "remove":
            return [self._removal(kind, action, command, now)]
        return self._plan_act(kind, action, command, now)

    def find(self, kind_name: str, action_name: str) -> tuple[ResourceKind, Action]:
        """The kind and the action of these names. Raises NotFound."""
        kind = self._kinds.get(kind_name)
        action = kind.action(action_name) if kind else None
        if kind is None or action is None:
            raise NotFound(
                msg("There is no “{action}” for “{kind}” here.", action=action_name, kind=kind_name)
            )
        return kind, action

    def _plan_add(
        self, kind: ResourceKind, action: Action, command: ActOnResource, unseen: bool
    ) -> list[Step]:
        key = self._key_of(kind, command)
        others: list[str] = []
        try:
            if kind.readable and key and not unseen:
                there = self._read(kind, _at(command), key)
                if there is not None:
                    return self._already(kind, action, command, there)
            elif kind.readable and kind.listable and not unseen:
                others = [row.key for row in self._alike(kind, action, command.values, _at(command))]
        except NotSupported:
            pass  # this upstream is older than the read; the addition itself may be known to it
        after = _shown(action, command.values)
        return [self._step(kind, action, command, None, key=key, after=after, others=others)]

    def _already(
        self, kind: ResourceKind, action: Action, command: ActOnResource, there: Resource
    ) -> list[Step]:
        """Nothing to do where it is there as wished. Raises Conflict else, and where nobody can compare all of it."""
        told = all(_field(action, name).readable for name in command.values)
        if told and self._fits(kind, action, command.values, there):
            return []
        raise Conflict(
            msg("{one} {key} is there already. Nothing was sent.", one=kind.one, key=there.title),
            _readable(action, there.values),
        )

    def _plan_edit(
        self, kind: ResourceKind, action: Action, command: ActOnResource, now: Resource
    ) -> list[Step]:
        changed = {
            name: value
            for name, value in command.values.items()
            if (field := action.field(name)) is not None
            and not (field.readable and self._same(kind, field, value, now.values.get(name)))
        }
        if not changed:
            return []
        self._as_seen(kind, action, command, now, changed)
        before = _shown(action, {name: now.values.get(name) for name in changed}, known_only=True)
        lost = [_lost_value(field) for name in changed if not (field := _field(action, name)).readable]
        step = self._step(
            kind,
            action,
            command,
            now,
            values=changed,
            before=before,
            after=_shown(action, changed),
            inverse=self._edit_back(kind, action, command, now, changed),
            lost=lost,
        )
        return [step]

    def _edit_back(
        self,
        kind: ResourceKind,
        action: Action,
        command: ActOnResource,
        now: Resource,
        changed: Mapping[str, Json],
    ) -> list[dict[str, Json]] | None:
        back: dict[str, Json] = {}
        for name in changed:
            field, value = _field(action, name), now.values.get(name)
            if not field.readable:
                continue
            if value in (None, "", []) and not field.empties:
                return None
            back[name] = value if value not in (None, []) else ""
        key = self._new_key(kind, action, now.values, changed, now.key)
        return [_wish(command, action="edit", key=key, values=back)] if back else None

    def _removal(self, kind: ResourceKind, action: Action, command: ActOnResource, now: Resource) -> Step:
        add = kind.action("add")
        inverse, lost = None, list(action.lost)
        if add is not None:
            restored = {
                field.name: now.values[field.name]
                for field in add.fields
                if field.readable and now.values.get(field.name) not in (None, "", [])
            }
            if all(field.name in restored for field in add.fields if field.required):
                inverse = [_wish(command, action="add", key="", values=restored)]
                lost += [_lost_value(f) for f in add.fields if not f.readable]
        labels = {column.name: str(column.label) for column in kind.columns}
        before = {labels.get(name, name): value for name, value in now.values.items()}
        return self._step(kind, action, command, now, before=before, inverse=inverse, lost=lost)

    def _plan_act(
        self, kind: ResourceKind, action: Action, command: ActOnResource, now: Resource
    ) -> list[Step]:
        effect = action.effect_of(command.values)
        offered = action.offered_for(now.values)
        # With words that no call tells again (why an account is suspended) it is done again only where it is offered.
        tellable = action.sets or not command.values or not offered
        if effect and tellable and self._holds(kind, action, effect, now.values):
            return []
        if not offered:
            raise Conflict(
                msg("{one} {key} is not as it was. Nothing was sent.", one=kind.one, key=now.title),
                dict(now.values),
            )
        seen = {name: now.values.get(name) for name in effect}
        before = {n: v for n, v in seen.items() if action.field(n) is None} | _shown(action, seen)
        inverse = None
        if action.undo and (undo := kind.action(action.undo)) is not None:
            values = {f.name: now.values[f.name] for f in undo.fields if now.values.get(f.name) is not None}
            if all(f.name in values for f in undo.fields if f.required):
                inverse = [_wish(command, action=undo.name, key=now.key, values=values)]
        after = {**action.effect, **_shown(action, command.values)}
        return [
            self._step(
                kind,
                action,
                command,
                now,
                before=before or None,
                after=after,
                inverse=inverse,
                lost=action.lost,
                seen=seen,
            )
        ]

    def _step(
        self,
        kind: ResourceKind,
        action: Action,
        command: ActOnResource,
        now: Resource | None,
        *,
        key: str = "",
        values: Mapping[str, Json] | None = None,
        before: Mapping[str, Json] | None = None,
        after: Mapping[str, Json] | None = None,
        inverse: Sequence[Mapping[str, Json]] | None = None,
        lost: Sequence[Message] = (),
        others: Sequence[str] = (),
        seen: Mapping[str, Json] | None = None,
    ) -> Step:
        key = now.key if now is not None else key or command.key
        values = command.values if values is None else values
        args: dict[str, Json] = {
            "kind": kind.name,
            "action": action.name,
            "domain": command.domain,
            "parent": command.parent,
            "key": key,
            "values": {n: marked(v) if isinstance(v, Secret) else v for n, v in values.items()},
        }
        if now is not None and action.name == "edit":
            seen = {f.name: now.values[f.name] for f in action.fields if f.name in now.values}
        if seen:
            args["now"] = dict(seen)
        if others:
            args["others"] = list(others)
        if action.name == "add" and inverse is None:
            inverse = self._remove_again(kind, action, command, key)
        return Step(
            verb=_VERBS.get(action.name, Verb.RESOURCE_ACT),
            subject=_subject(kind, command, now.title if now is not None else key),
            domain=command.domain,
            args=args,
            before=before,
            after=after,
            inverse=inverse,
            lost=list(lost),
            ref=now.ref if now is not None else None,
        )

    def _remove_again(
        self, kind: ResourceKind, action: Action, command: ActOnResource, key: str
    ) -> list[dict[str, Json]] | None:
        """The removal of what is added: by its key, or (the upstream makes the key) by its values."""
        if kind.action("remove") is None:
            return None
        if key:
            return [_wish(command, action="remove", key=key, values={})]
        seen = _readable(action, command.values)
        return [_wish(command, action="remove", key="", values={}, expected=seen)] if seen else None

    # --- looking ------------------------------------------------------------------------------------------------------

    def observe(self, step: Step) -> Observed:
        """Reads the resource again: an addition is there with the wished values, a removal is gone, an edit's fields are
        equal; of other actions their `effect` tells, where the kind declares one. Raises what a read raises."""
        kind, action = self.find(str(step.args["kind"]), str(step.args["action"]))
        if not kind.readable:
            return Observed(Seen.CANNOT_TELL)
        if step.verb is Verb.RESOURCE_ADD:
            return self._observe_add(kind, action, step)
        if step.verb is Verb.RESOURCE_REMOVE:
            return self._observe_remove(kind, step)
        if step.verb is Verb.RESOURCE_EDIT:
            return self._observe_edit(kind, action, step)
        return self._observe_act(kind, action, step)

    def _observe_add(self, kind: ResourceKind, action: Action, step: Step) -> Observed:
        values, key = values_to_send(step), str(step.args["key"])
        if key:
            there = self._read(kind, place_of(step), key)
            if there is None:
                return Observed(Seen.NOT_DONE)
            fits = self._fits(kind, action, values, there)
            return Observed(Seen.DONE if fits else Seen.DIFFERS, _readable(action, there.values))
        if not kind.listable:
            return Observed(Seen.CANNOT_TELL)
        known = set(step.args.get("others", ()))
        new = [r for r in self._alike(kind, action, values, place_of(step)) if r.key not in known]
        return Observed(Seen.DONE, _readable(action, new[0].values)) if new else Observed(Seen.NOT_DONE)

    def _observe_remove(self, kind: ResourceKind, step: Step) -> Observed:
        there = self._read(kind, place_of(step), str(step.args["key"]))
        if there is None:
            return Observed(Seen.DONE)
        same = step.ref is None or there.ref == step.ref
        return Observed(Seen.NOT_DONE if same else Seen.DIFFERS, dict(there.values))

    def _observe_edit(self, kind: ResourceKind, action: Action, step: Step) -> Observed:
        wished = values_to_send(step)
        compared = {n: v for n, v in wished.items() if (f := action.field(n)) is not None and f.readable}
        if not compared:
            return Observed(Seen.CANNOT_TELL)
        key, before = str(step.args["key"]), dict(step.args.get("now", {}))
        new_key = self._new_key(kind, action, before, wished, key)
        there = self._read(kind, place_of(step), new_key)
        if there is None and new_key != key:
            there = self._read(kind, place_of(step), key)
        if there is None:
            return Observed(Seen.DIFFERS)
        now = {name: there.values.get(name) for name in compared}
        if self._equal(kind, action, compared, now):
            return Observed(Seen.DONE, now)
        unchanged = self._equal(kind, action, {n: before.get(n) for n in compared}, now)
        return Observed(Seen.NOT_DONE if unchanged else Seen.DIFFERS, now)

    def _observe_act(self, kind: ResourceKind, action: Action, step: Step) -> Observed:
        effect = action.effect_of(values_to_send(step))
        if not effect or not action.of_one:
            return Observed(Seen.CANNOT_TELL)
        there = self._read(kind, place_of(step), str(step.args["key"]))
        if there is None:
            return Observed(Seen.DIFFERS)
        now = {name: there.values.get(name) for name in effect}
        if self._holds(kind, action, effect, now):
            return Observed(Seen.DONE, now)
        return Observed(Seen.NOT_DONE if now == step.args.get("now") else Seen.DIFFERS, now)

    def _holds(
        self, kind: ResourceKind, action: Action, effect: Mapping[str, Json], now: Mapping[str, Json]
    ) -> bool:
        """Whether a resource has the values that an action gives it."""
        return all(
            now.get(name) == value
            if (field := action.field(name)) is None
            else self._same(kind, field, value, now.get(name))
            for name, value in effect.items()
        )

    def _new_key(
        self,
        kind: ResourceKind,
        action: Action,
        now: Mapping[str, Json],
        changed: Mapping[str, Json],
        key: str,
    ) -> str:
        """The key after an edit: another one where something changes that is a part of it."""
        made = self._key_with(kind, {**now, **changed})
        return made or next((str(changed[f.name]) for f in action.fields if f.key and f.name in changed), key)

    # --- inner parts --------------------------------------------------------------------------------------------------

    def _now(self, kind: ResourceKind, command: ActOnResource) -> Resource:
        """The resource that the wish is about. Raises NotFound, and Conflict where values name several."""
        if not kind.readable:
            return Resource(command.key)
        if command.key or kind.single:
            return self._reader.read_resource(kind.name, _at(command), command.key)
        action = kind.action("add")
        found = self._alike(kind, action, command.expected or {}, _at(command)) if action else []
        if len(found) > 1:
            raise Conflict(msg("There are several such ({kind}): name one by its key.", kind=kind.label))
        if not found:
            raise NotFound(msg("It is not there (any more): {kind}.", kind=kind.label))
        return found[0]

    def _read(self, kind: ResourceKind, at: ResourceAt, key: str) -> Resource | None:
        try:
            return self._reader.read_resource(kind.name, at, key)
        except NotFound:
            return None

    def _alike(
        self, kind: ResourceKind, action: Action, values: Mapping[str, Json], at: ResourceAt
    ) -> list[Resource]:
        """The resources that have these values."""
        page = self._reader.list_resources(kind.name, at, ResourceQuery(size=LOOKED_THROUGH))
        return [row for row in page.rows if self._fits(kind, action, values, row)]

    def _fits(self, kind: ResourceKind, action: Action, values: Mapping[str, Json], there: Resource) -> bool:
        """Whether it has these values, as far as the upstream shows them."""
        shown = {
            name: value
            for name, value in values.items()
            if (field := action.field(name)) is not None and field.readable and name in there.values
        }
        return self._equal(kind, action, shown, there.values)

    def _equal(
        self, kind: ResourceKind, action: Action, wished: Mapping[str, Json], now: Mapping[str, Json]
    ) -> bool:
        return all(self._same(kind, _field(action, n), value, now.get(n)) for n, value in wished.items())

    def _as_seen(
        self,
        kind: ResourceKind,
        action: Action,
        command: ActOnResource,
        now: Resource,
        changed: Mapping[str, Json],
    ) -> None:
        """Raises Conflict when one of the fields to change is no longer as the person saw it."""
        seen = {
            name: value
            for name, value in (command.expected or {}).items()
            if name in changed and (field := action.field(name)) is not None and field.readable
        }
        if not self._equal(kind, action, seen, now.values):
            raise Conflict(
                msg(
                    "{one} {key} is no longer what you saw. Nothing was changed.", one=kind.one, key=now.title
                ),
                {name: now.values.get(name) for name in seen},
            )


def _at(command: ActOnResource) -> ResourceAt:
    return ResourceAt(command.domain, command.parent)


def _field(action: Action, name: str) -> Field:
    field = action.field(name)
    if field is None:
        raise NotFound(msg("There is no such field."))
    return field


def _readable(action: Action, values: Mapping[str, Json]) -> dict[str, Json]:
    """The values that the upstream shows, by the names of the action's fields."""
    return {f.name: values[f.name] for f in action.fields if f.readable and values.get(f.name) is not None}


def _shown(action: Action, values: Mapping[str, Json], *, known_only: bool = False) -> dict[str, Json]:
    """Values for people, by the fields' labels; `known_only`: without those that no read tells."""
    return {
        str(f.label): shown_value(values[f.name]) if f.kept else sum_of_text(str(values[f.name]))
        for f in action.fields
        if f.name in values and (f.readable or not known_only)
    }


def _lost_value(field: Field) -> Message:
    return msg("{field}: the former value cannot be read.", field=field.label)


def _subject(kind: ResourceKind, command: ActOnResource, title: str) -> str:
    """How the journal names it: "Mailbox info@example.org", with what it belongs to in brackets."""
    whose = command.parent or ""
    return " ".join(part for part in (str(kind.one), title, f"({whose})" if whose else "") if part)


def _wish(
    command: ActOnResource,
    *,
    action: str,
    key: str,
    values: Mapping[str, Json],
    expected: Mapping[str, Json] | None = None,
) -> dict[str, Json]:
    """A further wish at the same place, as the journal keeps it."""
    data = {
        "connection": command.connection,
        "kind": command.kind,
        "action": action,
        "domain": command.domain,
        "parent": command.parent,
        "key": key,
        "values": dict(values),
        "expected": None if expected is None else dict(expected),
    }
    return parse(ActOnResource, data).to_json()
