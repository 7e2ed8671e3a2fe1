"""SpamExperts: routes, aliases and settings; the connection's defaults are those of the pseudo-domain."""

from tests.contract.description import Description

DESCRIPTIONS = {
    "spamexperts": Description(
        domain="nordwind.example",
        wrong={"password": "wrong"},
        setting=("quarantine_days", "9", "11"),
        defaults=True,
    )
}
