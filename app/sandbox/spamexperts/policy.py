"""The settings of section 5.1: names, value arguments, kinds, factory defaults, and how sure each is.

Names and arguments tagged ``inferred`` are proposals; nothing else in the sandbox spells them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from app.sandbox.spamexperts import query
from app.sandbox.spamexperts.answers import invalid
from app.sandbox.spamexperts.names import domain_name
from app.sandbox.spamexperts.registry import CLIENT, INFERRED, VENDOR

_EXTENSION = re.compile(r"[a-z0-9]{1,16}")
_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+")
_MAX_TEXT = 65_536

FACTORY_EXTENSIONS = "bat:btm:cmd:com:cpl:dll:exe:lnk:msi:pif:prf:reg:scr:vbs:url:js"


@dataclass(frozen=True)
class Policy:
    """One setting ``X`` of ``api_get_X`` and ``api_set_X``.

    ``kind`` is boolean, integer, decimal, colon (words split by colons), comma (domains split by commas), email, text
    or a choice of words joined with ``|``. ``blank``: an empty value empties it instead of counting as left out.
    """

    name: str
    argument: str
    kind: str
    factory: Any
    tag: str
    about: str
    maximum: int = query.MAX_NUMBER
    readable: bool = True
    blank: bool = False

    def read(self, text: str) -> Any:
        """Return the value that the text of the argument means, or raise EV."""
        match self.kind:
            case "boolean":
                return query.boolean(self.argument, text)
            case "integer":
                return query.integer(self.argument, text, self.maximum)
            case "decimal":
                return _decimal(self.argument, text)
            case "colon":
                return _extensions(self.argument, text)
            case "comma":
                return _domains(self.argument, text)
            case "email":
                return _checked(self.argument, text, not text or bool(_EMAIL.fullmatch(text)))
            case "text":
                return _checked(self.argument, text, len(text) <= _MAX_TEXT)
            case words:
                return _checked(self.argument, text.lower(), text.lower() in words.split("|"))


def _checked(argument: str, text: str, good: bool) -> str:
    if not good:
        raise invalid(argument, text)
    return text


def _decimal(argument: str, text: str) -> float:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise invalid(argument, text) from error
    if not (number.is_finite() and 0 <= number <= 1):
        raise invalid(argument, text)
    return float(number)


def _extensions(argument: str, text: str) -> str:
    words = [word.strip().lower() for word in text.split(":")]
    return _checked(argument, ":".join(words), all(map(_EXTENSION.fullmatch, words)))


def _domains(argument: str, text: str) -> str:
    return ",".join(domain_name(argument, word) for word in text.split(","))


POLICIES: tuple[Policy, ...] = (
    Policy("filter_status", "status", "boolean", True, INFERRED, "Filtering on or off."),
    Policy("quarantine_enabled", "enabled", "boolean", True, INFERRED, "Off: spam is delivered and marked."),
    Policy("quarantine_threshold", "threshold", "decimal", 0.9, INFERRED, "Score from which mail is spam, 0.0 to 1.0."),
    Policy("unsure_threshold", "threshold", "decimal", 0.2, INFERRED, "Score from which mail is unsure, 0.0 to 1.0."),
    Policy("quarantine_days", "days", "integer", 14, INFERRED, "Days that quarantined mail is kept.", maximum=365),
    Policy("quarantine_oversized_messages", "enabled", "boolean", True, INFERRED, "Keep oversized messages."),
    Policy("maximum_message_size", "size", "integer", 52_428_800, INFERRED, "Largest message, in bytes."),
    Policy("blocked_extensions", "extensions", "colon", FACTORY_EXTENSIONS, VENDOR, "Extensions, split by colons."),
    Policy("block_hidden_executables", "enabled", "boolean", False, INFERRED, "Look into archives, 3 levels deep."),
    Policy("block_password_protected_attachments", "enabled", "boolean", False, INFERRED, "Block locked archives."),
    Policy("message_link_size_limit", "size", "integer", 0, VENDOR, "Bytes of linked files to scan per message."),
    Policy("scanned_linked_extensions", "extensions", "colon", "", VENDOR, "Linked files to scan."),
    Policy("blocked_tld", "tld", "colon", "", INFERRED, "Sender top-level domains, split by colons."),
    Policy("disabled_spf_domains", "domains", "comma", "", INFERRED, "Sender domains without SPF check."),
    Policy("disabled_dkim_domains", "domains", "comma", "", INFERRED, "Sender domains without DKIM check."),
    Policy("predata_reject", "action", "off|temporary|permanent", "off", INFERRED, "DNSBL rejection at RCPT time."),
    Policy("additional_training_days", "days", "integer", 0, INFERRED, "0 switches it off.", maximum=365),
    Policy("maximum_messages", "messages", "integer", 0, INFERRED, "Messages per hour and host; 0: no limit."),
    Policy("maximum_messages_per_connection", "messages", "integer", 100, INFERRED, "Messages per connection."),
    Policy("excessive_messages_per_connection_behaviour", "behaviour", "defer|drop", "defer", INFERRED, "Above it."),
    Policy("valid_helo_characters", "characters", "text", "", INFERRED, "Characters allowed in HELO names."),
    Policy("valid_local_part_characters", "characters", "text", "", INFERRED, "Characters allowed in local parts."),
    Policy("local_part_case_sensitive", "enabled", "boolean", False, INFERRED, "Local parts differ by case."),
    Policy("contact", "email", "email", "", CLIENT, "Contact of the domain."),
    Policy("administrator_contact", "email", "email", "", CLIENT, "Administrator's contact of the domain."),
    Policy("administrator_callout", "email", "email", "", VENDOR, "May be blank.", blank=True),
    Policy("queue_retry_days", "days", "integer", 4, INFERRED, "Days that queued mail is retried.", maximum=30),
    Policy("catch_all_check", "enabled", "boolean", True, INFERRED, "Ask the destination for a catch-all."),
    Policy("use_local_recipient_list", "enabled", "boolean", False, CLIENT, "Only listed recipients are accepted."),
    Policy("recipient_report_template", "template", "text", "", INFERRED, "Template of the recipient's report."),
    Policy("recipient_protection_report_template", "template", "text", "", INFERRED, "Template.", readable=False),
    Policy("recipient_protection_report_language", "language", "text", "en", INFERRED, "Language.", readable=False),
)  # fmt: skip
"""All of them, in the order of the contract sheet."""
