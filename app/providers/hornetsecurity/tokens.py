"""The connection's own user and its API access tokens (contract sheet, 5.1 and 5.2). No call shows those of other users."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from app.core.access import AdminPage, Grant, UpstreamAdmin, UpstreamToken
from app.core.commands import AddUpstreamToken, RemoveUpstreamToken
from app.core.errors import Conflict, Invalid, NotFound, Rejected
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.secret import Secret
from app.core.text import msg
from app.net.answer import Answer
from app.providers.hornetsecurity.control_panel import ControlPanel
from app.providers.hornetsecurity.wire import alone, number, read_answer, read_caller

Json = Any

LIST, ADD, REMOVE = (
    "GET /auth/access_token/",
    "POST /auth/access_token/",
    "DELETE /auth/access_token/{token_id}/",
)
_LONGEST = 500  # rows that are shown


class Tokens:
    """The user that a connection signs in with, and its tokens."""

    def __init__(self, panel: ControlPanel) -> None:
        self._panel = panel

    # --- reading ----------------------------------------------------------------------------------------------------

    def admins(self, text: str, page: int) -> AdminPage:
        """The one user that there is to see, when `text` is in its name."""
        own = self._own()
        fits = page == 1 and text.casefold() in own.login.casefold()
        return AdminPage(
            (own,) if fits else (), 1 if not text or text.casefold() in own.login.casefold() else 0
        )

    def admin(self, login: str) -> UpstreamAdmin:
        """The connection's own user. Raises NotFound for any other."""
        own = self._own()
        if own.login.casefold() != login.casefold():
            raise NotFound(
                msg("Hornetsecurity shows the connection's own user only, not “{login}”.", login=login)
            )
        return own

    def _own(self) -> UpstreamAdmin:
        try:
            answer = self._panel.read("GET /user/")
            login = read_caller(answer)
        except Rejected:  # a panel without `/user/` may have the session check
            return UpstreamAdmin(login=read_caller(self._panel.read("GET /auth/check/session/")), ours=True)
        value = alone(read_answer(answer))
        parent = value.get("parent") if isinstance(value, dict) else None
        place = str(parent.get("name") or "")[:253] if isinstance(parent, dict) else ""
        return UpstreamAdmin(
            login=login[:200], ours=True, grants=(Grant("user of", place, ()),) if place else ()
        )

    def tokens(self, login: str) -> list[UpstreamToken]:
        """Its tokens, without values. Raises NotFound for another user."""
        self.admin(login)
        return self._tokens()

    def _tokens(self) -> list[UpstreamToken]:
        return read_tokens(self._panel.read(LIST), False if self._panel.login.by_password else None)

    # --- writing ----------------------------------------------------------------------------------------------------

    def plan_add(self, command: AddUpstreamToken) -> list[Step]:
        """One step. Raises NotFound, Conflict where a token has this name: it could not be told from the new one."""
        own = self.admin(command.login)
        if any(token.name == command.name for token in self._tokens()):
            raise Conflict(
                msg(
                    "{login} has a token “{name}” already. Choose another name; nothing was sent.",
                    login=own.login,
                    name=command.name,
                )
            )
        ends = None if command.expires is None else datetime.combine(command.expires, time(23, 59, 59), UTC)
        whose = {"connection": command.connection, "login": own.login}
        back = RemoveUpstreamToken.model_validate({**whose, "name": command.name, "may_be_ours": True})
        return [
            Step(
                verb=Verb.TOKEN_ADD,
                subject=f"{own.login}: {command.name}",
                args={"call": ADD, "name": command.name, "expires": ends.isoformat() if ends else None},
                after={"name": command.name, "expires": str(command.expires) if command.expires else None},
                inverse=[back.to_json()],
            )
        ]

    def plan_remove(self, command: RemoveUpstreamToken) -> list[Step]:
        """One step. Raises NotFound, Conflict where several have the name, Invalid where it may be the connection's own."""
        own = self.admin(command.login)
        key = command.token or command.name
        found = [
            t for t in self._tokens() if (t.id == command.token if command.token else t.name == command.name)
        ]
        if not found:
            raise NotFound(msg("{login} has no token “{key}”.", login=own.login, key=key))
        if len(found) > 1:
            text = msg(
                "Several tokens have the name “{name}”: name the one by its id. Nothing was sent.", name=key
            )
            raise Conflict(text)
        [token] = found
        expired = token.expires_at is not None and token.expires_at < datetime.now(UTC)
        if token.ours is not False and not expired and not command.may_be_ours:
            raise Invalid(
                {
                    "may_be_ours": msg(
                        "“{name}” may be the token of this very connection: the panel does not tell. Say that you know, or "
                        "give the connection another token first. Nothing was sent.",
                        name=token.name,
                    )
                }
            )
        return [
            Step(
                verb=Verb.TOKEN_REMOVE,
                subject=f"{own.login}: {token.name}",
                args={"call": REMOVE, "token_id": int(token.id)},
                before={
                    "name": token.name,
                    "expires": token.expires_at.isoformat() if token.expires_at else None,
                },
                lost=[msg("The token's value: programs that use it stop, and it cannot be made again.")],
            )
        ]

    def apply_add(self, step: Step) -> Applied:
        """Makes the token; its value is in the answer and nowhere else."""
        expires = step.args["expires"]
        body = {"name": step.args["name"], **({"expiration_date": expires} if expires else {})}
        made = alone(read_answer(self._panel.write(ADD, body=body)))
        value = made.get("token") if isinstance(made, dict) else None
        identity = number(made.get("id")) if isinstance(made, dict) else None
        return Applied(
            upstream_id=None if identity is None else str(identity),
            secret=Secret(value) if isinstance(value, str) and value else None,
        )

    def apply_remove(self, step: Step) -> Applied:
        """Removes the token."""
        read_answer(self._panel.write(REMOVE, ids={"token_id": int(step.args["token_id"])}))
        return Applied()

    def observe_add(self, step: Step) -> Observed:
        """Whether a token of the wished name is there."""
        names = [token.name for token in self._tokens()]
        return Observed(Seen.DONE if step.args["name"] in names else Seen.NOT_DONE, {"tokens": names})

    def observe_remove(self, step: Step) -> Observed:
        """Whether the token is gone."""
        tokens = self._tokens()
        there = any(token.id == str(step.args["token_id"]) for token in tokens)
        return Observed(Seen.NOT_DONE if there else Seen.DONE, {"tokens": [token.name for token in tokens]})


def read_tokens(answer: Answer, ours: bool | None) -> list[UpstreamToken]:
    """The tokens of an answer, without values; `ours`: whether the connection uses one of them."""
    rows = read_answer(answer)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise answer.unreadable(msg("The answer is not the list of tokens that was asked for."))
    found = [(number(row.get("id")), row) for row in rows[:_LONGEST]]
    return [
        UpstreamToken(
            id=str(identity),
            name=str(row.get("name") or "")[:255],
            created_at=_moment(row.get("creation_date")),
            expires_at=_moment(row.get("expiration_date")),
            last_used_at=_moment(row.get("last_used")),
            ours=ours,
        )
        for identity, row in found
        if identity is not None
    ]


def _moment(value: Json) -> datetime | None:
    """A time in UTC, None where there is none that can be read."""
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
