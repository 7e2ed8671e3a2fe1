"""What the upstreams keep beside domains and routes (mailboxes, hosting, customers, delivery, branding, access): one set of
pages for every kind that a driver's card declares."""

from app.core.actor import Right
from app.core.resources import Area
from app.core.text import msg
from app.web.menu import MenuItem

AREAS = {
    Area.MAILBOXES: (msg("Mailboxes"), "mailbox", 62),
    Area.HOSTING: (msg("Hosting"), "server", 64),
    Area.CUSTOMERS: (msg("Customers"), "building", 66),
    Area.DELIVERY: (msg("Delivery"), "send", 67),
    Area.BRANDING: (msg("Branding"), "palette", 68),
    Area.ACCESS: (msg("Access"), "lock-open", 69),
}
"""Label, icon and place in the menu of each area."""

MENU = [
    MenuItem(
        label,
        "resources.area",
        icon,
        order,
        Right.VIEW_DOMAINS,
        values={"area": area.value},
        needs=area.value,
    )
    for area, (label, icon, order) in AREAS.items()
]
