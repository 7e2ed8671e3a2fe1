"""Steps and states in words: what a step would do, and what a change did."""

from __future__ import annotations

from app.core.commands import Command
from app.core.names import display
from app.core.plan import State, Step, Verb
from app.core.text import Message, msg

_WISH: dict[Verb, Message] = {
    Verb.DOMAIN_ADD: msg("Add the domain {subject}"),
    Verb.DOMAIN_REMOVE: msg("Remove the domain {subject}"),
    Verb.DOMAIN_RESTORE: msg("Restore the domain {subject}"),
    Verb.DOMAIN_EDIT: msg("Edit the domain {subject}"),
    Verb.DOMAIN_ENABLE: msg("Enable the domain {subject}"),
    Verb.DOMAIN_DISABLE: msg("Disable the domain {subject}"),
    Verb.DOMAIN_RENAME: msg("Rename the domain {subject}"),
    Verb.PLATFORMS_SET: msg("Set the platforms of {subject}"),
    Verb.ALIASES_SET: msg("Replace the aliases of {subject}"),
    Verb.EMAIL_ALIAS_ADD: msg("Add the e-mail alias {subject}"),
    Verb.EMAIL_ALIAS_EDIT: msg("Change the e-mail alias {subject}"),
    Verb.EMAIL_ALIAS_REMOVE: msg("Remove the e-mail alias {subject}"),
    Verb.RECIPIENTS_ADD: msg("Add recipients to the e-mail alias {subject}"),
    Verb.RECIPIENT_REMOVE: msg("Remove the recipient of the e-mail alias {subject}"),
    Verb.ROUTES_SET: msg("Set the routes of {subject}"),
    Verb.ALIAS_ADD: msg("Add the alias {subject}"),
    Verb.ALIAS_REMOVE: msg("Remove the alias {subject}"),
    Verb.SETTING_SET: msg("Change the setting {subject}"),
    Verb.ADMIN_ADD: msg("Add the upstream administrator {subject}"),
    Verb.ADMIN_EDIT: msg("Change the upstream administrator {subject}"),
    Verb.ADMIN_FACTOR_OFF: msg("Switch off the second factor of {subject}"),
    Verb.ADMIN_REMOVE: msg("Remove the upstream administrator {subject}"),
    Verb.TOKEN_ADD: msg("Make the upstream API token {subject}"),
    Verb.TOKEN_REMOVE: msg("Remove the upstream API token {subject}"),
    Verb.ACCESS_SET: msg("Set the access {subject}"),
    Verb.ACCESS_REVOKE: msg("Revoke the access {subject}"),
    Verb.ACCESS_USERS: msg("Set what the users of {subject} may do"),
    Verb.DKIM_SET: msg("Set the DKIM key of {subject}"),
    Verb.DKIM_REMOVE: msg("Remove the DKIM key of {subject}"),
    Verb.POLICY_ADD: msg("Add the policy {subject}"),
    Verb.POLICY_EDIT: msg("Change the policy {subject}"),
    Verb.POLICY_REMOVE: msg("Remove the policy {subject}"),
    Verb.POLICY_ASSIGN: msg("Choose the default policy {subject}"),
    Verb.RULE_ADD: msg("Add the rule {subject}"),
    Verb.RULE_EDIT: msg("Change the rule {subject}"),
    Verb.RULE_REMOVE: msg("Remove the rule {subject}"),
    Verb.RULES_REPLACE: msg("Replace the rules of {subject}"),
    Verb.RULE_SPREAD: msg("Add the rule {subject}"),
    Verb.MAIL_RELEASE: msg("Release the message {subject}"),
    Verb.MAIL_RELEASE_ALLOW: msg("Release the message {subject} and allow its sender"),
    Verb.MAIL_DELETE: msg("Delete the message {subject}"),
    Verb.MAIL_ACT: msg("Change the message {subject}"),
    Verb.MAIL_RETRY: msg("Try to deliver the message {subject}"),
    Verb.MAIL_UNQUEUE: msg("Remove the message {subject} from the queue"),
    Verb.MAIL_VIEW: msg("Read the message {subject}"),
    Verb.MAIL_DOWNLOAD: msg("Download from the message {subject}"),
    Verb.RESOURCE_ADD: msg("Add: {subject}"),
    Verb.RESOURCE_EDIT: msg("Change: {subject}"),
    Verb.RESOURCE_REMOVE: msg("Remove: {subject}"),
    Verb.RESOURCE_ACT: msg("Act on: {subject}"),
}

