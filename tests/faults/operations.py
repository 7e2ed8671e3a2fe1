"""What is done while a fault hits: every change and every read that a card promises."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.capabilities import Capability
from app.core.commands import Command, from_json
from app.core.dkim import new_private_key
from app.core.email_aliases import EmailAliasQuery
from app.core.errors import NotFound
from app.core.messages import MailItem, MailQuery, MailSource, Reach
from app.core.model import Route
from app.core.ports import DomainQuery
from app.core.statistics import StatisticsQuery
from app.providers import registry
from tests.contract.description import Description
from tests.operations.world import World

CAN = Capability


def about(slug: str) -> Description:
    """How the contract suite describes the provider, at its first way to connect."""
    module = importlib.import_module(f"tests.contract.providers.{slug}")
    first: Description = next(iter(module.DESCRIPTIONS.values()))
    return first


@dataclass(frozen=True)
class Write:
    """A change. `prepare` brings the upstream (without faults) to where it begins, and returns the wish. `once`: what is
    there already is a conflict and not the wish fulfilled, for nobody can tell the one from the other. `only`: the provider
    whose calls it is there for, where others have nothing of the kind. `blind`: it sets something that cannot be read, so
    that who wishes it once more sets it once more."""

    name: str
    needs: tuple[Capability, ...]
    prepare: Callable[[World, Description], Command]
    once: bool = False
    only: str = ""
    blind: bool = False


@dataclass(frozen=True)
class Read:
    """A read. `run` returns what it found, in a form that can be compared."""

    name: str
    needs: tuple[Capability, ...]
    run: Callable[[World, Description], Any]
    only: str = ""


# --- changes ------------------------------------------------------------------------------------------------------


def _add(world: World, it: Description) -> Command:
    card = world.wired.cards[world.slug]
    fields: dict[str, Any] = {"domain": it.new, "options": dict(it.options)}
    if CAN.ROUTES_WRITE in card.can:
        fields["routes"] = [{"host": host} for host in it.route_hosts]
    if CAN.ALIASES_WRITE in card.can:
        fields["aliases"] = list(it.aliases)
    return world.wish("domain.add", **fields)


def _restore(world: World, it: Description) -> Command:
    [outcome] = world.do("domain.remove", domain=it.domain).outcomes
    return from_json((outcome.step.inverse or [])[0])


def _remove_alias(world: World, it: Description) -> Command:
    alias = world.driver().read_domain(it.domain).aliases[0]
    return world.wish("aliases.remove", domain=it.domain, aliases=[alias])


def _set(world: World, it: Description) -> Command:
    name, value, _ = it.setting or ("", "", "")
    return world.wish("settings.set", domain=it.domain, name=name, value=value)


KEY = new_private_key()


def _key(world: World, it: Description) -> Command:
    """A key that somebody brings along: it is the same at every try."""
    return world.wish("dkim.set", domain=it.domain, selector="faulty", private_key=KEY, replace=True)


def _edit(world: World, it: Description) -> Command:
    name, value, _ = it.field or ("", "", "")
    return world.wish("domain.edit", domain=it.domain, fields={name: value})


def _restore_removed(world: World, it: Description) -> Command:
    world.do("domain.remove", domain=it.domain)
    return world.wish("domain.restore", domain=it.domain)


def _account(command: str, **fields: Any) -> Callable[[World, Description], Command]:
    return lambda world, it: world.wish(command, login=it.admin, **fields)


def _access(command: str, **fields: Any) -> Callable[[World, Description], Command]:
    return lambda world, it: world.wish(command, domain=it.domain, **fields)


def _new_admin(world: World, it: Description) -> Command:
    account = {"login": "faulty", "name": "Faulty", "email": "faulty@admins.example"}
    more = {"password": "correct horse battery staple", "permissions": ["READ"]}
    return world.wish("admins.add", domain=it.domain, **account, **more)


def _revoked(world: World, it: Description) -> Command:
    """The end of an access that is the account's last one, so that the account goes too."""
    world.do(_new_admin(world, it))
    return world.wish("access.revoke", domain=it.domain, login="faulty")


