"""The card says what works and why the rest does not, and the driver keeps to it."""

import pytest

from app.core.capabilities import PROTOCOLS, Capability
from app.core.commands import COMMANDS
from app.core.connections import build_connection
from app.core.errors import Invalid, NotSupported
from app.core.messages import Criterion, MailSource
from app.core.model import FieldKind
from app.providers import registry

FIELDS = {
    "domain.add": {"domain": "contract.example"},
    "domain.remove": {},
    "domain.edit": {"fields": {"description": "x"}},
    "domain.enable": {},
    "domain.disable": {},
    "domain.restore": {},
    "domain.rename": {"new_name": "renamed.example"},
    "platforms.set": {
        "platforms": [{"name": "Main", "routes": [{"host": "mx.example.net"}], "default": True}]
    },
    "aliases.set": {"aliases": ["alias.example"]},
    "email_aliases.add": {"address": "team@nordwind.example", "recipients": ["a@elsewhere.example"]},
    "email_aliases.edit": {"address": "team@nordwind.example", "recipients": ["a@elsewhere.example"]},
    "email_aliases.remove": {"address": "team@nordwind.example"},
    "routes.set": {"routes": [{"host": "mx.example.net"}]},
    "routes.add": {"route": {"host": "mx.example.net"}},
    "routes.remove": {"host": "mx.example.net"},
    "routes.replace_host": {"old_host": "a.example", "new_host": "b.example"},
    "aliases.add": {"aliases": ["alias.example"]},
    "aliases.remove": {"aliases": ["alias.example"]},
    "settings.set": {"name": "anything", "value": "1"},
    "admins.add": {
        "login": "new.person",
        "name": "New",
        "email": "new@example.org",
        "password": "correct horse battery",
        "permissions": ["READ"],
    },
    "admins.edit": {"login": "somebody", "name": "Other"},
    "admins.factor_off": {"login": "somebody"},
    "admins.remove": {"login": "somebody"},
    "tokens.add": {"login": "somebody", "name": "script"},
    "tokens.remove": {"login": "somebody", "name": "script"},
    "access.set": {"login": "somebody", "permissions": ["READ"]},
    "access.revoke": {"login": "somebody"},
    "access.users": {"permissions": []},
    "email_aliases.add_recipients": {"address": "a@nordwind.example", "recipients": ["b@a.example"]},
    "email_aliases.remove_recipients": {"address": "a@nordwind.example", "recipients": ["b@a.example"]},
    "dkim.set": {"selector": "contract"},
    "dkim.remove": {},
    "policy.create": {"name": "anything"},
    "policy.edit": {"policy": "anything", "values": {"field": True}},
    "policy.remove": {"policy": "anything"},
    "domain.set_policy": {"policy": "anything"},
    "rules.add": {"rules": [{"action": "block", "pattern": "a.example"}]},
    "rules.remove": {"rules": [{"action": "block", "pattern": "a.example"}]},
    "rules.edit": {
        "old": {"action": "block", "pattern": "a.example"},
        "new": {"action": "allow", "pattern": "a.example"},
    },
    "rules.replace": {"rules": []},
    "resource.act": {"kind": "things", "action": "add"},
    "rules.spread": {"owners": ["nordwind.example"], "rule": {"action": "block", "pattern": "a.example"}},
    "mail.release": {"ref": "bm9uc2Vuc2U"},
    "mail.release_allow": {"ref": "bm9uc2Vuc2U"},
    "mail.delete": {"ref": "bm9uc2Vuc2U"},
    "mail.act": {"ref": "bm9uc2Vuc2U", "action": "anything"},
    "mail.retry": {"ref": "bm9uc2Vuc2U"},
    "mail.unqueue": {"ref": "bm9uc2Vuc2U"},
}
KINDS = (
    *("string", "secret", "choice", "date-time", "integer", "number", "boolean", "flag", "json", "object"),
    *("file", "list", "list of strings", "list of integers", "list of objects"),
)
"""The kinds of arguments that `Argument` names."""

