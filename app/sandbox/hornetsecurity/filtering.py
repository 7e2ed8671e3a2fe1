"""What happens to filtered mail, per domain, customer or user (Hornetsecurity contract sheet, 5.5)."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import created, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER, USER
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.store import Row

_HANDLING = {
    "spamhandling": fields.integer(choices=(0, 1)),
    "tagphrase": fields.text(minimum=0, maximum=255, nullable=True),
    "infomailhandling": fields.integer(choices=(0, 1)),
    "infomailtagphrase": fields.text(minimum=0, maximum=255, nullable=True),
    "grey_active": fields.boolean(),
    "grey_user": fields.boolean(),
    "social_media_filter_enabled": fields.boolean(),
    "travel_filter_enabled": fields.boolean(),
    "purchase_filter_enabled": fields.boolean(),
}

HANDLING_DEFAULTS: dict[str, Any] = {
    "spamhandling": 1,
    "tagphrase": "[SPAM]",
    "infomailhandling": 0,
    "infomailtagphrase": "[INFO]",
    "grey_active": True,
    "grey_user": False,
    "social_media_filter_enabled": False,
    "travel_filter_enabled": False,
    "purchase_filter_enabled": False,
}
"""``spamhandling`` 1 and ``infomailhandling`` 0 both mean quarantine."""


@route("GET", "/filtering/emailhandling/<int:domain_id>/")
def email_handling(call: Call, domain_id: int) -> dict[str, Any]:
    """Show what a domain does with spam and infomail."""
    call.domain(domain_id, 1003)
    return {**HANDLING_DEFAULTS, **call.site.table("email_handling").get(str(domain_id), {})}


@route("POST", "/filtering/emailhandling/<int:domain_id>/", entity="email_handling")
def change_email_handling(call: Call, domain_id: int) -> dict[str, Any]:
    """Change what a domain does with spam and infomail."""
    kept = email_handling(call, domain_id)
    call.site.table("email_handling")[str(domain_id)] = {**kept, **call.body(_HANDLING)}
    return email_handling(call, domain_id)


@route("GET", "/filtering/subscription/")
def subscription(call: Call) -> dict[str, bool]:
    """Tell whether the customer has booked Spam and Malware Protection."""
    return {"enabled": call.site.booked(call.scope(CUSTOMER, wrong=3080))}


def _api_mode(call: Call) -> Row:
    customer = call.scope(CUSTOMER)
    if customer["mode"] != "api":
        raise Problem(6001)
    return customer


@route("GET", "/filtering/filtering_action_mode/")
def action_mode(call: Call) -> dict[str, str]:
    """Tell whether the filter of an API-mode customer only watches or acts."""
    kept = call.site.table("action_mode").get(str(_api_mode(call)["id"]), "protection")
    return {"filtering_action_mode": kept}


@route("POST", "/filtering/filtering_action_mode/", entity="filtering_action_mode")
def change_action_mode(call: Call) -> dict[str, str]:
    """Let the filter of an API-mode customer watch or act."""
    customer = _api_mode(call)
    sent = call.body(
        {"filtering_action_mode": fields.text(required=True, choices=("monitoring", "protection"))}
    )
    call.site.table("action_mode")[str(customer["id"])] = sent["filtering_action_mode"]
    return action_mode(call)


def _info_mail_object(call: Call) -> Row:
    wanted = call.query({"object_id": fields.integer(), "mailbox_id": fields.integer()})
    if not wanted:
        raise invalid("object_id", "Either object_id or mailbox_id has to be provided.")
    row = call.either(missing=5160)
    if row["type"] not in (CUSTOMER, USER):
        raise Problem(5160)
    return row


def _info_mail(call: Call, row: Row) -> dict[str, bool]:
    """Return the object's own setting, else the customer's, else the default."""
    table = call.site.table("info_mail")
    for each in call.site.directory.lineage(row):
        if str(each["id"]) in table:
            kept: dict[str, bool] = table[str(each["id"])]
            return kept
    return {"infomail_enabled": True, "allow_edit": True}


@route("GET", "/filtering/info_mail/")
def info_mail(call: Call) -> dict[str, bool]:
    """Tell whether infomail is filtered for a customer or user, and whether users may change that."""
    return _info_mail(call, _info_mail_object(call))


@route("POST", "/filtering/info_mail/", entity="info_mail")
def change_info_mail(call: Call) -> Response:
    """Set it. For a customer it applies to all users; a user may differ where the customer allows it."""
    row = _info_mail_object(call)
    sent = call.body({"infomail_enabled": fields.boolean(required=True), "allow_edit": fields.boolean()})
    table, directory = call.site.table("info_mail"), call.site.directory
    customer = directory.customer_of(row)
    if row["type"] == USER and customer and not _info_mail(call, customer)["allow_edit"]:
        raise Problem(5161)
    if row["type"] == CUSTOMER:
        for user in directory.children(row["id"]):
            table.pop(str(user["id"]), None)
    table[str(row["id"])] = {**_info_mail(call, row), **sent}
    return no_content()


ACTION_TYPES = ("info", "spam", "threat", "content", "advthreat", "clean")

_ACTIONS = fields.items(
    fields.group(
        {
            "type": fields.text(required=True, choices=ACTION_TYPES),
            "send": fields.boolean(required=True),
            "whitelist": fields.boolean(),
        }
    ),
    required=True,
)


@route("GET", "/permissions/email_actions/")
def email_actions(call: Call) -> dict[str, Any]:
    """List which classes of mail end users may deliver to themselves; none listed: all of them."""
    customer = call.customer()
    return {"user_actions": call.site.table("email_actions").get(str(customer["id"]), [])}


@route("PUT", "/permissions/email_actions/", entity="email_actions")
def create_email_actions(call: Call) -> Response:
    """Create the list."""
    customer = call.customer()
    if str(customer["id"]) in call.site.table("email_actions"):
        raise Problem(3096)
    call.site.table("email_actions")[str(customer["id"])] = call.body({"user_actions": _ACTIONS})[
        "user_actions"
    ]
    return created(email_actions(call))


@route("POST", "/permissions/email_actions/", entity="email_actions")
def change_email_actions(call: Call) -> dict[str, Any]:
    """Change some classes of the list."""
    customer = call.customer()
    table = call.site.table("email_actions")
    kept = {each["type"]: each for each in table.get(str(customer["id"]), [])}
    kept |= {each["type"]: each for each in call.body({"user_actions": _ACTIONS})["user_actions"]}
    table[str(customer["id"])] = list(kept.values())
    return email_actions(call)


@route("DELETE", "/permissions/email_actions/", entity="email_actions")
def delete_email_actions(call: Call) -> Response:
    """Drop the list: everything may be delivered."""
    call.site.table("email_actions").pop(str(call.customer()["id"]), None)
    return no_content()