_PAST: dict[Verb, Message] = {
    Verb.DOMAIN_ADD: msg("Domain added"),
    Verb.DOMAIN_REMOVE: msg("Domain removed"),
    Verb.DOMAIN_RESTORE: msg("Domain restored"),
    Verb.DOMAIN_EDIT: msg("Domain edited"),
    Verb.DOMAIN_ENABLE: msg("Domain enabled"),
    Verb.DOMAIN_DISABLE: msg("Domain disabled"),
    Verb.DOMAIN_RENAME: msg("Domain renamed"),
    Verb.PLATFORMS_SET: msg("Platforms changed"),
    Verb.ALIASES_SET: msg("Aliases replaced"),
    Verb.EMAIL_ALIAS_ADD: msg("E-mail alias added"),
    Verb.EMAIL_ALIAS_EDIT: msg("E-mail alias changed"),
    Verb.EMAIL_ALIAS_REMOVE: msg("E-mail alias removed"),
    Verb.RECIPIENTS_ADD: msg("Recipients added"),
    Verb.RECIPIENT_REMOVE: msg("Recipient removed"),
    Verb.ROUTES_SET: msg("Routes changed"),
    Verb.ALIAS_ADD: msg("Alias added"),
    Verb.ALIAS_REMOVE: msg("Alias removed"),
    Verb.SETTING_SET: msg("Setting changed"),
    Verb.CONNECTION_ADD: msg("Connection added"),
    Verb.CONNECTION_EDIT: msg("Connection changed"),
    Verb.CONNECTION_REMOVE: msg("Connection removed"),
    Verb.RULE_ADD: msg("Rule added"),
    Verb.RULE_EDIT: msg("Rule changed"),
    Verb.RULE_REMOVE: msg("Rule removed"),
    Verb.RULES_REPLACE: msg("Rules replaced"),
    Verb.RULE_SPREAD: msg("Rule added to several owners"),
    Verb.POLICY_ADD: msg("Policy added"),
    Verb.POLICY_EDIT: msg("Policy changed"),
    Verb.POLICY_REMOVE: msg("Policy removed"),
    Verb.POLICY_ASSIGN: msg("Default policy chosen"),
    Verb.MAIL_RELEASE: msg("Mail released"),
    Verb.MAIL_RELEASE_ALLOW: msg("Mail released and its sender allowed"),
    Verb.MAIL_DELETE: msg("Mail deleted"),
    Verb.MAIL_ACT: msg("Mail changed"),
    Verb.MAIL_RETRY: msg("Delivery tried"),
    Verb.MAIL_UNQUEUE: msg("Mail removed from the queue"),
    Verb.MAIL_VIEW: msg("Mail read"),
    Verb.MAIL_DOWNLOAD: msg("Mail downloaded"),
    Verb.CALL: msg("Call sent"),
    Verb.ADMIN_ADD: msg("Upstream administrator added"),
    Verb.ADMIN_EDIT: msg("Upstream administrator changed"),
    Verb.ADMIN_FACTOR_OFF: msg("Second factor switched off"),
    Verb.ADMIN_REMOVE: msg("Upstream administrator removed"),
    Verb.TOKEN_ADD: msg("Upstream API token made"),
    Verb.TOKEN_REMOVE: msg("Upstream API token removed"),
    Verb.ACCESS_SET: msg("Access set"),
    Verb.ACCESS_REVOKE: msg("Access revoked"),
    Verb.ACCESS_USERS: msg("Users' access set"),
    Verb.DKIM_SET: msg("DKIM key set"),
    Verb.DKIM_REMOVE: msg("DKIM key removed"),
    Verb.RESOURCE_ADD: msg("Added"),
    Verb.RESOURCE_EDIT: msg("Changed"),
    Verb.RESOURCE_REMOVE: msg("Removed"),
    Verb.RESOURCE_ACT: msg("Action carried out"),
}

