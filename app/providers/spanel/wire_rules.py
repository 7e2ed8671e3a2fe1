"""What SpamAssassin's sender lists can say (SPanel contract sheet, 5.2)."""

from app.core.rules import RuleAction, RuleKind, RuleShape
from app.core.text import msg

SHAPES = (
    RuleShape(
        RuleKind.SENDER,
        (RuleAction.ALLOW, RuleAction.BLOCK),
        help=msg("A sender's domain or address."),
        shared=msg(
            "SPanel keeps these lists for a whole account, not for one domain: what is added, changed or removed here is so "
            "for every domain of the account."
        ),
    ),
)
LISTS = {RuleAction.ALLOW: "whitelist", RuleAction.BLOCK: "blacklist"}
"""The name of the list by what it does."""
