"""What the suite has to be told of a provider; everything else it finds on the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Description:
    """One way to connect to one provider's imitated upstream.

    `domain`: one that is there, that may be removed, and that has routes and aliases where the provider knows them.
    `wrong`: values of the connection that the upstream does not let in. `values`: those that differ from the sandbox's
    credentials of the same names ("" leaves one out). `options`: fields of a new domain; `other_options`: some with which
    `domain` differs, for providers whose domains have nothing else to differ in. `setting`: name and two values.
    `field`: the same of a field in which a domain can be edited. `policy`: a field of its policies with two values.
    `defaults`: the connection has settings of its own. `sees_all`: it sees every domain of the upstream.
    `unsigned`: a domain without a DKIM key.
    `admin`: an administrator other than the one that the connection signs in with, who is `own_admin`
    (the same where no other is to be seen). `token_value`: the field of the connection that takes a token.
    `mailbox`, `mail_folder`: a mailbox of `domain` and a folder of it with mail, where messages are looked for by mailbox.
    `mail_to_release`, `mail_with_file`: what to ask for to find a message that may be released, and one with an attachment.
    `recipients`, `other_recipients`: where an e-mail alias may lead, and where else. `mixed_lists`: kinds
    of rules of which nothing tells whether they are the domain's own.
    `mail_acts`: by action, what to ask for to find a message that it can be tried on.
    `profile`: how the imitated upstream behaves, where not as it does by itself.
    `rule_calls`: how many calls the rules of one mailbox cost, which is known by its ref.
    """

    domain: str
    wrong: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    other_options: Mapping[str, str] = field(default_factory=dict)
    mail_acts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mail_to_release: Mapping[str, Any] = field(default_factory=dict)
    mail_with_file: Mapping[str, Any] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    new: str = "contract.example"
    international: str = "bücher-und-mehr.example"
    route_hosts: tuple[str, ...] = ("mx1.example.net", "mx2.example.net")
    aliases: tuple[str, ...] = ("first-alias.example", "second-alias.example")
    setting: tuple[str, str, str] | None = None
    policy: tuple[str, Any, Any] | None = None
    defaults: bool = False
    field: tuple[str, str, str] | None = None
    sees_all: bool = True
    unsigned: str = ""
    admin: str = ""
    own_admin: str = ""
    token_value: str = "token"
    mailbox: str = ""
    mail_folder: str = ""
    recipients: tuple[str, ...] = ("someone@elsewhere.example",)
    other_recipients: tuple[str, ...] = ("new@elsewhere.example",)
    mixed_lists: tuple[str, ...] = ()
    rule_calls: int = 1
