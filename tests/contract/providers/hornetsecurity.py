"""Hornetsecurity: a primary domain is a customer; by an API token, or by user name, password and App-ID."""

from tests.contract.description import Description

DESCRIPTIONS = {
    "hornetsecurity": Description(
        domain="kontor-hansen.example",
        wrong={"api_token": "wrong"},
        setting=("spamhandling", "tag", "quarantine"),
    ),
    "hornetsecurity-password": Description(
        domain="kontor-hansen.example",
        values={"api_token": ""},
        wrong={"password": "wrong"},
        setting=("spamhandling", "tag", "quarantine"),
    ),
}
