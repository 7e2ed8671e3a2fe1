"""Hornetsecurity: a primary domain is a customer; by an API token, or by user name, password and App-ID. Of the users only the
connection's own is to be seen."""

from tests.contract.description import Description

DESCRIPTIONS = {
    "hornetsecurity": Description(
        domain="kontor-hansen.example",
        wrong={"api_token": "wrong"},
        admin="it@nordwind.example",
        own_admin="it@nordwind.example",
        token_value="api_token",
        setting=("spamhandling", "tag", "quarantine"),
    ),
    "hornetsecurity-password": Description(
        domain="kontor-hansen.example",
        values={"api_token": ""},
        wrong={"password": "wrong"},
        admin="it@nordwind.example",
        own_admin="it@nordwind.example",
        token_value="api_token",
        setting=("spamhandling", "tag", "quarantine"),
    ),
}
