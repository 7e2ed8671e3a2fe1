"""OLSPanel: one account's domains, with a folder each; they can be listed and added."""

from tests.contract.description import Description

DESCRIPTIONS = {
    "olspanel": Description(
        domain="piernine.example",
        wrong={"password": "wrong"},
        options={"path": "public_html/contract", "php_version": "8.2"},
        other_options={"path": "elsewhere"},
    )
}