def _removed_token(world: World, it: Description) -> Command:
    world.do("tokens.add", login=it.admin, name="faulty")
    return world.wish("tokens.remove", login=it.admin, name="faulty", may_be_ours=True)


def _email(domain: str) -> str:
    return f"faulty@{domain}"


def _email_added(world: World, it: Description) -> Command:
    recipients = list(it.recipients)
    return world.wish("email_aliases.add", domain=it.domain, address=_email(it.domain), recipients=recipients)


def _email_edited(world: World, it: Description) -> Command:
    first = world.driver().list_email_aliases(it.domain, EmailAliasQuery()).rows[0]
    recipients = list(it.recipients)
    return world.wish("email_aliases.edit", domain=it.domain, address=first.address, recipients=recipients)


def _email_removed(world: World, it: Description) -> Command:
    first = world.driver().list_email_aliases(it.domain, EmailAliasQuery()).rows[0]
    return world.wish("email_aliases.remove", domain=it.domain, address=first.address)


def _recipients_added(world: World, it: Description) -> Command:
    first = world.driver().list_email_aliases(it.domain, EmailAliasQuery()).rows[0]
    new = ["one@elsewhere.example", "two@elsewhere.example"]
    return world.wish("email_aliases.add_recipients", domain=it.domain, address=first.address, recipients=new)


def _recipient_removed(world: World, it: Description) -> Command:
    first = world.driver().list_email_aliases(it.domain, EmailAliasQuery()).rows[0]
    gone = [first.recipients[0].address]
    return world.wish(
        "email_aliases.remove_recipients", domain=it.domain, address=first.address, recipients=gone
    )


def _all_aliases(world: World, it: Description) -> Command:
    now = world.driver().read_domain(it.domain).aliases
    return world.wish("aliases.set", domain=it.domain, aliases=[*now, it.aliases[0]])


def _new_policy(world: World, it: Description) -> Command:
    name, value, _ = it.policy or ("", 0, 0)
    return world.wish("policy.create", domain=it.domain, name="Faulty", values={name: value})


def _edited_policy(world: World, it: Description) -> Command:
    name, _, other = it.policy or ("", 0, 0)
    return world.wish("policy.edit", domain=it.domain, policy=_faulty(world, it), values={name: other})


def _removed_policy(world: World, it: Description) -> Command:
    return world.wish("policy.remove", domain=it.domain, policy=_faulty(world, it))


def _faulty(world: World, it: Description) -> str:
    """The id of a policy that is there for this."""
    world.do(_new_policy(world, it))
    return next(p.id for p in world.driver().list_policies(it.domain) if p.name == "Faulty")


def _chosen_policy(world: World, it: Description) -> Command:
    other = next(p for p in world.driver().list_policies(it.domain) if not p.default)
    return world.wish("domain.set_policy", domain=it.domain, policy=other.id)


RULE = {"action": "block", "pattern": "faulty.example"}


def _edit_rule(world: World, it: Description) -> Command:
    world.do("rules.add", domain=it.domain, rules=[_part(world, RULE)])
    new = {**_part(world, RULE), "pattern": "changed.example"}
    return world.wish("rules.edit", domain=it.domain, old=_part(world, RULE), new=new)


def _remove_rule(world: World, it: Description) -> Command:
    world.do("rules.add", domain=it.domain, rules=[_part(world, RULE)])
    return world.wish("rules.remove", domain=it.domain, rules=[_part(world, RULE)])


def _part(world: World, rule: dict[str, Any]) -> dict[str, Any]:
    """The rule with what the provider lets it look at."""
    parts = next(s.parts for s in world.wired.cards[world.slug].rules if s.kind == "sender")
    return {**rule, "part": parts[0] if parts else ""}


KINDS_OF_RULES = {
    "attachment": {"kind": "attachment", "action": "block", "part": "filename", "pattern": r"\.faulty$"},
    "uri": {"kind": "uri", "action": "block", "pattern": r"^faulty\.example$"},
    "mailbox": {**RULE, "mailbox": ""},
}
"""Rules of which Cleanmail has calls of their own, beside the sender rules of a domain."""


