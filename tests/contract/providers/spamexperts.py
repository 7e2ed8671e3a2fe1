"""SpamExperts: routes, aliases and settings; the connection's defaults are those of the pseudo-domain.

With both APIs, with the Control Panel alone (what Hosted Cloud has) and with the Software API alone; where errors come with
status 200, and where with one of their own.
"""

from dataclasses import replace

from tests.contract.description import Description
from tests.contract.resources import Acts

BOTH = Description(
    domain="nordwind.example",
    wrong={"password": "wrong"},
    setting=("quarantine_days", "9", "11"),
    defaults=True,
    recipients=("kaja.lind@nordwind.example",),
    other_recipients=("post@nordwind.example",),
)

PANEL = replace(
    BOTH,
    values={"username": "", "password": ""},
    wrong={"panel_password": "wrong"},
    setting=None,
    defaults=False,
    mixed_lists=("sender",),
)
WITH_STATUS = {"error_http_status": 400, "panel_error_http_status": 400}

DESCRIPTIONS = {
    "spamexperts": BOTH,
    "spamexperts-panel": PANEL,
    "spamexperts-software": replace(
        BOTH, values={"panel_username": "", "panel_password": ""}, profile=WITH_STATUS
    ),
    "spamexperts-panel-errors-with-status": replace(PANEL, profile=WITH_STATUS),
}

_OF = "nordwind.example"
_SENDER = {"sender": "a.example", "sender_flag": "from"}
_SECRET = {"password": "correct horse battery"}

RESOURCES = {
    "local_recipients": Acts(
        {
            "add": {"local_part": "contract"},
            "remove": {},
            "allow_sender": _SENDER,
            "block_sender": _SENDER,
            "clear_callouts": {},
        },
        domain=_OF,
    ),
    "email_users": Acts(
        {"add": {"local_part": "contract", **_SECRET}, "set_password": _SECRET, "sign_in": {}, "remove": {}},
        domain=_OF,
    ),
    "domain_users": Acts(
        {
            "add": {"email": "it@nordwind.example", **_SECRET},
            "set_password": _SECRET,
            "sign_in": {},
            "remove": {},
        },
        domain=_OF,
        domains={"add": "oldquay.example"},
    ),
    "products": Acts({"edit": {"archiving": True}, "add_recipient": {"localpart": "contract"}}, domain=_OF),
    "contact": Acts({"edit": {"email": "new@nordwind.example"}}, domain=_OF),
    "admin_contact": Acts({"edit": {"email": "new@nordwind.example"}}, domain=_OF),
    "admin_of_domain": Acts({"edit": {"admin": "reseller-north"}}, domain=_OF),
    "outgoing_users": Acts(
        {
            "add": {"username": "contract", **_SECRET},
            "add_address": {"ip": "192.0.2.77"},
            "allow_sender": {"sender": "*@a.example"},
            "remove": {},
        },
        domain=_OF,
    ),
    "locked_identities": Acts(
        {"add": {"identity": "a@nordwind.example", "username": "*"}, "remove": {}},
        domain="harbourbikes.example",
    ),
    "outgoing_addresses": Acts({"edit": {"interfaces": ["192.0.2.10", "2001:db8::10"]}}, domain=_OF),
    "outgoing_blocked_senders": Acts(
        {"add": {"sender": "a@nordwind.example"}, "remove": {}}, domain="harbourbikes.example"
    ),
    "trusted_addresses": Acts({"add": {"ip": "192.0.2.0/28"}, "trust_outgoing": {"ip": "192.0.2.64/28"}}),
    "own_quarantines": Acts(domain=_OF),
    "delivery_errors": Acts({"forget_retries": {}}, domain=_OF),
    "all_outgoing_users": Acts(),
    "api_calls": Acts(),
    "servers": Acts({}),
    "panel_admins": Acts(
        {
            "add": {"username": "contract", "email": "a@b.example", "domainslimit": 3, **_SECRET},
            "edit": {"email": "new@nordwind.example", "api_usage": False},
            "set_products": {"incoming": True, "outgoing": False, "archiving": False},
            "bind": {"domains": ["hafencafe.example"]},
            "unbind": {"domains": ["nordwind.example"]},
            "sign_in": {},
            "remove": {},
        }
    ),
    "admin_groups": Acts(
        {
            "add": {"admin": "contract", "parent": "nordwind"},
            "rename": {"admin": "contract"},
            "edit": {"parent": "reseller-north"},
            "remove": {},
        },
        keys={"": "nordwind"},
    ),
}
"""An example for every action of every kind. The seed has a lock, a blocked sender and a trusted address for it."""
