"""Add people, let them in or keep them out, give roles and passwords."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.actor import EVERYWHERE, RIGHTS, Actor, Right, Role, Scope, ScopeKind, within
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.model import Connection
from app.core.names import NameProblem, domain_name, mail_address, plain_text
from app.core.people import Accounts, NewPerson, Passwords, Person
from app.core.plan import Report
from app.core.ports import Connections, Feedback
from app.core.secret import Secret
from app.core.text import Message, msg

log = logging.getLogger("gatehouse.people")

# No letters or digits that look alike: a made password is read from a screen.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
NAME_LENGTH = 80
MOST_SCOPES = 500
_PATTERN = re.compile(r"[a-z0-9_.*?\[\]!-]{1,253}")


@dataclass(frozen=True, slots=True)
class MadePassword:
    """A password that was made for somebody; it is shown once and kept nowhere."""

    person: Person
    password: Secret


def make_password() -> Secret:
    """A random password of four groups of five characters (99 bits)."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))
    return Secret("-".join(groups))


class PeopleService:
    """The use cases around accounts. Nobody gives more than they hold, and an administrator always remains."""

    def __init__(
        self, accounts: Accounts, passwords: Passwords, connections: Connections, feedback: Feedback
    ) -> None:
        self._accounts = accounts
        self._connections = connections
        self._passwords = passwords
        self._feedback = feedback

    def list_all(self, actor: Actor) -> Sequence[Person]:
        """Everybody with an account, by address."""
        actor.require(Right.MANAGE_PEOPLE)
        return self._accounts.all()

    def roles_to_give(self, actor: Actor) -> list[Role]:
        """The roles that the actor may give: those without a right that the actor lacks."""
        return [role for role in Role if all(actor.may(right) for right in RIGHTS[role])]

    def may_manage(self, actor: Actor, person: Person) -> bool:
        """Whether the actor may change this person: holds all their rights, everywhere they hold them."""
        wide_enough = within(person.scopes, actor.scopes)
        return actor.may(Right.MANAGE_PEOPLE) and wide_enough and all(actor.may(r) for r in person.rights)

    def add(self, actor: Actor, email: str, name: str, role: str) -> MadePassword:
        """Adds a person, acting where the actor may act, with a made password that they change after signing in.

        Raises Invalid by field, Forbidden when the role holds more than the actor does.
        """
        actor.require(Right.MANAGE_PEOPLE)
        checked_email, checked_name = _checked(email, name)
        given = self._role_to_give(actor, role)
        password = make_password()
        new = NewPerson(
            checked_email,
            checked_name,
            given,
            self._passwords.hash(password),
            actor.scopes,
            new_password=True,
        )
        try:
            person = self._accounts.add(new)
        except Conflict as error:
            raise Invalid({"email": error.message}) from error
        if person is None:
            raise RuntimeError("an account was neither made nor refused")
        self._report(actor, msg("Added {email} as {role}.", email=person.email, role=given.label))
        return MadePassword(person, password)

    def set_active(self, actor: Actor, person_id: int, active: bool) -> None:
        """Lets a person in, or keeps them out from their next click on."""
        person = self._managed(actor, person_id)
        if person.id == actor.user_id and not active:
            raise Conflict(msg("You cannot disable your own account. Nothing was changed."))
        self._accounts.set_active(person.id, active)
        text = (
            msg("{email} can sign in again.", email=person.email)
            if active
            else msg("{email} can no longer sign in; open sessions have ended.", email=person.email)
        )
        self._report(actor, text)

    def set_role(self, actor: Actor, person_id: int, role: str) -> None:
        """Gives another role, valid from the person's next click on."""
        person = self._managed(actor, person_id)
        given = self._role_to_give(actor, role)
        self._accounts.set_role(person.id, given)
        self._report(actor, msg("{email} is now {role}.", email=person.email, role=given.label))

    def connections_to_give(self, actor: Actor) -> list[Connection]:
        """The connections that the actor sees as a whole."""
        actor.require(Right.MANAGE_PEOPLE)
        return [c for c in self._connections.visible(actor) if actor.sees(c.key)]

    def managed(self, actor: Actor, person_id: int) -> Person:
        """The person, for somebody who may change them. Raises NotFound, Forbidden."""
        return self._managed(actor, person_id)

    def set_scopes(self, actor: Actor, person_id: int, scopes: Sequence[Scope]) -> None:
        """Says where a person may act, valid from their next click on. Nobody gives more than they hold.

        Raises Invalid, Forbidden, and Conflict for one's own: somebody who sees everything must remain.
        """
        person = self._managed(actor, person_id)
        if person.id == actor.user_id:
            raise Conflict(msg("You cannot change where you act yourself. Nothing was changed."))
        given = tuple(dict.fromkeys(scopes))
        if not given:
            raise Invalid({"domains": msg("Choose a connection, or name a domain or a pattern.")})
        if len(given) > MOST_SCOPES:
            raise Invalid({"domains": msg("More than {count} are not accepted.", count=MOST_SCOPES)})
        if not within(given, actor.scopes):
            raise Forbidden(msg("That is more than you may see yourself. Nothing was changed."))
        self._accounts.set_scopes(person.id, EVERYWHERE if EVERYWHERE[0] in given else given)
        self._report(actor, msg("{email} now acts where you said.", email=person.email))

    def reset_password(self, actor: Actor, person_id: int) -> MadePassword:
        """Gives a made password, ends the person's sessions; they choose their own after signing in."""
        person = self._managed(actor, person_id)
        password = make_password()
        self._accounts.set_password(person.id, self._passwords.hash(password), new_password=True)
        self._report(actor, msg("{email} has a new password.", email=person.email))
        return MadePassword(person, password)

    def set_password(self, actor: Actor, person_id: int, password: Secret) -> None:
        """Sets a password that somebody chose. Raises Invalid when it is too weak."""
        person = self._managed(actor, person_id)
        problems = self._passwords.problems(password, person.email)
        if problems:
            raise Invalid({"password": problems[0]})
        self._accounts.set_password(person.id, self._passwords.hash(password), new_password=False)
        self._report(actor, msg("{email} has a new password.", email=person.email))

    def reset_two_factor(self, actor: Actor, person_id: int) -> None:
        """Takes away a second factor that was lost."""
        person = self._managed(actor, person_id)
        self._accounts.reset_two_factor(person.id)
        self._report(actor, msg("{email} now signs in with the password alone.", email=person.email))

    def own(self, actor: Actor) -> Person:
        """The actor's own account."""
        actor.require(Right.OWN_ACCOUNT)
        person = None if actor.user_id is None else self._accounts.get(actor.user_id)
        if person is None:
            raise NotFound(msg("This person has no account."))
        return person

    def edit_own(self, actor: Actor, name: str, language: str, timezone: str) -> None:
        """Changes what people choose for themselves. Raises Invalid by field."""
        person = self.own(actor)
        self._accounts.set_profile(person.id, _checked(person.email, name)[1], language, timezone)
        self._feedback.show(Report(msg("Your account was saved.")))

    def find(self, actor: Actor, email: str) -> Person:
        """The person with this address. Raises NotFound."""
        actor.require(Right.MANAGE_PEOPLE)
        person = self._accounts.by_email(email.strip())
        if person is None:
            raise NotFound(msg("Nobody has the address {email}.", email=email.strip()[:255]))
        return person

    def create_first_admin(self, email: str, password: Secret | None) -> FirstAdmin | None:
        """The first administrator, with the given password or a made one; None when there is an account already."""
        if self._accounts.all():
            return None
        given = password or make_password()
        weak = self._passwords.problems(given, email)
        new = NewPerson(
            _checked(email, "")[0],
            "",
            Role.ADMIN,
            self._passwords.hash(given),
            EVERYWHERE,
            new_password=False,
        )
        person = self._accounts.add(new, only_first=True)
        if person is None:
            return None
        return FirstAdmin(person, None if password else given, weak[0] if weak else None)

    def _report(self, actor: Actor, text: Message) -> None:
        """Tells the actor, and the log, since the journal holds changes of upstreams only."""
        log.info("%s: %s", actor.name, text)
        self._feedback.show(Report(text))

    def _managed(self, actor: Actor, person_id: int) -> Person:
        """The person, if the actor may change them. Raises NotFound, Forbidden."""
        actor.require(Right.MANAGE_PEOPLE)
        person = self._accounts.get(person_id)
        if person is None:
            raise NotFound(msg("This person has no account."))
        if not self.may_manage(actor, person):
            raise Forbidden(msg("This person may do more than you. Nothing was changed."))
        return person

    def _role_to_give(self, actor: Actor, role: str) -> Role:
        if role not in set(Role):
            raise Invalid({"role": msg("There is no role “{role}”.", role=role[:40])})
        if Role(role) not in self.roles_to_give(actor):
            raise Forbidden(msg("This role may do more than you. Nothing was changed."))
        return Role(role)


