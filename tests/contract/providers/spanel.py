"""SPanel: domains of accounts, with routes of hosts alone; by an admin token, or by a client token for one account."""

from tests.contract.description import Description

_DOMAIN = "cafe-am-hafen.example"

DESCRIPTIONS = {
    "spanel": Description(
        domain=_DOMAIN,
        wrong={"admin_token": "wrong", "client_token": "wrong"},
        options={"account": "hafencafe"},
        admin="support@hosting.example",
        own_admin="admin@hosting.example",
        other_options={"path": "elsewhere"},
    ),
    "spanel-client-token": Description(
        domain=_DOMAIN,
        values={"admin_token": ""},
        wrong={"client_token": "wrong"},
        other_options={"path": "elsewhere"},
        sees_all=False,
    ),
}
