"""SpamExperts: routes, aliases and settings; the connection's defaults are those of the pseudo-domain.

With the Control Panel alone: what Hosted Cloud has.
"""

from dataclasses import replace

from tests.contract.description import Description

BOTH = Description(
    domain="nordwind.example",
    wrong={"password": "wrong"},
    setting=("quarantine_days", "9", "11"),
    defaults=True,
    recipients=("kaja.lind@nordwind.example",),
    other_recipients=("post@nordwind.example",),
)

DESCRIPTIONS = {
    "spamexperts": BOTH,
    "spamexperts-panel": replace(
        BOTH,
        values={"username": "", "password": ""},
        wrong={"panel_password": "wrong"},
        setting=None,
        defaults=False,
        mixed_lists=("sender",),
    ),
}
