"""Hornetsecurity: a primary domain is a customer; by an API token, or by user name, password and App-ID. Of the users only the
connection's own is to be seen."""

from tests.contract.description import Description
from tests.contract.resources import Acts

DESCRIPTIONS = {
    "hornetsecurity": Description(
        domain="kontor-hansen.example",
        wrong={"api_token": "wrong"},
        admin="it@nordwind.example",
        own_admin="it@nordwind.example",
        token_value="api_token",
        setting=("spamhandling", "tag", "quarantine"),
        rule_calls=2,
        mail_acts={
            "remove_delivered": {"domain": "lighthouse-legal.example"},
        },
    ),
    "hornetsecurity-password": Description(
        domain="kontor-hansen.example",
        values={"api_token": ""},
        wrong={"password": "wrong"},
        admin="it@nordwind.example",
        own_admin="it@nordwind.example",
        token_value="api_token",
        setting=("spamhandling", "tag", "quarantine"),
        rule_calls=2,
        mail_acts={
            "remove_delivered": {"domain": "lighthouse-legal.example"},
        },
    ),
}

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
FIRST, SECOND, OWN = "kontor-hansen.example", "praxis-am-deich.example", "clinicasoler.example"
BOX = f"carmen.munoz@{OWN}"
LOGO = {"name": "logo.png", "media_type": "image/png", "base64": PNG}
RULE = {
    "info": "Contracts",
    "direction": "in",
    "action": "quarantine",
    "priority": 5,
    "active": True,
    "criterion": "advanced",
    "operation": "AND",
    "subject_contains": "contract",
}

RESOURCES = {
    "customers": Acts(
        {"add": {"name": "kunde-neu.example", "reference": "K-17"}, "edit": {"reference": "K-18"}},
        keys={"edit": FIRST},
    ),
    "services": Acts(domain=FIRST),
    "contacts": Acts(
        {"add": {"user": f"postmaster@{FIRST}", "type": "helpdesk"}, "remove": {}}, domain=FIRST
    ),
    "user_formats": Acts({"edit": {"language": "fr"}, "reset": {}}, domain=OWN),
    "mailed_statistics": Acts(
        # Where nobody had them, no call tells how often they come before that is set.
        {"edit": {"receivers": [f"info@{FIRST}"], "frequency": "daily"}, "reset": {}},
        domain=OWN,
    ),
    "domain_names": Acts(
        {"check": {}, "edit": {"verified": False}}, domain=FIRST, keys={"": "hansen-kontor.example"}
    ),
    "mailboxes": Acts(
        {
            "add": {"address": f"neu@{FIRST}", "password": "Ein-langes-Wort-9", "forename": "Ida"},
            "edit": {"address": f"empfang@{FIRST}", "active": False, "city": "Husum"},
            "password": {"password": "Ein-langes-Wort-9"},
            "reset_factor": {},
            "remove": {},
        },
        domain=FIRST,
        keys={"edit": f"info@{FIRST}", "password": f"info@{FIRST}", "remove": f"info@{FIRST}"},
    ),
    "mailbox_aliases": Acts(
        {"add": {"alias": f"kontakt@{FIRST}"}, "remove": {}}, domain=FIRST, parent=f"dirk.petersen@{FIRST}"
    ),
    "deputies": Acts(
        {"add": {"deputy": f"info@{OWN}", "sees_mail": True}, "remove": {}}, domain=OWN, parent=BOX
    ),
    "mailbox_groups": Acts(
        {
            "add": {"name": "Yard", "description": "All of the yard", "members": [f"info@{FIRST}"]},
            "edit": {"name": "Board", "description": "Those who decide"},
            "remove": {},
        },
        domain=FIRST,
    ),
    "forwarders": Acts(
        {
            "add": {"address": f"alle@{FIRST}", "addresses": ["a@example.net", "b@example.net"]},
            "edit": {"addresses": ["c@example.net"]},
            "remove": {},
        },
        domain=FIRST,
    ),
    "quarantine_report": Acts(
        {"edit": {"times": ["7", "16"], "days": ["Monday"], "report_address": f"info@{FIRST}"}, "reset": {}},
        domain=FIRST,
    ),
    "mailbox_quarantine_report": Acts({"edit": {"times": ["9"]}, "reset": {}}, domain=OWN, parent=BOX),
    "mailbox_infomail_filter": Acts({"edit": {"infomail_enabled": False}}, domain=OWN, parent=BOX),
    "release_permissions": Acts({"edit": {"spam": False}, "reset": {}}, domain=SECOND),
    "infomail_filter": Acts({"edit": {"infomail_enabled": False}}, domain=FIRST),
    "secondary_routes": Acts(
        {
            "add": {"name": "Warehouse", "kind": "host", "host": "mx.warehouse.example:25"},
            "edit": {"name": "Old branch", "host": "mx.branch.example"},
            "remove": {},
        },
        domain=FIRST,
    ),
    "compliance_rules": Acts(
        {"add": RULE, "edit": {"active": False, "priority": 7}, "remove": {}}, domain=FIRST
    ),
    "allow_list_filters": Acts({"edit": {"content_filter": True}}, domain=FIRST),
    "authentication_exceptions": Acts(
        {
            "add": {"domain": "hansen-kontor.example", "spf": "off"},
            "edit": {"dmarc": "off"},
            "remove": {},
        },
        domain=OWN,
        domains={"add": FIRST},
    ),
    "branding": Acts({"edit": {"colour": "#225533", "logo": LOGO}, "reset": {}}, domain=OWN),
    "partner_branding": Acts({"edit": {"colour": "#225533", "app_name": "Post"}, "reset": {}}),
    "support_contact": Acts({"edit": {"telephone": "+49 40 1"}, "reset": {}}, domain=OWN),
    "partner_support_contact": Acts({"edit": {"email": "help@nordwind.example"}, "reset": {}}),
    "role_assignments": Acts({"add": {"user": f"info@{FIRST}", "role": "support"}, "remove": {}}, domain=OWN),
    "sign_in_networks": Acts({"add": {"network": "192.0.2.0/24"}, "remove": {}}, domain=OWN),
    "password_rules": Acts({"edit": {"min_length": 16}, "reset": {}}, domain=OWN),
    "second_factor": Acts({"edit": {"enabled": True}}, domain=OWN),
    "auditing": Acts(),
    "customer_auditing": Acts(domain=OWN),
}