def _of_kind(kind: str, it: Description, pattern: str = "") -> dict[str, Any]:
    rule = dict(KINDS_OF_RULES[kind])
    if pattern:
        rule["pattern"] = pattern
    return {**rule, "mailbox": it.mailbox} if "mailbox" in rule else rule


def _kind_added(kind: str) -> Callable[[World, Description], Command]:
    return lambda world, it: world.wish("rules.add", domain=it.domain, rules=[_of_kind(kind, it)])


def _kind_edited(kind: str) -> Callable[[World, Description], Command]:
    def prepare(world: World, it: Description) -> Command:
        world.do(_kind_added(kind)(world, it))
        old, new = _of_kind(kind, it), _of_kind(kind, it, "other.example")
        return world.wish("rules.edit", domain=it.domain, old=old, new=new)

    return prepare


def _kind_removed(kind: str) -> Callable[[World, Description], Command]:
    def prepare(world: World, it: Description) -> Command:
        world.do(_kind_added(kind)(world, it))
        return world.wish("rules.remove", domain=it.domain, rules=[_of_kind(kind, it)])

    return prepare


def _mailbox_rules(world: World, it: Description) -> Command:
    rules = [_of_kind("mailbox", it)]
    return world.wish("rules.replace", domain=it.domain, mailbox=it.mailbox, rules=rules)


def _reset(world: World, it: Description) -> Command:
    world.do(_set(world, it))
    name, _, _ = it.setting or ("", "", "")
    return world.wish("settings.set", domain=it.domain, name=name, value=None)


def _first_key(world: World, it: Description) -> Command:
    return world.wish("dkim.set", domain=it.unsigned, selector="faulty", private_key=KEY)


def _platforms(world: World, it: Description) -> Command:
    now = [
        {"id": one.id, "name": one.name, "default": one.default, "routes": [r.to_json() for r in one.routes]}
        for one in world.driver().read_platforms(it.domain)
    ]
    new = {"name": "Branch", "routes": [{"host": "branch.example"}]}
    return world.wish("platforms.set", domain=it.domain, platforms=[*now, new])


def _mail(command: str, source: str, **fields: str) -> Callable[[World, Description], Command]:
    """A wish about the newest message there that has not been touched."""

    def make(world: World, it: Description) -> Command:
        item = _messages(world, it, source)[0]
        key = item.key
        return world.wish(
            command,
            domain=key.domain,
            source=source,
            ref=key.ref,
            mailbox=key.mailbox,
            folder=key.folder,
            **fields,
        )

    return make


def _messages(world: World, it: Description, source: str) -> Sequence[MailItem]:
    read = {"quarantine": "search_quarantine", "log": "search_log", "queue": "list_queue"}[source]
    shape = next(one for one in world.wired.cards[world.slug].mail if one.source == source)
    where = {"mailbox": it.mailbox, "folder": it.mail_folder} if shape.reach is Reach.MAILBOX else {}
    asked = dict(it.mail_to_release) if source == "quarantine" else {}
    query = MailQuery(MailSource(source), domain=it.domain, size=20, **{**where, **asked})
    return getattr(world.driver(), read)(query).rows  # type: ignore[no-any-return]


def _held(driver: Any, command: Any) -> Any:
    """Whether the message is still there, and as what."""
    try:
        item = driver.read_mail(command.key).item
    except NotFound:
        return None
    return item.state, item.mail_class


