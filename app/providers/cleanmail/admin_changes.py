"""Changes of administrators and of their tokens (Cleanmail REST API manual, 5.1 and 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from app.core.access import UpstreamAdmin, UpstreamToken
from app.core.commands import (
    AddUpstreamToken,
    EditUpstreamAdmin,
    RemoveUpstreamAdmin,
    RemoveUpstreamToken,
    SwitchOffFactor,
)
from app.core.errors import Conflict, Invalid, NotFound
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.secret import Secret
from app.core.text import msg
from app.providers.cleanmail.admins import Admins
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.wire import id_of
from app.providers.cleanmail.wire_domains import LANGUAGES

Json = Any

_WIRE = {"name": "displayName", "email": "email", "enabled": "enabled", "language": "language"}


class AdminChanges:
    """Plans, sends and looks after the changes of administrators and tokens."""

    def __init__(self, admins: Admins, client: Client) -> None:
        self._admins = admins
        self._client = client

    # --- accounts ---------------------------------------------------------------------------------------------------

    def plan_edit(self, command: EditUpstreamAdmin) -> list[Step]:
        """One step with what differs, none where nothing does. Raises NotFound, Conflict, Invalid."""
        admin = self._admins.one(command.login)
        now = _fields(admin)
        wished = {name: value for name in _WIRE if (value := getattr(command, name)) is not None}
        if "language" in wished:
            wished["language"] = _language(wished["language"])
        after = {name: value for name, value in wished.items() if value != now[name]}
        if not after:
            return []
        _check_expected(command, now, after)
        if after.get("enabled") is False:
            not_ours(admin, command.may_be_ours)
        before = {name: now[name] for name in after}
        back = None
        if all(value not in (None, "") for value in before.values()):
            data = {"connection": command.connection, "login": admin.login, "may_be_ours": True, **before}
            back = [EditUpstreamAdmin.model_validate(data).to_json()]
        arguments = {_WIRE[name]: value for name, value in after.items()}
        return [
            _step(Verb.ADMIN_EDIT, admin, "updateAdmin", arguments, before=before, after=after, inverse=back)
        ]

    def plan_factor_off(self, command: SwitchOffFactor) -> list[Step]:
        """One step, none where there is no second factor (notes 16). Raises NotFound."""
        admin = self._admins.one(command.login)
        if admin.second_factor is False:
            return []
        lost = [msg("Only its owner can switch the second factor on again.")]
        before, after = {"second_factor": admin.second_factor}, {"second_factor": False}
        return [
            _step(
                Verb.ADMIN_FACTOR_OFF,
                admin,
                "updateAdmin",
                {"totp": False},
                before=before,
                after=after,
                lost=lost,
            )
        ]

    def plan_remove(self, command: RemoveUpstreamAdmin) -> list[Step]:
        """One step. Raises NotFound, Conflict for the connection's own account."""
        admin = self._admins.one(command.login)
        not_ours(admin, command.may_be_ours)
        lost = [
            msg("The account itself: it can only be made anew, with a new password."),
            msg("Its API tokens: programs that use them stop."),
        ]
        before = {**_fields(admin), "permissions": _grants(admin)}
        return [_step(Verb.ADMIN_REMOVE, admin, "deleteAdminAccount", {}, before=before, lost=lost)]

    def observe_edit(self, step: Step) -> Observed:
        """Whether the fields are as the step wanted them."""
        try:
            admin = self._admins.one(step.args["login"])
        except NotFound:
            return Observed(Seen.DIFFERS)
        known = {**_fields(admin), "second_factor": admin.second_factor}
        now = {name: known[name] for name in step.after or {}}
        if now == step.after:
            return Observed(Seen.DONE, now)
        return Observed(Seen.NOT_DONE if now == step.before else Seen.DIFFERS, now)

    def observe_remove(self, step: Step) -> Observed:
        """Whether the account is gone."""
        try:
            admin = self._admins.one(step.args["login"])
        except NotFound:
            return Observed(Seen.DONE)
        same = admin.ref == step.ref
        return Observed(Seen.NOT_DONE if same else Seen.DIFFERS, _fields(admin))

    # --- tokens -----------------------------------------------------------------------------------------------------

    def plan_token(self, command: AddUpstreamToken) -> list[Step]:
        """One step. Raises NotFound, Conflict where a token has this name: it could not be told from the new one."""
        admin = self._admins.one(command.login)
        if any(token.name == command.name for token in self._admins.tokens(admin)):
            raise Conflict(
                msg(
                    "{login} has a token “{name}” already. Choose another name; nothing was sent.",
                    login=admin.login,
                    name=command.name,
                )
            )
        arguments: dict[str, Json] = {"name": command.name}
        if command.expires is not None:
            ends = datetime.combine(command.expires, time(23, 59, 59), UTC)
            arguments["expiration"] = int(ends.timestamp() * 1000)
        whose = {"connection": command.connection, "login": admin.login}
        back = RemoveUpstreamToken.model_validate({**whose, "name": command.name, "may_be_ours": True})
        return [
            _step(
                Verb.TOKEN_ADD,
                admin,
                "createToken",
                arguments,
                what=command.name,
                after={"name": command.name, "expires": str(command.expires) if command.expires else None},
                inverse=[back.to_json()],
            )
        ]

    def apply_token(self, step: Step) -> Applied:
        """Makes the token; its value is in the answer and nowhere else (manual, 5.2.1)."""
        made = self._client.ask("createToken", {"adminId": step.ref["id"], **step.args["arguments"]})
        row: Mapping[str, Json] = made if isinstance(made, dict) else {}
        value = row.get("value")
        return Applied(
            upstream_id=id_of(row) or None, secret=Secret(value) if isinstance(value, str) and value else None
        )

    def plan_token_removal(self, command: RemoveUpstreamToken) -> list[Step]:
        """One step. Raises NotFound, Conflict where several have the name, Invalid where it may be the connection's own."""
        admin = self._admins.one(command.login)
        token = _chosen(self._admins.tokens(admin), command)
        expired = token.expires_at is not None and token.expires_at < datetime.now(UTC)
        if token.ours is not False and not expired and not command.may_be_ours:
            raise Invalid(
                {
                    "may_be_ours": msg(
                        "“{name}” may be the token of this very connection: Cleanmail does not tell. Say that you know, or "
                        "give the connection another token first. Nothing was sent.",
                        name=token.name,
                    )
                }
            )
        lost = [msg("The token's value: programs that use it stop, and it cannot be made again.")]
        before = {"name": token.name, "expires": token.expires_at.isoformat() if token.expires_at else None}
        arguments = {"id": token.id}
        return [
            _step(
                Verb.TOKEN_REMOVE, admin, "deleteToken", arguments, what=token.name, before=before, lost=lost
            )
        ]

    def observe_token(self, step: Step) -> Observed:
        """Whether a token of the wished name is there."""
        names = [token.name for token in self._tokens(step)]
        return Observed(Seen.DONE if step.args["what"] in names else Seen.NOT_DONE, {"tokens": names})

    def observe_token_removal(self, step: Step) -> Observed:
        """Whether the token is gone."""
        tokens = self._tokens(step)
        there = any(token.id == step.args["arguments"]["id"] for token in tokens)
        return Observed(Seen.NOT_DONE if there else Seen.DONE, {"tokens": [token.name for token in tokens]})

    def _tokens(self, step: Step) -> list[UpstreamToken]:
        try:
            return self._admins.tokens(self._admins.one(step.args["login"]))
        except NotFound:
            return []

    # --- sending ----------------------------------------------------------------------------------------------------

    def apply(self, step: Step) -> Applied:
        """Sends the step's call for its administrator."""
        self._client.ask(step.args["call"], {"adminId": step.ref["id"], **step.args["arguments"]})
        return Applied()


