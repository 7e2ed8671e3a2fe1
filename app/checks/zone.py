"""DNS records as lines of a zone file, ready to be published (RFC 1035, 5.1)."""

from __future__ import annotations

from collections.abc import Sequence


def mx_lines(domain: str, hosts: Sequence[str]) -> str:
    """The MX records that lead to these hosts, the first one preferred."""
    return "\n".join(f"{domain}. IN MX {10 * number} {host}." for number, host in enumerate(hosts, 1))


def txt_line(name: str, text: str) -> str:
    """A TXT record with this text."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}. IN TXT "{quoted}"'
