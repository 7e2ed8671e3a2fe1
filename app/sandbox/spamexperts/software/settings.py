"""Getters and setters of all settings, with both meanings of ``default`` (SpamExperts contract sheet, section 5)."""

from __future__ import annotations

from typing import Any

from app.sandbox.spamexperts import names, wording
from app.sandbox.spamexperts.answers import Answer, Empty, Setting, Several, fail, misuse
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.policy import POLICIES, Policy
from app.sandbox.spamexperts.query import Arguments
from app.sandbox.spamexperts.registry import Run, software

SETTINGS = "settings"


def inherited(cluster: Cluster, policy: Policy) -> Any:
    """Return the value of every domain that has none of its own: the cluster's, else the factory's."""
    return cluster.state.table(SETTINGS).get(names.DEFAULT, {}).get(policy.name, policy.factory)


def setting(cluster: Cluster, policy: Policy, domain: str, username: str = "") -> Setting:
    """Return one setting as a domain, or one outgoing user of it, sees it."""
    rows = cluster.state.table(SETTINGS)
    own = rows.get(domain, {})
    key = _key(policy, username)
    if domain == names.DEFAULT:
        value = own.get(key, policy.factory)
        return Setting(domain, value, policy.factory, key in own)
    default = inherited(cluster, policy)
    if username:
        default = own.get(policy.name, default)
    return Setting(domain, own.get(key, default), default, key in own)


def assign(cluster: Cluster, policy: Policy, domain: str, value: Any, username: str = "") -> None:
    """Store a value as the domain's own, also when it equals the default; None removes the own value."""
    rows = cluster.state.table(SETTINGS)
    own = dict(rows.get(domain, {}))
    own.pop(_key(policy, username), None)
    if value is not None:
        own[_key(policy, username)] = value
    rows[domain] = own


def _key(policy: Policy, username: str) -> str:
    return f"{policy.name} of {username}" if username else policy.name


def _scope(cluster: Cluster, arguments: Arguments) -> tuple[str, str]:
    """Return domain and outgoing user that a call is about; ED, and EN for a user that is not there."""
    username = arguments.text("username")
    if arguments.text("domain").lower() == names.DEFAULT:
        if username:
            raise fail(wording.INVALID_VALUE, argument="username", value=username)
        return names.DEFAULT, ""
    domain = arguments.domain()
    cluster.require(domain)
    if username and username not in cluster.state.table("outgoing_users").get(domain, {}):
        raise fail(wording.NO_SUCH, thing="outgoing user", item=username)
    return domain, username


def _getter(policy: Policy) -> Run:
    def get(cluster: Cluster, arguments: Arguments) -> Answer:
        domain, username = _scope(cluster, arguments)
        return setting(cluster, policy, domain, username)

    return get


def _getter_of_all(policy: Policy) -> Run:
    """Like ``_getter``, but without a domain it answers for every domain."""
    get_one = _getter(policy)

    def get(cluster: Cluster, arguments: Arguments) -> Answer:
        if arguments.given("domain"):
            return get_one(cluster, arguments)
        return Several([setting(cluster, policy, domain) for domain in cluster.domains])

    return get


def _setter(policy: Policy) -> Run:
    def change(cluster: Cluster, arguments: Arguments) -> Answer:
        domain, username = _scope(cluster, arguments)
        if not arguments.given(policy.argument) and not (policy.blank and arguments.present(policy.argument)):
            raise misuse(wording.MISSING_ARGUMENT, call=arguments.call, argument=policy.argument)
        text = arguments.text(policy.argument)
        value = None if text.lower() == names.DEFAULT else policy.read(text)
        assign(cluster, policy, domain, value, username)
        return Empty()

    return change


def _declare(policy: Policy) -> None:
    everywhere = policy.name == "use_local_recipient_list"
    if policy.readable:
        getter = _getter_of_all(policy) if everywhere else _getter(policy)
        domain = "domain=" if everywhere else "domain"
        software(
            f"api_get_{policy.name}",
            *(domain, "username="),
            about=policy.about,
            tag=policy.tag,
            returns="value",
        )(getter)
    value = f"{policy.argument}=" if policy.blank else policy.argument
    software(f"api_set_{policy.name}", "domain", value, "username=", about=policy.about, tag=policy.tag)(
        _setter(policy)
    )


for _policy in POLICIES:
    _declare(_policy)
