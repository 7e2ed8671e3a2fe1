"""The error envelope and its catalogue of ids (Hornetsecurity contract sheet, 3)."""

from __future__ import annotations

from typing import Any

CATALOGUE: dict[int, tuple[int, str]] = {
    404: (404, "The requested path does not exist."),
    405: (405, "Method not allowed."),
    429: (429, "Too many requests."),
    1002: (401, "Authentication credentials were not provided or are invalid."),
    1003: (403, "Permission denied."),
    1004: (400, "Invalid header information."),
    2001: (400, "Authentication failed."),
    2009: (400, "Validation error."),
    2010: (403, "Your Login is locked."),
    3040: (422, "User Settings could not be loaded. User settings do not exist."),
    3045: (400, "The user settings could not be updated. The old password is invalid."),
    3050: (400, "Could not execute action. XObject id is not valid."),
    3066: (400, "Your link has expired."),
    3073: (500, "Could not preview email headers."),
    3080: (400, "Object with specified object_id could not be found."),
    3081: (404, "No XObject for the given name was found."),
    3089: (400, "The sum of offset and limit must not exceed 10000."),
    3093: (422, "Entry has no valid owner."),
    3094: (405, "Duplicate entry for this owner."),
    3096: (400, "Email user actions already exist."),
    3107: (402, "You need to book spamfilter to use these settings."),
    3108: (403, "You are not allowed to deliver emails with this classificiation."),
    3109: (400, "You must have at least one send email to admin contact to use this function."),
    3111: (400, "This email type is not allowed for this action."),
    3112: (409, "Email is not archived."),
    3113: (400, "This action is not supported for outgoing emails."),
    3118: (404, "Mailbox alias does not exist"),
    3119: (400, "Mailbox does not exists"),
    3140: (404, "Mailbox does not exist."),
    3197: (402, "One or more owners of the selected mails ran out of test trials for o365 deletions."),
    3199: (424, "You need to grant permissions to our M365 email action app first."),
    3203: (409, "Customer already exists."),
    3301: (404, "Whitelabeling entry does not exist."),
    3305: (404, "No whitelabeling information available."),
    3309: (400, "The given domain is not correctly configured."),
    3321: (404, "Support information does not exist."),
    3323: (409, "Support information already exists for this object."),
    3400: (404, "Offline statistic receiver not found."),
    3403: (400, "Mailbox already exists."),
    3405: (400, "Unknown domain."),
    3407: (409, "This email address is already in use."),
    3408: (400, "No email addresses provided."),
    3409: (400, "The mailbox with this id does not exist."),
    3423: (400, "No forward addresses found for this mailbox."),
    3600: (400, "Targets needs to be a customer or a partner."),
    3603: (400, "Not allowed to delete the last administrator for this target."),
    3604: (409, "This object has no role assignment to this target."),
    3605: (409, "The requested role assignment already exists."),
    3650: (409, "The requested contact role already exists."),
    3651: (409, "This object has no contact role on this target."),
    3653: (400, "The send_email_to_admin role_type is only available for customers"),
    3702: (400, "The selected object is not a customer."),
    3707: (400, "parent must be a partner"),
    3810: (403, "Deny- and allowlist only accessible for `user` and `customer`."),
    3812: (409, "Could not set own domain"),
    3813: (400, "URLs can only be added into the customers allow lists."),
    4004: (404, "Environment does not exists."),
    4300: (400, "Compliance filter not found."),
    5001: (400, "Some domain(s) are forbidden, no domain were created"),
    5002: (409, "The domain already exists."),
    5003: (422, "Some of your domain(s) are not formatted correctly"),
    5004: (403, "You don't have permission for this domain"),
    5006: (400, "The Domain does not exist."),
    5007: (400, "Only alias domains can be deleted."),
    5100: (404, "Inserted list of deputies contains items which doesn't exist"),
    5101: (403, "Some of the inserted deputies not belong to your account"),
    5103: (400, "The requested action is not allowed for o365 or ldap users"),
    5104: (403, "You don't have permission for this mailbox"),
    5109: (400, "User could not be created."),
    5130: (409, "Group with this name already exist"),
    5131: (404, "Group does not exist"),
    5140: (400, "Restriction item(s) already set by parent"),
    5145: (400, "The IP already exist."),
    5146: (404, "IP Restriction does not exist."),
    5152: (400, "Quarantine report does not exist."),
    5153: (403, "Quarantine report for users can only be set if customer activated it."),
    5157: (402, "You need to book Spam and Malware Protection to use Quarantine Report."),
    5160: (404, "Info mail for requested user/customer not found."),
    5161: (403, "Info mail for requested user/customer can not be edited."),
    5183: (404, "The environment does not exist."),
    5185: (400, "The environment name is not allowed."),
    5187: (403, "You can not add or remove users that are synced by o365 or ldap."),
    5300: (400, "Data protection has to be accepted"),
    5302: (404, "Assignee not found"),
    5303: (400, "Trial confirmation is declined."),
    5304: (410, "Environment routing types cannot be changed."),
    6001: (409, "The customer is not using ICES filtering integration mode."),
    6297: (202, "Already requested for email scan."),
    6300: (400, "Clean emails can only be scanned if Archiving or Continuity Service are activated."),
    6596: (402, "Contingent exhausted."),
    9001: (409, "Personal data can only be created for users."),
    9002: (400, "Personal data is read only."),
}
"""Error id to (usual HTTP status, message). 404, 405, 429, 1002, 3089's text and 5002 are [inferred]."""


class Problem(Exception):
    """A refusal: becomes the error envelope, or an answer without body where the documents show none.

    ``data`` goes to ``error_data`` as it is: null, or field name to list of texts.
    """

    def __init__(
        self,
        error_id: int,
        data: dict[str, Any] | None = None,
        *,
        status: int | None = None,
        bare: bool = False,
    ) -> None:
        usual, message = CATALOGUE[error_id]
        super().__init__(f"{error_id}: {message}")
        self.error_id, self.message, self.data = error_id, message, data
        self.status = status or usual
        self.bare = bare

    def envelope(self, manual: bool) -> tuple[int, dict[str, Any]]:
        """Return HTTP status and envelope as the old (``manual``) or the current generation words them."""
        status, message = self.status, self.message
        if manual and self.error_id == 1003:
            status = 400
        if manual and self.error_id == 2009:
            message = "Validationerror"
        return status, {
            "status_code": status,
            "error_id": self.error_id,
            "error_message": message,
            "error_data": self.data,
        }

    def item(self) -> dict[str, Any]:
        """Return the form in which an answer of status 200 carries the failure of one item."""
        return {"error_id": self.error_id, "error_message": self.message}


def invalid(field: str, text: str) -> Problem:
    """Return the validation error that names one field."""
    return Problem(2009, {field: [text]})