def domain_scopes(lines: str) -> list[Scope]:
    """The domains and patterns of a text, one per line: "*.example.org", or "*.example.org @ connection". Raises Invalid."""
    found: list[Scope] = []
    for line in filter(None, map(str.strip, lines.splitlines()[: MOST_SCOPES + 1])):
        name, _, connection = (part.strip() for part in line.partition("@"))
        pattern = any(sign in name for sign in "*?[")
        try:
            name = name.lower() if pattern else domain_name(name)
        except NameProblem as problem:
            text = msg("{line}: {problem}", line=line[:100], problem=problem.message)
            raise Invalid({"domains": text}) from problem
        if pattern and not _PATTERN.fullmatch(name):
            raise Invalid({"domains": msg("{line}: this is no pattern of domains.", line=line[:100])})
        found.append(Scope(ScopeKind.DOMAIN, name, connection[:64]))
    return found


def scope_lines(scopes: Sequence[Scope]) -> str:
    """What `domain_scopes` reads, of a person's scopes."""
    return "\n".join(
        f"{s.name} @ {s.connection}" if s.connection else s.name for s in scopes if s.kind is ScopeKind.DOMAIN
    )


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """The first administrator; `made` is the password to print, None if it was given. `weak`: what speaks against it."""

    person: Person
    made: Secret | None
    weak: Message | None


def _checked(email: str, name: str) -> tuple[str, str]:
    """Address and name, normalised. Raises Invalid by field."""
    problems: dict[str, Message] = {}
    try:
        email = mail_address(email).lower()
    except NameProblem as problem:
        problems["email"] = problem.message
    try:
        name = plain_text(name)
    except NameProblem as problem:
        problems["name"] = problem.message
    if len(email) > 255:
        problems["email"] = msg("More than {max_length} characters are not accepted.", max_length=255)
    if len(name) > NAME_LENGTH:
        problems["name"] = msg("More than {max_length} characters are not accepted.", max_length=NAME_LENGTH)
    if problems:
        raise Invalid(problems)
    return email, name
