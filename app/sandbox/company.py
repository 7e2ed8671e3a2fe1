"""The demo company that all imitated upstreams share: firms, domains, route hosts, people.

A holding with shops, workshops and hotels in northern Europe. Every name is reserved for examples (``.example``,
``.test``, below ``example.com``, ``example.net`` and ``example.org``), every address is loopback. The sandbox's own
DNS answers for all of them.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from typing import Literal

Behaviour = Literal[
    "good", "slow", "refusing", "rejecting", "expired", "wrong-name", "open-relay", "no-starttls"
]


@dataclass(frozen=True)
class Host:
    """A mail host of the demo: its loopback address, and how the SMTP sink behaves when contacted there."""

    name: str
    address: str
    behaviour: Behaviour


HOSTS: tuple[Host, ...] = (
    Host("mail.nordwind.example", "127.0.0.11", "good"),
    Host("backup.nordwind.example", "127.0.0.12", "good"),
    Host("mail.hosting.example", "127.0.0.13", "good"),
    Host("mail.slowpost.example", "127.0.0.14", "slow"),
    Host("mail.closed.example", "127.0.0.15", "refusing"),
    Host("mail.strict.example", "127.0.0.16", "rejecting"),
    Host("mail.oldcert.example", "127.0.0.17", "expired"),
    Host("mail.moved.example", "127.0.0.18", "wrong-name"),
    Host("mail.relay.example", "127.0.0.19", "open-relay"),
    Host("mail.plain.example", "127.0.0.20", "no-starttls"),
)
"""Route hosts. ``mail.gone.example`` is used as a route as well and has no address at all."""

MISSING_HOST = "mail.gone.example"

FILTER_HOSTS: dict[str, tuple[str, ...]] = {
    "spamexperts": ("mx1.filtering.example", "mx2.filtering.example"),
    "hornetsecurity": ("mx01.hornet.example", "mx02.hornet.example"),
    "cleanmail": ("mx1.cleanmail.example", "mx2.cleanmail.example"),
}
"""What the MX records of a filtered domain should name, by the upstream that filters it."""


DKIM_SELECTORS: dict[str, str] = {"spamexperts": "mail2026", "hornetsecurity": "hse1", "cleanmail": "protect"}
"""The selector under which the DNS publishes the demo's key, by the upstream that filters a domain."""

DKIM_PUBLIC_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu4SUaun3w7zxi/C1aqyq7YvK+hYe/fx188krcRokp9EFXyoN3dQ1"
    "KJKb/UevdLV9qIPcrxnd9qfacc2OkAf5jh3u/6/cl/sJ00da7sG46ngg82VCo7Ih/Ak+3ya55tfV/KxQ+4qqIuvPQ80J34Te"
    "UyiNhCwLExToWno5CY0Jil2M0ulvKTLhJnw/KDsXfCoqmKfl8Frj/TlDAxPCAC8lz5lhJnuPXP5q2WyNKeU4wbx5xU9/sT5L"
    "HkeQdem+7Dsc+tHxogC/YVnN+AbiTRmeAmcgfc1mbrAgcaM/89JIsehA28SN4RnorDrokk6fU2GhRFM1Oi8OWCu/QQgYpmxJ"
    "jwIDAQAB"
)
"""The public half (RSA, 2048 bits, Base64 of DER) that all demo domains publish; nobody has the other half."""

DNS_GAPS: dict[str, str] = {
    "hafencafe.example": "dmarc-none",
    "oldquay.example": "dmarc-missing",
    "skagenfisk.example": "spf-missing",
    "tidewater.example.com": "dkim-missing",
    "fjordbakeriet.example": "dkim-revoked",
    "hotelduphare.example": "mx-bypassed",
    "talleribanez.example": "mx-mixed",
    "lofotenfisk.example": "mx-missing",
    "librairie.example.org": "spf-open",
    "solskin.example": "spf-twice",
    "clinicasoler.example": "dkim-missing",
    "praxis-am-deich.example": "dmarc-missing",
}
"""What is wrong, on purpose, with the DNS of some demo domains; all others are as they should be."""


@dataclass(frozen=True)
class Person:
    """Somebody with a mailbox. ``local_part`` is ASCII; the name may hold any letters."""

    first: str
    last: str
    title: str
    language: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def local_part(self) -> str:
        return f"{ascii_letters(self.first)}.{ascii_letters(self.last)}"


