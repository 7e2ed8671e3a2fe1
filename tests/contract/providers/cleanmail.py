"""Cleanmail: a deleted domain is kept for a while and restored, and a token may lack the sysadmin role."""

from tests.contract.description import Description
from tests.contract.resources import Acts

DESCRIPTIONS = {
    "cleanmail": Description(
        domain="nordwind.example",
        wrong={"token": "wrong"},
        options={"defaultLanguage": "DE"},
        admin="moreau",
        own_admin="operations@cleanmail.example",
        unsigned="lofotenfisk.example",
        field=("description", "one", "another"),
        setting=("REPORT_FREQUENCY", "weekly", "never"),
        policy=("spamScore", 6.5, 3.5),
        mailbox="bjorn.yildiz@nordwind.example",
        mail_folder="Spam",
        mail_with_file={"folder": "BadAttachments"},
    )
}

HOME = "nordwind.example"
FIRST, THIRD, OFF = (f"{name}@{HOME}" for name in ("bjorn.yildiz", "lars.nowak", "emine.muller"))
RESOURCES = {
    "mailboxes": Acts(
        {
            "add": {
                "email": f"new.person@{HOME}",
                "firstname": "New",
                "language": "FR",
                "status": "DISABLED",
                "platform": "Warehouse",
                "password": "correct horse battery",
                "notify": True,
            },
            "edit": {
                "language": "ES",
                "lastname": "Other",
                "platform": "Warehouse",
                "password": "another one",
            },
            "enable": {},
            "disable": {},
            "factor_off": {},
            "send_welcome": {},
            "send_token": {"validity": 12},
            "send_password_reset": {"validity": 2},
            "compose": {"to": ["a@elsewhere.example"], "subject": "Hello", "text": "Hello.\nYours"},
            "sign_in_link": {"validity": 3},
            "remove": {},
        },
        domain=HOME,
        keys={"": FIRST, "factor_off": THIRD, "enable": OFF},
    ),
    "mailbox_options": Acts(
        {"edit": {"value": "weekly"}, "reset": {}},
        domain=HOME,
        parent=FIRST,
        keys={"": "REPORT_FREQUENCY"},
    ),
    "mailbox_signature": Acts({"edit": {"html": "<p>New</p>"}, "clear": {}}, domain=HOME, parent=FIRST),
}