READ_FOR_WRITE = {
    Capability.ROUTES_WRITE: Capability.ROUTES_READ,
    Capability.ALIASES_WRITE: Capability.ALIASES_READ,
    Capability.SETTINGS_WRITE: Capability.SETTINGS_READ,
    Capability.ADMINS_WRITE: Capability.ADMINS_READ,
    Capability.TOKENS_WRITE: Capability.TOKENS_READ,
    Capability.ACCESS_WRITE: Capability.ACCESS_READ,
    Capability.EMAIL_ALIASES_WRITE: Capability.EMAIL_ALIASES_READ,
    Capability.EMAIL_ALIAS_RECIPIENTS: Capability.EMAIL_ALIASES_READ,
    Capability.PLATFORMS_WRITE: Capability.PLATFORMS_READ,
    Capability.DKIM_WRITE: Capability.DKIM_READ,
    Capability.DKIM_REMOVE: Capability.DKIM_READ,
    Capability.POLICIES_WRITE: Capability.POLICIES_READ,
    Capability.POLICY_ASSIGN: Capability.POLICIES_READ,
    Capability.RULES_WRITE: Capability.RULES_READ,
    Capability.RULES_SPREAD: Capability.RULES_READ,
    Capability.MAIL_RELEASE: Capability.MAIL_HEADERS,
    Capability.MAIL_RELEASE_ALLOW: Capability.MAIL_HEADERS,
    Capability.MAIL_DELETE: Capability.MAIL_HEADERS,
    Capability.MAIL_ACT: Capability.MAIL_HEADERS,
    Capability.QUEUE_RETRY: Capability.QUEUE_READ,
    Capability.QUEUE_REMOVE: Capability.QUEUE_READ,
    Capability.RESOURCES_WRITE: Capability.RESOURCES_READ,
}


def test_the_suite_knows_every_command():
    assert set(FIELDS) == set(COMMANDS)


def test_every_capability_is_there_or_has_a_reason(subject):
    card = subject.static
    assert card.kind == subject.slug and card.label
    assert card.can | card.gaps.keys() == set(Capability) and not card.can & card.gaps.keys()
    for capability, reason in card.gaps.items():
        text = str(reason)
        assert len(text) > 20 and text.endswith(".") and "{" not in text, capability


def test_the_connection_has_it_all_or_a_reason_too(subject):
    card = subject.card
    assert card.can and all(str(card.reason(c)).strip() for c in set(Capability) - card.can)


def test_what_can_be_changed_can_be_read(subject):
    for write, read in READ_FOR_WRITE.items():
        assert write not in subject.static.can or read in subject.static.can


@pytest.mark.parametrize("capability", PROTOCOLS)
def test_what_is_on_the_card_has_its_methods_and_what_is_not_has_none(subject, capability):
    assert isinstance(subject.driver, PROTOCOLS[capability]) is (capability in subject.static.can)


def test_what_is_not_on_the_card_is_refused_with_its_reason_before_any_call(subject):
    wishes = [subject.wish(command, **fields) for command, fields in FIELDS.items()]
    refused = [wish for wish in wishes if wish.capability not in subject.static.can]
    assert refused or subject.static.can >= {command.capability for command in COMMANDS.values()}
    for wish in refused:
        with pytest.raises(NotSupported) as caught:
            subject.driver.plan(wish)
        assert str(caught.value) == str(subject.static.reason(wish.capability))
    assert subject.log.count() == 0 and subject.records == []


def test_a_new_domain_with_what_the_provider_does_not_know_is_refused_before_any_call(subject):
    extras = {
        Capability.ROUTES_WRITE: {"routes": [{"host": "mx.example.net"}]},
        Capability.ALIASES_WRITE: {"aliases": ["alias.example"]},
    }
    for capability in extras.keys() - subject.static.can:
        with pytest.raises(NotSupported) as caught:
            subject.driver.plan(subject.addition(**extras[capability]))
        assert str(caught.value) == str(subject.static.reason(capability))
    with pytest.raises((NotSupported, Invalid)):
        subject.driver.plan(subject.addition(options={**subject.about.options, "no-such-field": "1"}))
    assert subject.log.count() == 0


