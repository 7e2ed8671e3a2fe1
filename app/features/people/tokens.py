"""A person's own bearer tokens: made once, shown once, narrowed to rights, expiring."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.core.actor import Actor, Right
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.names import NameProblem, plain_text
from app.core.plan import Report
from app.core.ports import Clock, Feedback
from app.core.secret import Secret
from app.core.text import Message, msg
from app.core.tokens import ApiToken, Tokens

PREFIX = "gh_"
LIFETIMES = (7, 30, 90, 365)
MOST = 50


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A new token and its value, which is shown once and kept nowhere."""

    token: ApiToken
    value: Secret


class TokenService:
    """The use cases around tokens of one's own. A token never holds more than its owner does at the moment of use."""

    def __init__(self, tokens: Tokens, clock: Clock, feedback: Feedback) -> None:
        self._tokens = tokens
        self._clock = clock
        self._feedback = feedback

    def own(self, actor: Actor) -> Sequence[ApiToken]:
        """The actor's tokens, newest first."""
        return self._tokens.of(self._user_id(actor))

    def rights_to_give(self, actor: Actor) -> list[Right]:
        """The rights that a token of the actor may hold."""
        return [right for right in Right if actor.may(right)]

    def make(self, actor: Actor, name: str, days: str, rights: Sequence[str]) -> MadeToken:
        """Makes a token. `days`: one of LIFETIMES, or "" for never; `rights` empty: all that the actor has.

        Raises Invalid by field.
        """
        user_id = self._user_id(actor)
        if len(self._tokens.of(user_id)) >= MOST:
            raise Invalid({"name": msg("You have {most} tokens already; remove one first.", most=MOST)})
        checked = self._checked(actor, name, days, rights)
        value = Secret(PREFIX + secrets.token_urlsafe(32))
        now = self._clock()
        token = self._tokens.add(
            ApiToken(
                0,
                user_id,
                checked,
                frozenset(Right(r) for r in rights) or None,
                now,
                now + timedelta(days=int(days)) if days else None,
            ),
            hash_of(value.reveal()),
        )
        self._feedback.show(
            Report(msg("Made the token {name}. Copy it now; it is shown this once.", name=checked))
        )
        return MadeToken(token, value)

    def remove(self, actor: Actor, token_id: int) -> None:
        """Takes a token away; whoever uses it is refused from now on."""
        if not self._tokens.remove(self._user_id(actor), token_id):
            raise NotFound(msg("You have no such token."))
        self._feedback.show(Report(msg("The token is removed.")))

    def _user_id(self, actor: Actor) -> int:
        actor.require(Right.OWN_ACCOUNT)
        if actor.user_id is None or actor.door == "api":
            raise Forbidden(msg("Tokens are made by people who are signed in, not by other tokens."))
        return actor.user_id

    def _checked(self, actor: Actor, name: str, days: str, rights: Sequence[str]) -> str:
        problems: dict[str, Message] = {}
        try:
            name = plain_text(name)
        except NameProblem as problem:
            problems["name"] = problem.message
        if not name:
            problems["name"] = msg("Give it a name that says what it is for.")
        if len(name) > 80:
            problems["name"] = msg("More than {max_length} characters are not accepted.", max_length=80)
        if days and days not in {str(d) for d in LIFETIMES}:
            problems["days"] = msg("Choose one of the times.")
        allowed = {right.value for right in self.rights_to_give(actor)}
        if not set(rights) <= allowed:
            problems["rights"] = msg("A token cannot hold what you do not hold.")
        if problems:
            raise Invalid(problems)
        return name


class TokenGate:
    """Turns a bearer token into the actor who uses it."""

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens = tokens
        self._clock = clock

    def actor(self, value: str, address: str) -> Actor | None:
        """The token's owner, narrowed to its rights; None for what is no valid token."""
        if not value.startswith(PREFIX) or len(value) > 200:
            return None
        found = self._tokens.owner_of(hash_of(value), self._clock(), address)
        if found is None:
            return None
        person, token = found
        actor = person.as_actor("api")
        return Actor(
            actor.user_id,
            actor.name,
            actor.role,
            actor.scopes,
            "api",
            actor.extra_rights,
            token.rights,
        )


def hash_of(value: str) -> str:
    """What is stored of a token. Its 256 random bits need no slow hash."""
    return hashlib.sha256(value.encode()).hexdigest()