WRITES = (
    Write("add", (CAN.DOMAIN_ADD,), _add),
    Write("remove", (CAN.DOMAIN_REMOVE,), lambda world, it: world.wish("domain.remove", domain=it.domain)),
    Write("restore", (CAN.DOMAIN_ADD, CAN.DOMAIN_REMOVE), _restore),
    Write(
        "routes",
        (CAN.ROUTES_WRITE,),
        lambda world, it: world.wish("routes.set", domain=it.domain, routes=[{"host": "one.example"}]),
    ),
    Write(
        "aliases",
        (CAN.ALIASES_WRITE,),
        lambda world, it: world.wish("aliases.add", domain=it.domain, aliases=list(it.aliases)),
    ),
    Write("alias_away", (CAN.ALIASES_WRITE,), _remove_alias),
    Write("setting", (CAN.SETTINGS_WRITE,), _set),
    Write("admin_edit", (CAN.ADMINS_WRITE,), _account("admins.edit", name="Other")),
    Write("admin_factor", (CAN.ADMINS_WRITE,), _account("admins.factor_off")),
    Write("admin_away", (CAN.ADMINS_WRITE,), _account("admins.remove")),
    Write("access_users", (CAN.ACCESS_WRITE,), _access("access.users", permissions=[])),
    Write(
        "access_set",
        (CAN.ACCESS_WRITE,),
        lambda world, it: world.wish(
            "access.set", domain=it.domain, login=it.admin, permissions=["READ", "WRITE", "GRANT"]
        ),
    ),
    Write("admin_add", (CAN.ACCESS_WRITE,), _new_admin, once=True),
    Write("access_revoke", (CAN.ACCESS_WRITE,), _revoked),
    Write("token_add", (CAN.TOKENS_WRITE,), _account("tokens.add", name="faulty"), once=True),
    Write("token_away", (CAN.TOKENS_WRITE,), _removed_token),
    Write(
        "rename",
        (CAN.DOMAIN_RENAME,),
        lambda world, it: world.wish("domain.rename", domain=it.domain, new_name="renamed.example"),
    ),
    Write("dkim_set", (CAN.DKIM_WRITE,), _key),
    Write(
        "rules_add",
        (CAN.RULES_WRITE,),
        lambda world, it: world.wish("rules.add", domain=it.domain, rules=[_part(world, RULE)]),
    ),
    Write("rules_edit", (CAN.RULES_WRITE,), _edit_rule),
    Write("rules_away", (CAN.RULES_WRITE,), _remove_rule),
    Write(
        "rules_replace",
        (CAN.RULES_WRITE,),
        lambda world, it: world.wish("rules.replace", domain=it.domain, rules=[_part(world, RULE)]),
    ),
    Write(
        "rules_replace_plain",
        (CAN.RULES_WRITE,),
        lambda world, it: world.wish("rules.replace", domain=it.unsigned, rules=[_part(world, RULE)]),
        only="cleanmail",
    ),
    Write(
        "rules_spread",
        (CAN.RULES_SPREAD,),
        lambda world, it: world.wish("rules.spread", owners=[it.domain, it.unsigned], rule=RULE),
    ),
    *(
        Write(f"rule_{name}_{kind}", (CAN.RULES_WRITE,), make(kind), only="cleanmail")
        for kind in KINDS_OF_RULES
        for name, make in (("add", _kind_added), ("edit", _kind_edited), ("away", _kind_removed))
    ),
    Write("rules_replace_mailbox", (CAN.RULES_WRITE,), _mailbox_rules, only="cleanmail"),
    Write("setting_reset", (CAN.SETTINGS_WRITE,), _reset, only="cleanmail"),
    Write("dkim_first", (CAN.DKIM_WRITE,), _first_key, only="cleanmail"),
    Write("dkim_away", (CAN.DKIM_REMOVE,), lambda world, it: world.wish("dkim.remove", domain=it.domain)),
    Write("platforms", (CAN.PLATFORMS_WRITE,), _platforms),
    Write("aliases_set", (CAN.ALIASES_WRITE,), _all_aliases),
    Write("email_add", (CAN.EMAIL_ALIASES_WRITE,), _email_added),
    Write("email_edit", (CAN.EMAIL_ALIASES_WRITE,), _email_edited),
    Write("email_remove", (CAN.EMAIL_ALIASES_WRITE,), _email_removed),
    Write("recipients_add", (CAN.EMAIL_ALIAS_RECIPIENTS,), _recipients_added),
    Write("recipient_away", (CAN.EMAIL_ALIAS_RECIPIENTS,), _recipient_removed),
    Write("edit", (CAN.DOMAIN_EDIT,), _edit),
    Write("disable", (CAN.DOMAIN_SWITCH,), lambda world, it: world.wish("domain.disable", domain=it.domain)),
    Write("restore_removed", (CAN.DOMAIN_RESTORE,), _restore_removed),
    Write("policy_add", (CAN.POLICIES_WRITE,), _new_policy),
    Write("policy_edit", (CAN.POLICIES_WRITE,), _edited_policy),
    Write("policy_away", (CAN.POLICIES_WRITE,), _removed_policy),
    Write("policy_default", (CAN.POLICY_ASSIGN,), _chosen_policy),
    Write("mail_release", (CAN.MAIL_RELEASE,), _mail("mail.release", "quarantine"), once=True),
    Write(
        "mail_allow",
        (CAN.MAIL_RELEASE_ALLOW,),
        _mail("mail.release_allow", "quarantine"),
        once=True,
        only="spamexperts",
    ),
    Write(
        "mail_train",
        (CAN.MAIL_ACT,),
        _mail("mail.act", "quarantine", action="release_train"),
        once=True,
        only="spamexperts",
    ),
    Write("mail_away", (CAN.MAIL_DELETE,), _mail("mail.delete", "quarantine")),
    Write("mail_unqueue", (CAN.QUEUE_REMOVE,), _mail("mail.unqueue", "queue")),
)


