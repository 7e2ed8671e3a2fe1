"""Cleanmail: a deleted domain is kept for a while and restored, and a token may lack the sysadmin role."""

from tests.contract.description import Description

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
    )
}