def test_the_fields_of_a_connection_and_of_a_domain(subject):
    for fields in (subject.static.settings, subject.static.domain_fields):
        names = [field.name for field in fields]
        assert len(names) == len(set(names)) and all(str(field.label) for field in fields)
        for field in fields:
            choices = [choice for choice, _ in field.choices]
            assert (field.kind is FieldKind.CHOICE) is bool(choices), field.name
            assert not field.default or not choices or field.default in choices
    for field in subject.static.settings:
        secret = any(word in field.name for word in ("password", "token"))
        assert not secret or field.kind is FieldKind.SECRET, field.name


def test_the_demo_connects_by_the_credentials_of_the_sandbox(subject):
    """They are named like the fields of the card, so nobody has to enter anything."""
    known = subject.sandbox.upstreams[subject.slug].credentials()
    names = {field.name for field in subject.static.settings}
    assert names & known.keys()
    assert {field.name for field in subject.static.settings if field.required} <= known.keys()


def test_a_connection_without_what_is_required_is_refused(subject):
    required = {
        f"values.{field.name}" for field in subject.static.settings if field.required and not field.default
    }
    required |= {f"values.{api.settings[0]}" for api in registry.provider(subject.slug).CARD.apis}
    data = {"key": "prod", "kind": subject.slug, "name": "Prod", "base_url": "https://host.example"}
    if required:
        with pytest.raises(Invalid) as caught:
            build_connection(data, registry.cards())
        assert set(caught.value.fields) == required


def test_what_is_said_of_messages_fits_the_capabilities(subject):
    named = {
        MailSource.QUARANTINE: Capability.QUARANTINE_READ,
        MailSource.LOG: Capability.LOGS_READ,
        MailSource.QUEUE: Capability.QUEUE_READ,
    }
    shapes = {shape.source: shape for shape in subject.static.mail}
    assert {named[source] for source in shapes} == subject.static.can & set(named.values())
    assert bool(subject.static.mail_actions) is (Capability.MAIL_ACT in subject.static.can)
    documented = {call.name for call in registry.contract(subject.slug).calls}
    for shape in shapes.values():
        assert shape.calls and documented.issuperset(shape.calls)
        assert bool(shape.classes) is (Criterion.CLASSES in shape.criteria)
        assert bool(shape.states) is (Criterion.STATES in shape.criteria)
        assert (len(shape.directions) > 1) is (Criterion.DIRECTION in shape.criteria)


def test_making_a_driver_sends_nothing(subject):
    subject.connect()
    assert subject.log.count() == 0


def test_the_documented_calls_are_complete_as_data(subject):
    contract = registry.contract(subject.slug)
    assert contract.provider == subject.slug and contract.document
    names = [call.name for call in contract.calls]
    assert len(names) == len(set(names))
    for call in contract.calls:
        assert call.group and call.meaning and call.source and call.path and call.answer, call.name
        assert call.certainty, call.name
        assert call.method in ("GET", "POST", "PUT", "PATCH", "DELETE"), call.name
        arguments = [(argument.name, argument.where) for argument in call.arguments]
        assert len(arguments) == len(set(arguments)), call.name
        for argument in call.arguments:
            assert argument.where in ("query", "path", "body", "form", "header", "pair"), (
                call.name,
                argument.name,
            )
            assert argument.meaning and argument.kind in KINDS, (call.name, argument.name)
            assert bool(argument.choices) or argument.kind != "choice", (call.name, argument.name)
            if argument.where == "path":
                assert "{" + argument.name + "}" in call.path, (call.name, argument.name)