# --- reads --------------------------------------------------------------------------------------------------------


def _list(world: World, _it: Description) -> Any:
    """The list as it arrives in the inventory; a list that does not come must leave it as it was."""
    world.wired.sync.run(world.connection())
    return inventory(world)


def inventory(world: World) -> dict[str, Any]:
    """The rows of the connection: name -> status, aliases, routes."""
    rows = world.wired.inventory.iterate(world.actor, DomainQuery(connections=(world.key,)))
    return {row.name: (row.status, row.aliases, row.routes) for row in rows}


def _domain(world: World, it: Description) -> Any:
    """What is more than a fact for the details page."""
    found = world.driver().read_domain(it.domain)
    return found.name, found.status, found.aliases, found.routes, found.account


def _settings(world: World, it: Description) -> Any:
    name, _, _ = it.setting or ("", "", "")
    fields = world.driver().read_settings(it.domain, [name])
    problems = [field.problem for field in fields if field.problem is not None]
    return problems or list(fields)


def _keys(driver: Any, domain: str) -> Any:
    return [(record.host, record.public_key) for record in driver.read_dkim(domain)]


def _field_values(driver: Any, domain: str) -> Any:
    return {field.name: field.value for field in driver.read_fields(domain)}


def _admin(driver: Any, login: str) -> Any:
    try:
        return driver.read_admin(login)
    except NotFound:
        return None


def _access_held(driver: Any, domain: str) -> Any:
    return {admin.login: held for admin, held in driver.read_access(domain).admins}


def _token_names(driver: Any, login: str) -> Any:
    return sorted(token.name for token in driver.list_tokens(login))


def _there(driver: Any, domain: str) -> bool:
    try:
        return bool(driver.read_domain(domain))
    except NotFound:
        return False


def _emails(driver: Any, domain: str) -> Any:
    rows = driver.list_email_aliases(domain, EmailAliasQuery(size=200)).rows
    return {alias.address: {one.address for one in alias.recipients} for alias in rows}


def _email_one(world: World, it: Description) -> Any:
    """The first alias, by itself."""
    rows = world.driver().list_email_aliases(it.domain, EmailAliasQuery()).rows
    return world.driver().read_email_alias(it.domain, rows[0].address) if rows else None


def _policy(driver: Any, domain: str) -> Any:
    """The domain's default policy, by itself."""
    default = next(p for p in driver.list_policies(domain) if p.default)
    return driver.read_policy(domain, default.id)


def _policies(driver: Any, domain: str) -> Any:
    return [(p.name, p.default, p.values) for p in driver.list_policies(domain)]


def _use(driver: Any, domain: str) -> Any:
    """Who uses the domain's default policy."""
    default = next(p for p in driver.list_policies(domain) if p.default)
    return driver.policy_use(domain, default.id)