@dataclass(frozen=True)
class Firm:
    """One firm: its main domain, alias domains, route hosts in order, people, and upstreams that know it."""

    name: str
    domain: str
    city: str
    country: str
    language: str
    aliases: tuple[str, ...]
    routes: tuple[str, ...]
    upstreams: tuple[str, ...]

    @functools.cached_property
    def people(self) -> tuple[Person, ...]:
        """The firm's people, three to six, the same at each start."""
        return people_of(self.domain, self.language)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The personal addresses, in the order of ``people``."""
        return tuple(f"{person.local_part}@{self.domain}" for person in self.people)


_LETTERS = {"ø": "o", "æ": "ae", "ß": "ss", "ı": "i", " ": "", "'": ""}


def ascii_letters(text: str) -> str:
    """Return a name as it stands in an address: lower case, ``ø`` as ``o``, ``ß`` as ``ss``, blanks gone."""
    plain = text.lower()
    for letter, instead in _LETTERS.items():
        plain = plain.replace(letter, instead)
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()


_NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "de": (
        (
            "Anke",
            "Björn",
            "Claudia",
            "Dirk",
            "Emine",
            "Falk",
            "Greta",
            "Holger",
            "Ines",
            "Jürgen",
            "Katrin",
            "Lars",
        ),
        (
            "Petersen",
            "Müller",
            "Schröder",
            "Yıldız",
            "Hansen",
            "Voß",
            "Kühn",
            "Lorenzen",
            "Brandt",
            "Nowak",
            "Thiel",
        ),
    ),
    "en": (
        (
            "Alice",
            "Ben",
            "Charlotte",
            "David",
            "Erin",
            "Fergus",
            "Grace",
            "Harry",
            "Isla",
            "Jack",
            "Niamh",
            "Owen",
        ),
        (
            "Whitfield",
            "O'Connor",
            "Barker",
            "Singh",
            "MacLeod",
            "Hughes",
            "Ashworth",
            "Khan",
            "Doyle",
            "Fletcher",
            "Reid",
        ),
    ),
    "fr": (
        (
            "Amélie",
            "Bastien",
            "Chloé",
            "Damien",
            "Élise",
            "François",
            "Gaëlle",
            "Hugo",
            "Inès",
            "Julien",
            "Manon",
            "Noé",
        ),
        (
            "Lefèvre",
            "Moreau",
            "Girard",
            "Benali",
            "Roux",
            "Fontaine",
            "Chevalier",
            "Perrin",
            "Diallo",
            "Marchand",
            "Petit",
        ),
    ),
    "es": (
        (
            "Alba",
            "Bruno",
            "Carmen",
            "Diego",
            "Elena",
            "Fermín",
            "Gloria",
            "Héctor",
            "Irene",
            "Javier",
            "Lucía",
            "Núria",
        ),
        (
            "García",
            "Ibáñez",
            "Moreno",
            "Peña",
            "Castillo",
            "Vidal",
            "Ortega",
            "Serrano",
            "Muñoz",
            "Reyes",
            "Soler",
        ),
    ),
    "da": (
        (
            "Anders",
            "Birgitte",
            "Christian",
            "Ditte",
            "Emil",
            "Freja",
            "Gorm",
            "Helle",
            "Ida",
            "Jesper",
            "Kirsten",
            "Mads",
        ),
        (
            "Jørgensen",
            "Nielsen",
            "Sørensen",
            "Holm",
            "Kjær",
            "Bech",
            "Lund",
            "Østergaard",
            "Dahl",
            "Friis",
            "Krogh",
        ),
    ),
    "nb": (
        (
            "Astrid",
            "Bjørn",
            "Camilla",
            "Dag",
            "Eirik",
            "Frøya",
            "Gunnar",
            "Hilde",
            "Ingrid",
            "Jonas",
            "Kari",
            "Leif",
        ),
        ("Haugen", "Bakke", "Solberg", "Næss", "Lie", "Strand", "Moen", "Bjørnstad", "Vik", "Aasen", "Engen"),
    ),
}

_TITLES = ("Managing director", "Accounting", "Sales", "Service desk", "Purchasing", "Warehouse")


def people_of(domain: str, language: str) -> tuple[Person, ...]:
    """Return three to six people for a domain; which ones depends on the name alone."""
    first, last = _NAMES[language]
    start = sum(domain.encode()) * 7
    count = 3 + start % 4
    return tuple(
        Person(first[(start + 5 * i) % len(first)], last[(start + 3 * i) % len(last)], _TITLES[i], language)
        for i in range(count)
    )


_MAIN = ("mail.nordwind.example", "backup.nordwind.example")
_HOSTED = ("mail.hosting.example",)

_S, _H, _O, _C, _P = "spamexperts", "hornetsecurity", "olspanel", "cleanmail", "spanel"

FIRMS: tuple[Firm, ...] = (
    Firm("Nordwind Holding", "nordwind.example", "Hamburg", "DE", "de", ("nordwind.test", "nordwind-group.example"), _MAIN, (_S, _C)),
    Firm("Nordwind Logistik", "nordwind-logistik.example", "Bremen", "DE", "de", ("nwl.example",), _MAIN, (_S,)),
    Firm("Nordwind Werft", "nordwind-werft.example", "Kiel", "DE", "de", (), _MAIN, (_S,)),
    Firm("Hafencafé", "hafencafe.example", "Flensburg", "DE", "de", ("cafe-am-hafen.example",), ("mail.slowpost.example",), (_S, _P)),
    Firm("Bäckerei Müller", "xn--bckerei-mller-bfb28a.example", "Lübeck", "DE", "de", ("baeckerei-mueller.example",), _HOSTED, (_S, _O)),
    Firm("Tidewater Tackle", "tidewater.example.com", "Whitby", "GB", "en", (), ("mail.plain.example",), (_S, _P)),
    Firm("Harbour Bikes", "harbourbikes.example", "Bristol", "GB", "en", ("harbour-bikes.example", "hbikes.test"), _HOSTED, (_S, _O)),
    Firm("Old Quay Hotel", "oldquay.example", "Cork", "IE", "en", (), ("mail.oldcert.example", "backup.nordwind.example"), (_S,)),
    Firm("Fjordbakeriet", "fjordbakeriet.example", "Bergen", "NO", "nb", ("fjordbakeriet.test",), _HOSTED, (_S,)),
    Firm("Skagen Fisk", "skagenfisk.example", "Skagen", "DK", "da", (), ("mail.closed.example",), (_S,)),
    Firm("Nordwind Immobilien", "nordwind-immobilien.example", "Hamburg", "DE", "de", (), _MAIN, (_C,)),
    Firm("Nordwind Energie", "nordwind-energie.example", "Husum", "DE", "de", ("nwe.example", "nordwind-energie.test"), _MAIN, (_C,)),
    Firm("Atelier Lumière", "atelier-lumiere.example", "Nantes", "FR", "fr", ("atelierlumiere.example",), _HOSTED, (_C, _P)),
    Firm("Hôtel du Phare", "hotelduphare.example", "Brest", "FR", "fr", (), ("mail.slowpost.example", "backup.nordwind.example"), (_C,)),
    Firm("Librairie du Port", "librairie.example.org", "La Rochelle", "FR", "fr", (), ("mail.moved.example",), (_C, _P)),
    Firm("Bodega del Sol", "bodegadelsol.example", "Jerez", "ES", "es", ("bodega-del-sol.example",), _HOSTED, (_C, _P)),
    Firm("Taller Ibáñez", "talleribanez.example", "Bilbao", "ES", "es", (), ("mail.relay.example",), (_C,)),
    Firm("Solskin Blomster", "solskin.example", "Aarhus", "DK", "da", ("solskin-blomster.example",), _HOSTED, (_C, _O)),
    Firm("Lofoten Tørrfisk", "lofotenfisk.example", "Svolvær", "NO", "nb", (), (MISSING_HOST, "mail.hosting.example"), (_C,)),
    Firm("Nordwind Nederland", "nordwind-nl.example.net", "Groningen", "NL", "en", (), _MAIN, (_C,)),
    Firm("Kontor Hansen", "kontor-hansen.example", "Rostock", "DE", "de", ("hansen-kontor.example",), _MAIN, (_H,)),
    Firm("Praxis am Deich", "praxis-am-deich.example", "Cuxhaven", "DE", "de", (), _MAIN, (_H,)),
    Firm("Steuerbüro Thiel", "steuerbuero-thiel.example", "Oldenburg", "DE", "de", ("thiel-steuern.example",), _HOSTED, (_H,)),
    Firm("Lighthouse Legal", "lighthouse-legal.example", "Edinburgh", "GB", "en", ("lighthouselegal.example",), _MAIN, (_H,)),
    Firm("Pier Nine Media", "piernine.example", "Belfast", "GB", "en", ("pier9.test",), _HOSTED, (_H, _O)),
    Firm("Østergaard Møbler", "ostergaard.example", "Odense", "DK", "da", (), ("mail.strict.example",), (_H,)),
    Firm("Havn & Strand", "havnstrand.example", "Stavanger", "NO", "nb", ("havn-strand.example",), _MAIN, (_H, _P)),
    Firm("Clínica Soler", "clinicasoler.example", "Valencia", "ES", "es", (), _HOSTED, (_H,)),
    Firm("Segelschule Förde", "segelschule.example.com", "Kiel", "DE", "de", (), _HOSTED, (_O,)),
    Firm("Galerie Quai Sud", "quaisud.example", "Marseille", "FR", "fr", ("galerie-quaisud.example",), _HOSTED, (_P,)),
)  # fmt: skip
"""All firms. Each names the upstreams that know it; a firm in two of them is filtered by one and hosted by the other,
or, as Nordwind Holding, is on its way from one filter to another."""


def firms_of(slug: str) -> tuple[Firm, ...]:
    """Return the firms that one upstream knows, in a fixed order."""
    return tuple(firm for firm in FIRMS if slug in firm.upstreams)


def firm_of(domain: str) -> Firm | None:
    """Return the firm whose main domain or alias this is."""
    return _BY_DOMAIN.get(domain.lower())


_BY_DOMAIN: dict[str, Firm] = {
    domain: firm for firm in reversed(FIRMS) for domain in (firm.domain, *firm.aliases)
}