_STATES: dict[State, Message] = {
    State.INTENDED: msg("being sent"),
    State.DONE: msg("done"),
    State.REJECTED: msg("refused"),
    State.UNREACHABLE: msg("not sent"),
    State.UNKNOWN: msg("unknown"),
    State.SKIPPED: msg("skipped"),
}


def wish(step: Step) -> Message:
    """What the step would do, e.g. "Add the domain example.org"."""
    template = _WISH.get(step.verb, msg("{subject}")).template
    return msg(template, subject=display(step.subject))


def past(verb: Verb) -> Message:
    """What a change of this verb did, e.g. "Routes changed"."""
    return _PAST[verb]


def state_word(state: State) -> Message:
    """A change's state for people."""
    return _STATES[state]


_COMMANDS: dict[str, Message] = {
    "domain.add": msg("Add the domain {subject}"),
    "domain.remove": msg("Remove the domain {subject}"),
    "domain.edit": msg("Edit the domain {subject}"),
    "domain.enable": msg("Enable the domain {subject}"),
    "domain.disable": msg("Disable the domain {subject}"),
    "domain.rename": msg("Rename the domain {subject}"),
    "domain.restore": msg("Restore the domain {subject}"),
    "platforms.set": msg("Set the platforms of {subject}"),
    "aliases.set": msg("Replace the aliases of {subject}"),
    "email_aliases.add": msg("Add an e-mail alias to {subject}"),
    "email_aliases.edit": msg("Change an e-mail alias of {subject}"),
    "email_aliases.remove": msg("Remove an e-mail alias of {subject}"),
    "email_aliases.add_recipients": msg("Add recipients to an e-mail alias of {subject}"),
    "email_aliases.remove_recipients": msg("Remove recipients of an e-mail alias of {subject}"),
    "routes.set": msg("Set the routes of {subject}"),
    "routes.add": msg("Add a route to {subject}"),
    "routes.remove": msg("Remove a route of {subject}"),
    "routes.replace_host": msg("Replace a route host of {subject}"),
    "aliases.add": msg("Add aliases to {subject}"),
    "aliases.remove": msg("Remove aliases of {subject}"),
    "settings.set": msg("Change a setting of {subject}"),
    "admins.add": msg("Add an upstream administrator to {subject}"),
    "admins.edit": msg("Change an upstream administrator of {subject}"),
    "admins.factor_off": msg("Switch off a second factor on {subject}"),
    "admins.remove": msg("Remove an upstream administrator of {subject}"),
    "tokens.add": msg("Make an upstream API token on {subject}"),
    "tokens.remove": msg("Remove an upstream API token of {subject}"),
    "access.set": msg("Set who may manage {subject}"),
    "access.revoke": msg("Revoke an access to {subject}"),
    "access.users": msg("Set what the users of {subject} may do"),
    "dkim.set": msg("Set the DKIM key of {subject}"),
    "dkim.remove": msg("Remove the DKIM key of {subject}"),
    "policy.create": msg("Add a policy to {subject}"),
    "policy.edit": msg("Change a policy of {subject}"),
    "policy.remove": msg("Remove a policy of {subject}"),
    "domain.set_policy": msg("Choose the default policy of {subject}"),
    "rules.add": msg("Add rules to {subject}"),
    "rules.remove": msg("Remove rules of {subject}"),
    "rules.edit": msg("Change a rule of {subject}"),
    "rules.replace": msg("Replace the rules of {subject}"),
    "rules.spread": msg("Add a rule to several owners on {subject}"),
    "mail.release": msg("Release a message to {subject}"),
    "mail.release_allow": msg("Release a message to {subject} and allow its sender"),
    "mail.delete": msg("Delete a message to {subject}"),
    "mail.act": msg("Change a message to {subject}"),
    "mail.retry": msg("Try to deliver a message of {subject}"),
    "mail.unqueue": msg("Remove a message of {subject} from the queue"),
    "resource.act": msg("Change something kept by {subject}"),
}


def command_sentence(command: Command) -> Message:
    """What the command wishes, e.g. "Add the domain example.org"."""
    template = _COMMANDS.get(command.command, msg("{subject}")).template
    return msg(template, subject=display(getattr(command, "domain", None) or command.connection))
