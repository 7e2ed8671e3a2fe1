"""Texts and forms that no public document gives: every [inferred] wording of both APIs, in this one place.

SpamExperts contract sheet, sections 1, 2 and 7.3. A client must not match on these texts; when a real server has been
seen, this is the file to change.
"""

from __future__ import annotations

REALM = "SpamExperts API"
AUTHENTICATION_FAILED = "Authentication failed"
ONLY_GET = "Only the GET method is supported"
NO_PERMISSION = "No permission to call {call}"
INCORRECT_USAGE = "Incorrect usage of API: {detail}"
NO_CALL = "the argument 'call' is missing"
UNKNOWN_CALL = "there is no call '{call}'"
MISSING_ARGUMENT = "{call} needs the argument '{argument}'"
UNKNOWN_ARGUMENT = "{call} does not know the argument '{argument}'"
ONE_SETTING_AT_LEAST = "{call} needs at least one value"

DOMAIN_MISSING = "The domain '{domain}' is missing on this server"
DOMAIN_PRESENT = "Domain '{domain}' is already present in the filtering software"
ALREADY_LISTED = "'{item}' is already listed"
NO_SUCH = "No such {thing}: '{item}'"
INVALID_VALUE = "Invalid value for {argument}: '{value}'"
NOT_A_DESTINATION = "'{host}' cannot be a destination"

NOT_DEFAULT = "This value is not the default. The default value is: {default}"
ADDRESS_NOT_IN_CLUSTER = "The address '{address}' is not part of this cluster"
DKIM_RECORD_MISSING = "The TXT record '{record}' could not be found"

DEFAULT_PORT = 25
"""The port of a destination that names none."""

DATE_FORMAT = "%Y-%m-%d %H:%M:%S"
"""How the columns ``date``, ``datestamp`` and ``delivery_date`` print an instant (UTC)."""

SENDER_FLAGS = ("both", "envelope", "from")
"""Spellings of the three meanings of ``sender_flag``, the default first."""

LIMIT, OFFSET = "limit", "offset"
"""The paging arguments; that paging exists is documented, its names are not."""

FILTER_FIELDS = ("domain", "destination", "admin name")
FILTER_OPERATORS = ("is", "is not", "contains", "starts with", "ends with")


PANEL_REALM = "Control Panel API"
PANEL_VERSION = "20260815.104233"
PANEL_ROLE = "admin"
"""What ``auth/getrole`` calls the role of the demo's credentials."""


class Panel:
    """The Control Panel API's sentences. Their matched parts are [client code] (7.3, 7.4), the rest is [inferred]."""

    BAD_CREDENTIALS = "Supplied credential is invalid."
    UNKNOWN_ACTION = "Incorrect usage of API: there is no action '{action}'"
    MISSING_KEY = "Incorrect usage of API: '{action}' needs '{key}'"
    BAD_LIST = "Incorrect usage of API: '{key}' is not a JSON array of texts"
    NOT_ALLOWED = "You are not allowed to manage the domain '{domain}'"
    NOT_OURS = "The domain '{domain}' does not belong to the admin"
    BAD_DOMAIN = "The domain name '{domain}' is incorrect"
    BAD_VALUE = "The value '{value}' of '{key}' is incorrect"

    DOMAIN_ADDED = (
        "Outgoing filtering is disabled for the domain '{domain}'",
        "The time zone of the domain '{domain}' is UTC",
        "Domain '{domain}' added",
    )
    """Several lines; the one that clients look for comes last."""
    DOMAIN_EXISTS = ("Domain already exists.", "Failed to add domain '{domain}'")
    DOMAIN_EDITED = "Destinations of the domain '{domain}' have been changed"
    DOMAIN_REMOVED = "Domain '{domain}' removed"
    DOMAIN_NOT_REMOVED = ("You are not the owner of '{domain}'.", "Failed to remove domain '{domain}'")
    PRODUCTS_SET = "Products of the domain '{domain}' have been changed"
    NO_PRODUCTS = "Domain '{domain}' doesn't exist"
    RECIPIENT_ADDED = "Local recipient '{item}' has been added"

    ALIAS_ADDED = "Alias '{item}' has been added"
    ALIAS_REMOVED = "Alias '{item}' has been removed"
    ALIAS_EXISTS = "Alias already exists"
    ALIAS_MISSING = "Unable to find the alias '{item}'"

    LISTED = "'{item}' has been added to the {list}"
    UNLISTED = "'{item}' has been removed from the {list}"
    ALREADY_LISTED = "'{item}' already exists on the {list}"
    NOT_LISTED = "Unable to find '{item}' on the {list}"

    CONTACT_SET = "Contact email for the domain '{domain}' is changed to '{item}'"
    ADMIN_CONTACT_SET = "Administrator's contact email for the domain '{domain}' is changed to '{item}'"

    USER_SAVED = "User '{item}' has been saved"
    USER_EXISTS = "User '{item}' already exists"
    USER_DELETED = "User '{item}' has been deleted"
    USER_MISSING = "Unable to find the user '{item}': unable to delete"
    PASSWORD_SET = "Password of the user '{item}' has been changed"
    NO_USERS = "There is no valid user with this role on the domain '{domain}'"
    NOT_REGISTERED = "User '{item}' is not registered on this server"

    EMAIL_ALIAS_ADDED = "Email alias '{item}' has been added"
    EMAIL_ALIAS_REMOVED = "Email alias '{item}' has been removed"

    OUTGOING_ADDED = "Outgoing user '{item}' has been added"
    OUTGOING_REMOVED = "Outgoing users of the domain '{domain}' have been removed"

    ADMIN_SAVED = "User '{item}' saved with success"
    ADMIN_EXISTS = "User '{item}' already exists"
    ADMIN_MISSING = "Unable to find the user '{item}'"
    ADMIN_CHANGED = "Changed with success"
    LIMIT_REACHED = "The user '{item}' has reached the allowed limit of domains"


def error(template: str, **values: object) -> str:
    """Return one error line."""
    return f"ERROR: {template.format(**values)}"


def warning(template: str, **values: object) -> str:
    """Return one warning line."""
    return f"WARNING: {template.format(**values)}"
