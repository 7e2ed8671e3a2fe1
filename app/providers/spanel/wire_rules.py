"""What SpamAssassin's sender lists can say (SPanel contract sheet, 5.2)."""

from app.core.rules import RuleAction, RuleKind, RuleShape
from app.core.text import msg

SHAPES = (
    RuleShape(
        RuleKind.SENDER,
        (RuleAction.ALLOW, RuleAction.BLOCK),
        help=msg(
            "A sender's domain or address. SPanel keeps these lists for a whole account: such a rule holds for every "
            "domain of the account that this domain belongs to."
        ),
    ),
)
LISTS = {RuleAction.ALLOW: "whitelist", RuleAction.BLOCK: "blacklist"}
"""The name of the list by what it does."""
