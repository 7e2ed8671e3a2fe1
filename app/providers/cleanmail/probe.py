"""The connection test: does the token work, and what may its account do? Reads only (Cleanmail contract notes, 13 and 16)."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.capabilities import Capability, Found
from app.core.errors import BadCredentials, Malformed, NotThere, Rejected
from app.core.text import Message, msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.client import Client, operations
from app.providers.cleanmail.wire import Row, id_of, no_api, read_rows, total_of

_NO_SYSADMIN = msg("The token's account has not the sysadmin role, which Cleanmail asks for here.")
_OWN_TOKENS = msg(
    "The token's account has not the sysadmin role, so Cleanmail opens the tokens of this account alone, not those of others."
)
SYSADMIN = "sysadmin"  # Cleanmail notes, 16: the role of a call in the contract
_NO_GRANT = msg(
    "Cleanmail shows this token no administrator: its account has the GRANT permission on no domain and no customer."
)
_ROLES: dict[bool | None, str] = {True: "sysadmin", False: "not sysadmin", None: "unknown"}


def probe(client: Client, account: str) -> Found:
    """How many domains the token sees, and its role; two to four calls. `account`: what the connection says of it.

    Raises BadCredentials, Malformed (this is no Cleanmail), Unreachable.
    """
    answer = client.call("listDomains", {"pageSize": 1})
    try:
        rows = read_rows(answer, "listDomains")
    except NotThere as refused:
        raise Malformed(no_api(answer), status=refused.status) from refused
    total = total_of(answer)
    admins = _admins(client)
    role = _role(client, admins or [])
    facts = {"domains": len(rows) if total is None else total, "role": _ROLES[role], "account": account}
    missing: dict[Capability, Message] = {}
    closed: dict[str, Message] = {}
    own: dict[Capability, Message] = {}
    if admins is not None and not admins:
        missing |= dict.fromkeys(inferred.NEEDS_GRANT, _NO_GRANT)
    if role is False:
        missing |= dict.fromkeys(inferred.SYSADMIN_ONLY, _NO_SYSADMIN)
        closed = {call.name: _NO_SYSADMIN for call in operations().values() if call.role == SYSADMIN}
        own = dict.fromkeys((Capability.TOKENS_READ, Capability.TOKENS_WRITE), _OWN_TOKENS)
    return Found(
        missing=missing,
        facts={name: value for name, value in facts.items() if value != ""},
        notes=_notes(role, bool(rows or total)),
        calls=closed,
        own_only=own,
    )


def _admins(client: Client) -> list[Row] | None:
    """Two administrators on whose objects the token may grant; none where Cleanmail refuses. None: nobody can tell."""
    try:
        return read_rows(client.call("listAdmins", {"pageSize": 2}))[:2]
    except BadCredentials as refused:
        if refused.status != 403:
            raise
        return []
    except (Rejected, Malformed):
        return None


def _role(client: Client, admins: Sequence[Row]) -> bool | None:
    """Whether the token is a sysadmin's: by who may list the tokens of two administrators. None: nobody can tell yet."""
    opened: list[bool] = []
    for admin in admins:
        try:
            read_rows(client.call("listOfUserTokens", {"adminId": id_of(admin)}))
        except BadCredentials as refused:
            if refused.status != 403:
                raise
            return inferred.is_sysadmin([*opened, False])
        except (Rejected, Malformed):
            continue
        opened.append(True)
    return inferred.is_sysadmin(opened)


def _notes(role: bool | None, sees_domains: bool) -> Sequence[Message]:
    notes = []
    if role is None:
        notes.append(
            msg(
                "Whether the token's account has the sysadmin role cannot be found out, so adding and deleting domains is "
                "taken as open until Cleanmail refuses it."
            )
        )
    if not sees_domains:
        notes.append(msg("The token sees no domain."))
    return notes
