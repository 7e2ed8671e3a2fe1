"""Changes of who may manage a domain, and of what its users may do (Cleanmail REST API manual, 5.5.2 to 5.5.13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.access import DomainAccess, UpstreamAdmin
from app.core.commands import AddUpstreamAdmin, Command, RevokeAccess, SetAccess, SetUsersAccess
from app.core.errors import Conflict, Invalid, NotFound
from app.core.names import display
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.cleanmail.admin_changes import not_ours
from app.providers.cleanmail.admins import Admins
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.wire_domains import LANGUAGES

Json = Any


class AccessChanges:
    """Plans, sends and looks after the changes of accesses to domains."""

    def __init__(self, admins: Admins, client: Client) -> None:
        self._admins = admins
        self._client = client

    # --- wishes -----------------------------------------------------------------------------------------------------

    def plan_add(self, command: AddUpstreamAdmin) -> list[Step]:
        """One step that makes the account. Raises NotFound, Conflict where the login is taken, Invalid."""
        domain_id, access = self._read(command.domain)
        wanted = _offered(access, command.permissions)
        if command.language.upper() not in LANGUAGES:
            raise Invalid({"language": msg("Choose one of {choices}.", choices=", ".join(LANGUAGES))})
        if self._known(command.login) is not None:
            raise Conflict(
                msg(
                    "There is an administrator “{login}” already: give that account an access instead. Nothing was sent.",
                    login=command.login,
                )
            )
        arguments = {
            "login": command.login,
            "displayName": command.name,
            "email": command.email,
            "password": {"$secret": command.password.reveal()},
            "enabled": True,
            "language": command.language.upper(),
            "permissions": wanted,
        }
        back = RevokeAccess.model_validate({**_whose(command), "login": command.login, "may_be_ours": True})
        after = {"login": command.login, "permissions": wanted}
        return [
            _step(
                Verb.ADMIN_ADD,
                command,
                command.login,
                "createAdminAccess",
                {"domainId": domain_id, **arguments},
                before={"permissions": []},
                after=after,
                inverse=[back.to_json()],
            )
        ]

    def plan_set(self, command: SetAccess) -> list[Step]:
        """One step, none where it is so already. Raises NotFound, Conflict, Invalid."""
        domain_id, access = self._read(command.domain)
        admin = self._admins.one(command.login)
        before = _held(access, admin.login)
        wanted = _offered(access, command.permissions, also=before)
        if set(wanted) == set(before):
            return []
        if command.expected is not None and set(command.expected) != set(before):
            text = msg(
                "What {login} may do with {domain} changed since you saw it. Nothing was sent.",
                login=admin.login,
                domain=display(command.domain),
            )
            raise Conflict(text, {"permissions": before})
        if set(before) - set(wanted):
            not_ours(admin, command.may_be_ours)
        where = {"domainId": domain_id}
        if before:
            call, arguments = "defineAdminAccess", {**where, "adminId": admin.ref["id"], "body": wanted}
        else:
            call, arguments = "createAdminAccess", {**where, "id": admin.ref["id"], "permissions": wanted}
        data = {**_whose(command), "login": admin.login, "may_be_ours": True}
        back: Command = (
            SetAccess.model_validate({**data, "permissions": before})
            if before
            else RevokeAccess.model_validate(data)
        )
        return [
            _step(
                Verb.ACCESS_SET,
                command,
                admin.login,
                call,
                arguments,
                before={"permissions": before},
                after={"permissions": wanted},
                inverse=[back.to_json()],
            )
        ]

    def plan_revoke(self, command: RevokeAccess) -> list[Step]:
        """One step, none where there is no access. Raises NotFound, Conflict for the connection's own account."""
        domain_id, access = self._read(command.domain)
        admin = self._admins.one(command.login)
        before = _held(access, admin.login)
        if not before:
            return []
        not_ours(admin, command.may_be_ours)
        last = len(admin.grants) <= 1 and admin.everything is not True
        lost: list[Message] = []
        back = None
        if last:
            lost = [msg("It is the account's last access, so Cleanmail deletes the account with its tokens.")]
        else:
            data = {**_whose(command), "login": admin.login, "permissions": before}
            back = [SetAccess.model_validate(data).to_json()]
        return [
            _step(
                Verb.ACCESS_REVOKE,
                command,
                admin.login,
                "revokeAdminAccess",
                {"domainId": domain_id, "adminId": admin.ref["id"]},
                before={"permissions": before},
                after={"permissions": []},
                inverse=back,
                lost=lost,
            )
        ]

    def plan_users(self, command: SetUsersAccess) -> list[Step]:
        """One step, none where it is so already. Raises NotFound, Invalid for a permission that does not exist."""
        domain_id, access = self._read(command.domain)
        users = access.users or ()
        names = [permission.name for permission in users]
        unknown = [name for name in command.permissions if name not in names]
        if unknown:
            raise Invalid({"permissions": _no_such(unknown, names)})
        before = [permission.name for permission in users if permission.on]
        wanted = [name for name in names if name in command.permissions]
        if wanted == before:
            return []
        if command.expected is not None and set(command.expected) != set(before):
            text = msg(
                "What the users of {domain} may do changed since you saw it. Nothing was sent.",
                domain=display(command.domain),
            )
            raise Conflict(text, {"permissions": before})
        back = SetUsersAccess.model_validate({**_whose(command), "permissions": before})
        return [
            _step(
                Verb.ACCESS_USERS,
                command,
                "",
                "affectUsersAccess",
                {"domainId": domain_id, "body": wanted},
                before={"permissions": before},
                after={"permissions": wanted},
                inverse=[back.to_json()],
            )
        ]

    # --- steps ------------------------------------------------------------------------------------------------------

    def apply(self, step: Step) -> Applied:
        """Sends the step's call; a password is plain only here."""
        arguments = {
            name: value["$secret"] if isinstance(value, dict) and "$secret" in value else value
            for name, value in step.args["arguments"].items()
        }
        self._client.ask(step.args["call"], arguments)
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the account has the wished permissions on the domain."""
        try:
            _, access = self._read(step.domain or "")
        except NotFound:
            return Observed(Seen.DIFFERS)
        return _seen(step, _held(access, step.args["login"]))

    def observe_users(self, step: Step) -> Observed:
        """Whether the users have the wished permissions."""
        try:
            _, access = self._read(step.domain or "")
        except NotFound:
            return Observed(Seen.DIFFERS)
        return _seen(step, [permission.name for permission in access.users or () if permission.on])

    # --- inner parts ------------------------------------------------------------------------------------------------

    def _read(self, domain: str) -> tuple[str, DomainAccess]:
        return self._admins.domain_id(domain), self._admins.access(domain)

    def _known(self, login: str) -> UpstreamAdmin | None:
        try:
            return self._admins.one(login)
        except NotFound:
            return None


def _seen(step: Step, now: Sequence[str]) -> Observed:
    shown = {"permissions": list(now)}
    if set(now) == set((step.after or {}).get("permissions", ())):
        return Observed(Seen.DONE, shown)
    same = set(now) == set((step.before or {}).get("permissions", ()))
    return Observed(Seen.NOT_DONE if same else Seen.DIFFERS, shown)


def _held(access: DomainAccess, login: str) -> list[str]:
    return next(
        (list(held) for admin, held in access.admins if admin.login.casefold() == login.casefold()), []
    )


def _offered(access: DomainAccess, wanted: Sequence[str], also: Sequence[str] = ()) -> list[str]:
    """The wanted permissions in the upstream's order. Raises Invalid for one that cannot be given."""
    known = list(dict.fromkeys([*access.offered, *also]))
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise Invalid({"permissions": _no_such(unknown, known)})
    return [name for name in known if name in wanted]


def _no_such(unknown: Sequence[str], known: Sequence[str]) -> Message:
    return msg(
        "{names} cannot be given here; there are {known}.",
        names=", ".join(unknown),
        known=", ".join(known) or "none",
    )


def _whose(command: Any) -> dict[str, str]:
    return {"connection": command.connection, "domain": command.domain}


def _step(
    verb: Verb, command: Any, login: str, call: str, arguments: Mapping[str, Json], **more: Any
) -> Step:
    return Step(
        verb=verb,
        subject=f"{display(command.domain)}: {login}" if login else command.domain,
        domain=command.domain,
        args={"call": call, "arguments": dict(arguments), "login": login},
        **more,
    )
