"""Which services are booked (Hornetsecurity contract sheet, 5.5 and 5.13)."""

from __future__ import annotations

from typing import Any

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER
from app.sandbox.hornetsecurity.routing import route

PRODUCTS = {
    "spam": "SPAM_AND_MALWARE_PROTECTION",
    "atp": "ADVANCED_THREAT_PROTECTION",
    "archiving": "EMAIL_ARCHIVING",
    "encryption": "EMAIL_ENCRYPTION",
}


@route("GET", "/dashboard/")
def dashboard(call: Call) -> dict[str, Any]:
    """List the services of an object and whether they are booked."""
    customers = call.site.directory.customers_below(call.scope())
    mailboxes = call.site.directory.mailboxes_of(customers)
    return {
        "services": [
            {
                "name": name,
                "enabled": any(product in each["products"] for each in customers),
                "num_of_users": len(mailboxes),
                "premium": product == "atp",
            }
            for product, name in PRODUCTS.items()
        ]
    }


@route("GET", "/atp/subscriptions/")
def atp_subscription(call: Call) -> dict[str, Any]:
    """Tell whether Advanced Threat Protection is on and who gets its alerts."""
    customer = call.scope(CUSTOMER, wrong=3080)
    alerts = call.site.table("atp_alerts").get(str(customer["id"]), [])
    return {
        "enabled": call.site.booked(customer, "atp"),
        "real_time_alert_emails": [{"email": each} for each in alerts],
    }


@route("POST", "/atp/subscriptions/", entity="atp_subscription")
def change_atp_subscription(call: Call) -> dict[str, Any]:
    """Switch Advanced Threat Protection on or off."""
    customer = call.scope(CUSTOMER, wrong=3080)
    enabled = call.body({"enabled": fields.boolean(required=True)})["enabled"]
    products = [each for each in customer["products"] if each != "atp"] + (["atp"] if enabled else [])
    call.site.directory.change_object(customer, products=products)
    return atp_subscription(call)
