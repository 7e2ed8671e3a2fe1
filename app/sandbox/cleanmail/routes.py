"""The 93 operations: name, method, path, handler (Cleanmail REST API manual, 5). Literal segments win over slots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule, UnicodeConverter
from werkzeug.wrappers import Response

from app.sandbox.cleanmail import (
    access,
    admins,
    aliases,
    dkim,
    domains,
    filters,
    groups,
    health,
    mails,
    options,
    policies,
    senders,
    sending,
    tasks,
    tokens,
    users,
)
from app.sandbox.cleanmail.call import Call
from app.sandbox.cleanmail.problems import Problem

Handler = Callable[[Call], Response]

PREFIX = "/api/v3"
"""The base path in public use. Everything answers below it and at the root alike."""


@dataclass(frozen=True)
class Operation:
    """One call of the API: its name is the manual's, its query parameters are those that do something."""

    name: str
    method: str
    path: str
    handler: Handler
    query: tuple[str, ...] = ()
    excel: bool = False
    """The list is offered as a sheet too."""
    any_type: bool = False
    """The answer is a file, so the request's ``Accept`` does not matter."""


_PAGED_ADMINS = admins.LISTING.parameters

OPERATIONS: tuple[Operation, ...] = (
    # 5.1 AccessControls
    Operation("deleteAdminAccount", "DELETE", "/security/admins/<adminId>", admins.delete_admin_account),
    Operation("listAdmins", "GET", "/security/admins", admins.list_admins, _PAGED_ADMINS),
    Operation("getAdmin", "GET", "/security/admins/<adminId>", admins.get_admin),
    Operation("listPermissions", "GET", "/security/permissions", admins.list_permissions, ("scope", "id")),
    Operation("updateAdmin", "PATCH", "/security/admins/<adminId>", admins.update_admin),
    # 5.2 AuthenticationTokens
    Operation("createToken", "POST", "/admins/<adminId>/tokens", tokens.create_token),
    Operation("listOfUserTokens", "GET", "/admins/<adminId>/tokens", tokens.list_of_user_tokens),
    Operation("deleteToken", "DELETE", "/admins/<adminId>/tokens/<id>", tokens.delete_token),
    # 5.3 DomainAliases
    Operation("addDomainAlias", "POST", "/domains/<domainId>/aliases", aliases.add_domain_alias),
    Operation("deleteDomainAlias", "DELETE", "/domains/<domainId>/aliases/<aliasId>", aliases.delete_domain_alias),
    Operation("listDomainAliases", "GET", "/domains/<domainId>/aliases", aliases.list_domain_aliases, aliases.LISTING.parameters),
    Operation("editDomainAliases", "PUT", "/domains/<domainId>/aliases", aliases.edit_domain_aliases),
    # 5.4 DomainPolicies
    Operation("newPolicy", "POST", "/domains/<domainId>/policies", policies.new_policy),
    Operation("deletePolicy", "DELETE", "/policies/<policyId>", policies.delete_policy),
    Operation("singleDomainPolicy", "GET", "/policies/<policyId>", policies.single_domain_policy),
    Operation("listDomainPolicies", "GET", "/domains/<domainId>/policies", policies.list_domain_policies, policies.LISTING.parameters),
    Operation("editPolicy", "PATCH", "/policies/<policyId>", policies.edit_policy),
    # 5.5 Domains
    Operation("createDomain", "POST", "/domains", domains.create_domain),
    Operation("affectUsersAccess", "PUT", "/domains/<domainId>/access", access.affect_users_access),
    Operation("createAdminAccess", "POST", "/domains/<domainId>/admins", admins.create_admin_access),
    Operation("deleteDomainOption", "DELETE", "/domains/<domainId>/options/<optionName>", options.delete_domain_option),
    Operation("revokeAdminAccess", "DELETE", "/domains/<domainId>/admins/<adminId>", admins.revoke_admin_access),
    Operation("deleteDomain", "DELETE", "/domains/<domainId>", domains.delete_domain),
    Operation("getDomainAdmin", "GET", "/domains/<domainId>/admins/<adminId>", admins.get_domain_admin),
    Operation("singleDomain", "GET", "/domains/<domainId>", domains.single_domain),
    Operation("listDomainAdmins", "GET", "/domains/<domainId>/admins", admins.list_domain_admins, _PAGED_ADMINS),
    Operation("listDomainOptions", "GET", "/domains/<domainId>/options", options.list_domain_options),
    Operation("listDomains", "GET", "/domains", domains.list_domains, domains.LISTING.parameters),
    Operation("listUsersAccess", "GET", "/domains/<domainId>/access", access.list_users_access),
    Operation("defineAdminAccess", "PUT", "/domains/<domainId>/admins/<adminId>/authorities", admins.define_admin_access),
    Operation("setDomainOption", "POST", "/domains/<domainId>/options", options.set_domain_option),
    Operation("editDomain", "PATCH", "/domains/<domainId>", domains.edit_domain),
    # 5.6 DomainsDKIM
    Operation("addDkim", "POST", "/domains/<domainId>/dkim", dkim.add_dkim),
    Operation("deleteDomainDkim", "DELETE", "/domains/<domainId>/dkim", dkim.delete_domain_dkim),
    Operation("getDkim", "GET", "/domains/<domainId>/dkim", dkim.get_dkim),
    Operation("updateDomainDkim", "PUT", "/domains/<domainId>/dkim", dkim.update_domain_dkim),
    # 5.7 Emails
    Operation("deleteAttachment", "DELETE", "/emails/attachments/<uid>/<filename>", sending.delete_attachment),
    Operation("getAllEmailAttachments", "GET", "/users/<userId>/emails/<folderPath>/<messageId>/attachments", mails.get_all_email_attachments, ("dl",), any_type=True),
    Operation("downloadEmailAttachmentPart", "GET", "/users/<userId>/emails/<folderPath>/<emailId>/attachments/<partId>", mails.download_email_attachment_part, ("dl",), any_type=True),
    Operation("downloadAttachment", "GET", "/emails/attachments/<uid>/<filename>", sending.download_attachment, any_type=True),
    Operation("getEmail", "GET", "/users/<userIdOrEmail>/emails/<folderPath>/<fugluIdOrMailId>", mails.get_email, ("fields",)),
    Operation("getFolders", "GET", "/users/<userIdOrEmail>/emails/folders", mails.get_folders, ("fields",)),
    Operation("getSubfolders", "GET", "/users/<userIdOrEmail>/emails/folders/<path>", mails.get_subfolders, ("fields",)),
    Operation("getFolderContent", "GET", "/users/<userIdOrEmail>/emails/<folderPath>", mails.get_folder_content, mails.SEARCH_PARAMETERS),
    Operation("releaseEmail", "POST", "/users/<userIdOrEmail>/emails/<folderPath>/<fugluId>/release", mails.release_email),
    Operation("sendEmail", "POST", "/users/<userIdOrEmail>/emails/send", sending.send_email),
    Operation("uploadAttachment", "POST", "/emails/attachments", sending.upload_attachment),
    # 5.8 FilteringRulesOnAttachments
    Operation("addAttachmentFilterToDomain", "POST", "/domains/<domainId>/filters/attachments", filters.add_attachment_filter_to_domain),
    Operation("deleteAttachmentFilter", "DELETE", "/filters/attachments/<attachmentId>", filters.delete_attachment_filter),
    Operation("getDomainAttachmentFilters", "GET", "/domains/<domainId>/filters/attachments", filters.get_domain_attachment_filters, filters.LISTING.parameters, excel=True),
    Operation("editAttachmentFilter", "PATCH", "/filters/attachments/<attachmentId>", filters.edit_attachment_filter),
    # 5.9 FilteringRulesOnSenders
    Operation("addEntries", "POST", "/wblist", senders.add_entries),
    Operation("addDomainRule", "POST", "/domains/<domainId>/wblist", senders.add_domain_rule),
    Operation("addMailboxRule", "POST", "/users/<userId>/wblist", senders.add_mailbox_rule),
    Operation("deleteDomainRule", "DELETE", "/domains/<domainId>/wblist/<wbItemId>", senders.delete_domain_rule),
    Operation("deleteMailboxRule", "DELETE", "/users/<userId>/wblist/<wbItemId>", senders.delete_mailbox_rule),
    Operation("getDomainFilterRules", "GET", "/domains/<domainId>/wblist", senders.get_domain_filter_rules, senders.DOMAIN_LISTING.parameters, excel=True),
    Operation("getUserFilterRules", "GET", "/users/<userId>/wblist", senders.get_user_filter_rules, senders.MAILBOX_LISTING.parameters, excel=True),
    Operation("updateDomainRule", "PUT", "/domains/<domainId>/wblist/<wbItemId>", senders.update_domain_rule),
    Operation("updateMailboxRule", "PUT", "/users/<userId>/wblist/<wbItemId>", senders.update_mailbox_rule),
    Operation("setDomainRules", "PUT", "/domains/<domainId>/wblist", senders.set_domain_rules),
    Operation("setMailboxRules", "PUT", "/users/<userId>/wblist", senders.set_mailbox_rules),
    # 5.10 FilteringRulesOnURI
    Operation("addUriBlFilterToDomain", "POST", "/domains/<domainId>/filters/uris", filters.add_uri_bl_filter_to_domain),
    Operation("deleteUriBlFilter", "DELETE", "/filters/uris/<uriId>", filters.delete_uri_bl_filter),
    Operation("getDomainUriBlFilters", "GET", "/domains/<domainId>/filters/uris", filters.get_domain_uri_bl_filters, filters.LISTING.parameters, excel=True),
    Operation("editUriBlFilter", "PATCH", "/filters/uris/<uriId>", filters.edit_uri_bl_filter),
    # 5.11 Health
    Operation("runDomainDiagnostic", "POST", "/domains/<domainId>/health", health.run_domain_diagnostic),
    Operation("runDiagnosticOnExistingRelay", "POST", "/platforms/<platformId>/health", health.run_diagnostic_on_existing_relay),
    Operation("getDomainHealth", "GET", "/domains/<domainId>/health", health.get_domain_health),
    Operation("getHealthErrors", "GET", "/health", health.get_health_errors),
    Operation("getDiagnosticOfExistingRelay", "GET", "/platforms/<platformId>/health", health.get_diagnostic_of_existing_relay),
    Operation("tryRelayConfiguration", "POST", "/health/try-relay", health.try_relay_configuration),
    # 5.12 Tasks
    Operation("executeTask", "POST", "/tasks", tasks.execute_task),
    # 5.13 TemporaryAuthTokens
    Operation("temporaryAuthTokens", "GET", "/token", tokens.temporary_auth_tokens, ("username", "validity")),
    # 5.14 Users
    Operation("newUser", "POST", "/users", users.new_user),
    Operation("deleteUserOption", "DELETE", "/users/<userId>/options/<optionName>", options.delete_user_option),
    Operation("deleteUser", "DELETE", "/users/<userId>", users.delete_user),
    Operation("singleUser", "GET", "/users/<userId>", users.single_user),
    Operation("listDomainUsers", "GET", "/domains/<domainId>/users", users.list_domain_users, users.LISTING.parameters, excel=True),
    Operation("listUserOptions", "GET", "/users/<userId>/options", options.list_user_options),
    Operation("listUsers", "GET", "/users", users.list_users, users.LISTING.parameters),
    Operation("setUserOption", "POST", "/users/<userId>/options", options.set_user_option),
    Operation("editUser", "PATCH", "/users/<userId>", users.edit_user),
    # 5.15 UsersAliases
    Operation("addAddressesToEmailAlias", "POST", "/domains/<domainId>/groups/<groupId>/addresses", groups.add_addresses_to_email_alias),
    Operation("newEmailAlias", "POST", "/domains/<domainId>/groups", groups.new_email_alias),
    Operation("deleteEmailAlias", "DELETE", "/groups/<groupId>", groups.delete_email_alias),
    Operation("deleteEmailAliasRecipient", "DELETE", "/domains/<domainId>/groups/<groupId>/addresses/<addressId>", groups.delete_email_alias_recipient),
    Operation("listTargetedAddressesOfAlias", "GET", "/domains/<domainId>/groups/<groupId>", groups.list_targeted_addresses_of_alias),
    Operation("listEmailAliasesOfDomain", "GET", "/domains/<domainId>/groups", groups.list_email_aliases_of_domain, groups.LISTING.parameters, excel=True),
    Operation("editEmailAlias", "PATCH", "/domains/<domainId>/groups/<groupId>", groups.edit_email_alias),
    # 5.16 UsersSigns
    Operation("deleteSign", "DELETE", "/users/<userId>/sign", users.delete_sign),
    Operation("getSign", "GET", "/users/<userId>/sign", users.get_sign),
    Operation("setSign", "PUT", "/users/<userId>/sign", users.set_sign),
)  # fmt: skip