def not_ours(admin: UpstreamAdmin, may_be_ours: bool) -> None:
    """Raises Conflict for the account that the connection itself uses, and Invalid where nobody can tell which one that is
    and the person has not said that they know."""
    if admin.ours:
        raise Conflict(
            msg(
                "{login} is the account of this connection's own token: the connection would be locked out. Nothing was "
                "sent.",
                login=admin.login,
            )
        )
    if admin.ours is None and not may_be_ours:
        raise Invalid(
            {
                "may_be_ours": msg(
                    "The connection does not say whose token it has, so {login} may be its own account. Name the account "
                    "in the connection's settings, or say that you know. Nothing was sent.",
                    login=admin.login,
                )
            }
        )


def _check_expected(command: EditUpstreamAdmin, now: Mapping[str, Json], changed: Mapping[str, Json]) -> None:
    """Raises Conflict when a field that would change is no longer what the person saw."""
    seen = command.expected or {}
    moved = {name: now[name] for name in changed if name in seen and (seen[name] or "") != (now[name] or "")}
    if moved:
        text = msg(
            "{fields} of {login} changed since you saw it. Nothing was sent.",
            fields=", ".join(moved),
            login=command.login,
        )
        raise Conflict(text, moved)


def _chosen(tokens: list[UpstreamToken], command: RemoveUpstreamToken) -> UpstreamToken:
    key = command.token or command.name
    found = [t for t in tokens if (t.id == command.token if command.token else t.name == command.name)]
    if not found:
        raise NotFound(msg("{login} has no token “{key}”.", login=command.login, key=key))
    if len(found) > 1:
        raise Conflict(
            msg(
                "{login} has {count} tokens “{name}”: name the one by its id. Nothing was sent.",
                login=command.login,
                count=len(found),
                name=key,
            )
        )
    return found[0]


def _fields(admin: UpstreamAdmin) -> dict[str, Json]:
    return {"name": admin.name, "email": admin.email, "enabled": admin.enabled, "language": admin.language}


def _grants(admin: UpstreamAdmin) -> list[str]:
    return [f"{grant.kind} {grant.name}: {', '.join(grant.permissions)}" for grant in admin.grants]


def _language(code: str) -> str:
    if code.upper() not in LANGUAGES:
        raise Invalid({"language": msg("Choose one of {choices}.", choices=", ".join(LANGUAGES))})
    return code.upper()


def _step(
    verb: Verb, admin: UpstreamAdmin, call: str, arguments: Mapping[str, Json], what: str = "", **more: Any
) -> Step:
    return Step(
        verb=verb,
        subject=f"{admin.login}: {what}" if what else admin.login,
        args={"call": call, "arguments": dict(arguments), "login": admin.login, "what": what},
        ref=admin.ref,
        **more,
    )