def _rules(driver: Any, domain: str, mailbox: str = "") -> Any:
    reading = driver.read_rules(domain, mailbox)
    return sorted(rule.identity for rule in reading.rules), list(map(str, reading.problems.values()))


def _rules_of(driver: Any, command: Any) -> Any:
    """The rules of the domain and of the mailboxes that the wish names."""
    seen = [command, *getattr(command, "rules", ())]
    seen += [getattr(command, name) for name in ("old", "new") if hasattr(command, name)]
    mailboxes = sorted({mailbox for one in seen if (mailbox := getattr(one, "mailbox", None))})
    return [_rules(driver, command.domain, mailbox) for mailbox in ["", *mailboxes]]


def _places(driver: Any, domain: str) -> Any:
    return [(one.name, one.default, one.routes) for one in driver.read_platforms(domain)]


def _verdicts(readings: Any) -> Any:
    return [(reading.check, reading.verdict, reading.subject) for reading in readings]


RELAY = Route("mail.relay.example", 25)


def _tokens(world: World, it: Description) -> Any:
    """Without their last use, which these very calls may be."""
    return [(token.id, token.name, token.expires_at) for token in world.driver().list_tokens(it.own_admin)]


def _numbers(world: World, it: Description) -> Any:
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    found = world.driver().read_statistics(StatisticsQuery(until - timedelta(days=7), until, it.domain))
    return found.total, dict(found.classes), sorted(str(why) for why in found.problems.values())


def _mail_parts(world: World, it: Description) -> Any:
    """What is attached to a message that has something attached; the problems where that could not be read."""
    asked = {"domain": it.domain, "mailbox": it.mailbox, "size": 20, **it.mail_with_file}
    rows = world.driver().search_quarantine(MailQuery(MailSource.QUARANTINE, **asked)).rows
    found = world.driver().read_mail(rows[0].key)
    problems = [p for p in (found.headers_problem, found.attachments_problem) if p is not None]
    return problems or [found.item.title, *(part.name for part in found.attachments or ())]


def _titles(world: World, it: Description, source: str) -> Any:
    """Without the time, which the queue works out anew each time."""
    return [(item.title, item.message_id, item.state) for item in _messages(world, it, source)]


VIEWS: Mapping[str, Callable[[Any, Any], Any]] = {
    "admins.edit": lambda driver, command: _admin(driver, command.login),
    "admins.factor_off": lambda driver, command: _admin(driver, command.login),
    "admins.remove": lambda driver, command: _admin(driver, command.login),
    "access.users": lambda driver, command: driver.read_access(command.domain),
    "admins.add": lambda driver, command: _access_held(driver, command.domain),
    "access.revoke": lambda driver, command: _access_held(driver, command.domain),
    "tokens.add": lambda driver, command: _token_names(driver, command.login),
    "tokens.remove": lambda driver, command: _token_names(driver, command.login),
    "domain.rename": lambda driver, command: [_there(driver, name) for name in command.domains],
    "access.set": lambda driver, command: driver.read_access(command.domain),
    "dkim.set": lambda driver, command: _keys(driver, command.domain),
    "dkim.remove": lambda driver, command: _keys(driver, command.domain),
    **dict.fromkeys(
        (
            *("email_aliases.add", "email_aliases.edit", "email_aliases.remove"),
            *("email_aliases.add_recipients", "email_aliases.remove_recipients"),
        ),
        lambda driver, command: _emails(driver, command.domain),
    ),
    "platforms.set": lambda driver, command: _places(driver, command.domain),
    "domain.edit": lambda driver, command: _field_values(driver, command.domain),
    "policy.create": lambda driver, command: _policies(driver, command.domain),
    "policy.edit": lambda driver, command: _policies(driver, command.domain),
    "policy.remove": lambda driver, command: _policies(driver, command.domain),
    "domain.set_policy": lambda driver, command: _policies(driver, command.domain),
    **dict.fromkeys(
        ("rules.add", "rules.edit", "rules.remove", "rules.replace"),
        lambda driver, command: _rules_of(driver, command),
    ),
    **dict.fromkeys(("mail.release", "mail.release_allow", "mail.act", "mail.delete", "mail.unqueue"), _held),
    "rules.spread": lambda driver, command: [_rules(driver, domain) for domain in command.domains],
}
"""What a change is about, as it is now, by the command; where it is more than the domain or its setting."""