UNDOCUMENTED: tuple[Operation, ...] = (
    Operation("listOptions", "GET", "/options", options.list_options),
    Operation("getEmail", "GET", "/users/<userIdOrEmail>/emails/<folderPath>/<fugluIdOrMailId>/<uid>", mails.get_email, ("fields",)),
)  # fmt: skip
"""What answers as well: a list that the manual refers to, and the longer path that a message's ``contentUri`` has."""


class _Slot(UnicodeConverter):
    """A slot of a path. Matching runs on the raw path, so an encoded slash stays inside its slot."""

    def to_python(self, value: str) -> str:
        return unquote(value)


_MAP = Map(
    [
        Rule(operation.path, methods=[operation.method], endpoint=operation)
        for operation in (*OPERATIONS, *UNDOCUMENTED)
    ],
    strict_slashes=False,
    merge_slashes=False,
    converters={"default": _Slot},
).bind("sandbox")


def split(target: str) -> tuple[str, str]:
    """Return the prefix that a raw request target uses, and the raw path behind it."""
    path = target.partition("?")[0]
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    if path == PREFIX or path.startswith(f"{PREFIX}/"):
        return PREFIX, path.removeprefix(PREFIX)
    return "", path


def match(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """Return the operation and the decoded slots of a raw path; raise 404 or 405."""
    try:
        operation, slots = _MAP.match(path, method)
    except NotFound as error:
        raise Problem(404, "There is no such call.") from error
    except MethodNotAllowed as error:
        raise Problem(405, "The method is not allowed here.") from error
    return operation, dict(slots)
