"""OLSPanel: one account's domains, with a folder each; they can be listed and added."""

from tests.contract.description import Description
from tests.contract.resources import Acts

DESCRIPTIONS = {
    "olspanel": Description(
        domain="piernine.example",
        wrong={"password": "wrong"},
        options={"path": "public_html/contract", "php_version": "8.2"},
        other_options={"path": "elsewhere"},
    )
}

LIVE = {"profile": "live"}
DATABASE = {"db": "contract", "dbuser": "contract", "dbpass": "a long password"}
CRON_LINE = "*/5 * * * * /usr/bin/php /home/piernine/public_html/cron.php"

RESOURCES = {
    "account_usage": Acts({"fix_permissions": {"full_path": "/home/piernine/public_html"}}, profile=LIVE),
    "certificates": Acts({"issue": {}}, domain="piernine.example"),
    "databases": Acts({"add": DATABASE}, profile=LIVE),
    "database_users": Acts(
        {"add": {"db": "shop", "dbuser": "contract", "dbpass": "a long password"}},
        profile={**LIVE, "db_user_make": "works"},
    ),
    "cron_jobs": Acts(
        {
            "add": {
                "minute": "30",
                "hour": "2",
                "day": "*",
                "month": "*",
                "weekday": "mon",
                "comm": "/usr/bin/php /home/piernine/contract.php",
            },
            "remove": {},
        },
        keys={"": CRON_LINE},
        profile=LIVE,
    ),
    "accounts": Acts(
        {
            "add": {
                "username": "contract",
                "first_name": "Ann",
                "last_name": "Lee",
                "email": "ann@contract.example",
                "password": "a long password",
                "pkg_id": 1,
                "domain": "contract.example",
                "php_version": "8.2",
            },
            "edit": {"email": "other@example.com"},
            "suspend": {},
            "unsuspend": {},
            "add_domain": {"domain": "third.example", "php_version": "8.2", "path": "public_html/third"},
            "issue_ssl": {"domain": "example.com"},
            "add_database": DATABASE,
            "sign_in": {},
            "remove": {},
        },
        keys={"": "exampleuser", "remove": "oldquay", "unsuspend": "oldquay"},
    ),
    "packages": Acts({"add": {"name": "Contract", "disk_space": 1024, "email_accounts": 5}}),
}