READS = (
    Read("probe", (), lambda world, _it: world.driver().probe().to_json()["missing"]),
    Read("list", (CAN.DOMAINS_READ,), _list),
    Read("domain", (CAN.DOMAINS_READ,), _domain),
    Read("places", (CAN.PLATFORMS_READ,), lambda world, it: _places(world.driver(), it.domain)),
    Read("email", (CAN.EMAIL_ALIASES_READ,), lambda world, it: _emails(world.driver(), it.domain)),
    Read("email_one", (CAN.EMAIL_ALIASES_READ,), _email_one),
    Read("fields", (CAN.DOMAIN_EDIT,), lambda world, it: _field_values(world.driver(), it.domain)),
    Read("settings", (CAN.SETTINGS_READ,), _settings),
    Read("admins", (CAN.ADMINS_READ,), lambda world, _it: world.driver().list_admins(size=20)),
    Read("tokens", (CAN.TOKENS_READ,), _tokens),
    Read("access", (CAN.ACCESS_READ,), lambda world, it: world.driver().read_access(it.domain)),
    Read(
        "access_of",
        (CAN.ACCESS_READ,),
        lambda world, it: world.driver().read_access_of(it.domain, it.admin),
    ),
    Read("rules", (CAN.RULES_READ,), lambda world, it: _rules(world.driver(), it.domain)),
    Read(
        "rules_mailbox",
        (CAN.RULES_READ,),
        lambda world, it: _rules(world.driver(), it.domain, it.mailbox),
        only="cleanmail",
    ),
    Read("health_run", (CAN.HEALTH_RUN,), lambda world, it: _verdicts(world.driver().run_health(it.domain))),
    Read(
        "folders",
        (CAN.MAIL_FOLDERS,),
        lambda world, it: [one.path for one in world.driver().list_mail_folders(it.domain, it.mailbox)],
    ),
    Read("mail", (CAN.MAIL_ATTACHMENTS,), _mail_parts, only="cleanmail"),
    Read("health", (CAN.HEALTH_READ,), lambda world, it: _verdicts(world.driver().read_health(it.domain))),
    Read("failures", (CAN.HEALTH_FAILURES,), lambda world, _it: sorted(world.driver().list_failures())),
    Read("filter hosts", (CAN.FILTER_HOSTS,), lambda world, it: world.driver().filter_hosts(it.domain)),
    Read("relay", (CAN.RELAY_TRY,), lambda world, _it: _verdicts(world.driver().try_relay([RELAY]))),
    Read("quarantine", (CAN.QUARANTINE_READ,), lambda world, it: _titles(world, it, "quarantine")),
    Read("log", (CAN.LOGS_READ,), lambda world, it: _titles(world, it, "log")),
    Read("queue", (CAN.QUEUE_READ,), lambda world, it: _titles(world, it, "queue")),
    Read("statistics", (CAN.STATISTICS_READ,), _numbers),
    Read("dkim", (CAN.DKIM_READ,), lambda world, it: _keys(world.driver(), it.domain)),
    Read("policies", (CAN.POLICIES_READ,), lambda world, it: _policies(world.driver(), it.domain)),
    Read("policy", (CAN.POLICIES_READ,), lambda world, it: _policy(world.driver(), it.domain)),
    Read("policy_use", (CAN.POLICIES_READ,), lambda world, it: _use(world.driver(), it.domain)),
)


def pairs(operations: tuple[Any, ...]) -> list[tuple[str, Any]]:
    """(slug, operation) for each provider that has what the operation needs."""
    return [
        (slug, operation)
        for slug in registry.PROVIDERS
        for operation in operations
        if operation.only in ("", slug) and registry.provider(slug).CARD.can.issuperset(operation.needs)
    ]
