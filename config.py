"""Every setting of Gatehouse, read from the environment once. Nothing under `app/` imports this: it is handed in."""

from __future__ import annotations

import base64
import binascii
import difflib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
PREFIX = "GATEHOUSE_"


class ConfigError(Exception):
    """A setting that cannot be used; the text names the variable and what it should be."""


class _Wrong(ValueError):
    """What a value should have been."""


# --- How values are read ----------------------------------------------------------------------------------------


def _text(value: str) -> str:
    return value.strip()


def _path(value: str) -> Path | None:
    return Path(value.strip()).expanduser() if value.strip() else None


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        try:
            number = int(value.strip())
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise _Wrong(f"a whole number from {low} to {high}")
        return number

    return read


def _seconds(low: float, high: float) -> Callable[[str], float]:
    def read(value: str) -> float:
        try:
            number = float(value.strip())
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise _Wrong(f"seconds from {low:g} to {high:g}")
        return number

    return read


def _yes_no(value: str) -> bool:
    words = {
        "1": True,
        "yes": True,
        "true": True,
        "on": True,
        "0": False,
        "no": False,
        "false": False,
        "off": False,
    }
    if value.strip().lower() not in words:
        raise _Wrong("yes or no")
    return words[value.strip().lower()]


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.strip().lower() not in choices:
            raise _Wrong(" or ".join(choices))
        return value.strip().lower()

    return read


def _address(value: str) -> str:
    local, _, domain = value.strip().partition("@")
    if not local or not domain or "@" in domain or any(c.isspace() for c in value.strip()):
        raise _Wrong("a mail address")
    return value.strip().lower()


def _url(*schemes: str) -> Callable[[str], str | None]:
    def read(value: str) -> str | None:
        text = value.strip()
        if text and urlsplit(text).scheme not in schemes:
            raise _Wrong("an address that begins with " + " or ".join(f"{scheme}:" for scheme in schemes))
        return text or None

    return read


def _rate(value: str) -> str:
    number, _, span = value.strip().partition("/")
    if not number.isdigit() or int(number) < 1 or span.strip() not in ("second", "minute", "hour", "day"):
        raise _Wrong("a number of tries per second, minute, hour or day, for example 5/minute")
    return f"{int(number)}/{span.strip()}"


def _key_list(value: str) -> tuple[str, ...]:
    keys = tuple(part for part in value.replace(",", " ").split() if part)
    for key in keys:
        try:
            size = len(base64.urlsafe_b64decode(key))
        except (binascii.Error, ValueError):
            size = 0
        if size != 32:
            raise _Wrong("keys of 32 bytes in URL-safe base64, separated by commas")
    return keys


def _secret_key(value: str) -> str:
    if value and len(value) < 32:
        raise _Wrong("at least 32 characters")
    return value


# --- The table --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table: variable GATEHOUSE_<name>, its default as text, and what it is for.

    `shown`: what the table says instead of an empty default. A secret is also read from the file that
    GATEHOUSE_<name>_FILE names.
    """

    name: str
    default: str
    help: str
    read: Callable[[str], Any] = _text
    secret: bool = False
    shown: str = ""

    @property
    def variable(self) -> str:
        """The name of the environment variable."""
        return PREFIX + self.name

    @property
    def attribute(self) -> str:
        """The name of the attribute of `Config`."""
        return self.name.lower()


SETTINGS: tuple[Setting, ...] = (
    Setting("PORT", "8000", "Port of the dashboard.", _number(1, 65535)),
    Setting("BIND", "127.0.0.1", "Address it listens on; 0.0.0.0 for every network."),
    Setting("DATA_DIR", "./data", "Folder for the database, keys and queue of the embedded set-up."),
    Setting("ADMIN_EMAIL", "admin@gatehouse.example", "Address of the first administrator.", _address),
    Setting(
        "ADMIN_PASSWORD",
        "",
        "Password of the first administrator, used when there is no account yet.",
        secret=True,
        shown="made and printed once",
    ),
    Setting(
        "DATABASE_URL",
        "",
        "Database: sqlite:///… or postgresql://….",
        _url("sqlite", "sqlite+pysqlite", "postgres", "postgresql", "postgresql+psycopg"),
        secret=True,
        shown="SQLite file in the data folder",
    ),
    Setting(
        "CONNECTIONS_FILE", "", "Connections declared in a file (TOML or JSON), read-only in the page.", _path
    ),
    Setting(
        "DEMO_CONNECTIONS_FILE",
        "",
        "Connections to the sandbox; written and set by the start script alone.",
        _path,
    ),
    Setting("SANDBOX_PORT", "8900", "First port of the sandbox's range.", _number(1, 65500)),
    Setting(
        "SECRET_KEY",
        "",
        "Signs sessions and form tokens, at least 32 characters.",
        _secret_key,
        secret=True,
        shown="made and kept in the data folder",
    ),
    Setting(
        "ENCRYPTION_KEYS",
        "",
        "Encrypts stored credentials and second factors: 32 bytes in URL-safe base64 each, newest first.",
        _key_list,
        secret=True,
        shown="made and kept in the data folder",
    ),
    Setting(
        "REDIS_URL",
        "",
        "Redis that shares limits between several processes or machines.",
        _url("redis", "rediss", "unix"),
        secret=True,
        shown="not used",
    ),
    Setting(
        "QUEUE_URL",
        "",
        "Queue of background jobs: postgresql://… or redis://….",
        _url("postgres", "postgresql", "postgresql+psycopg", "redis", "rediss", "sqlite"),
        secret=True,
        shown="SQLite file in the data folder",
    ),
    Setting(
        "HTTPS",
        "no",
        "Whether people reach the dashboard over HTTPS: cookies for HTTPS only, HSTS. On plain HTTP nobody could sign in.",
        _yes_no,
    ),
    Setting(
        "TRUSTED_PROXIES", "0", "Reverse proxies in front whose X-Forwarded headers count.", _number(0, 5)
    ),
    Setting("WORKERS", "1", "Web processes. More than one needs GATEHOUSE_REDIS_URL.", _number(1, 64)),
    Setting("THREADS", "8", "Threads per web process.", _number(1, 256)),
    Setting("JOB_THREADS", "8", "Pieces of background work that run at once.", _number(1, 64)),
    Setting(
        "SYNC_MINUTES",
        "15",
        "Minutes between two reads of all domains of a connection; 0: never.",
        _number(0, 1440),
    ),
    Setting(
        "HEALTH_HOURS",
        "24",
        "Hours in which the health of every domain is checked once, a few domains in each minute; 0: never.",
        _number(0, 720),
    ),
    Setting(
        "REASON_NEEDED",
        "no",
        "Whether people must say why before they read a mail, download from it, release it or do anything else with it; "
        "the reason stands in Changes.",
        _yes_no,
    ),
    Setting("PAGE_DEADLINE", "8", "Seconds a page waits for upstreams.", _seconds(0.5, 60)),
    Setting(
        "SETTLE_GRACE",
        "30",
        "Seconds beyond the write time-out before the worker looks what became of a write.",
        _seconds(0, 3600),
    ),
    Setting("SESSION_HOURS", "12", "Hours after which everybody signs in again.", _number(1, 720)),
    Setting("LOGIN_LIMIT", "5/minute", "Tries to sign in per network address.", _rate),
    Setting("TIMEZONE", "UTC", "Zone of the times on pages, where a person chose none."),
    Setting("LOG_FORMAT", "text", "Form of the log lines: json or text.", _one_of("json", "text")),
    Setting(
        "LOG_LEVEL",
        "info",
        "Least important log line: debug, info, warning or error.",
        _one_of("debug", "info", "warning", "error"),
    ),
    Setting(
        "METRICS_DIR",
        "",
        "Folder where several processes put their metrics together.",
        _path,
        shown="not used",
    ),
)


@dataclass
class Config:
    """The settings as values; `SETTINGS` says what each means. Secrets do not show in its repr."""

    port: int
    bind: str
    data_dir: Path
    admin_email: str
    connections_file: Path | None
    demo_connections_file: Path | None
    sandbox_port: int
    https: bool
    trusted_proxies: int
    workers: int
    threads: int
    job_threads: int
    sync_minutes: int
    health_hours: int
    reason_needed: bool
    page_deadline: float
    settle_grace: float
    session_hours: int
    login_limit: str
    timezone: str
    log_format: str
    log_level: str
    metrics_dir: Path | None
    admin_password: str = field(repr=False)
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    redis_url: str | None = field(repr=False)
    queue_url: str = field(repr=False)
    unknown: tuple[str, ...] = ()
    # Options of the password hash, empty for the library's own; tests make it cheap.
    password_hash_options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Config:
        """The settings of an environment. Makes the data folder and the keys that are not given.

        Raises ConfigError naming the variable that cannot be used.
        """
        values = {setting.attribute: _read(setting, environ) for setting in SETTINGS}
        data_dir = _data_dir(values["data_dir"])
        values["data_dir"] = data_dir
        values["database_url"] = values["database_url"] or f"sqlite:///{data_dir / 'gatehouse.sqlite3'}"
        values["queue_url"] = values["queue_url"] or f"sqlite:///{data_dir / 'queue.sqlite3'}"
        values["secret_key"] = values["secret_key"] or _kept(data_dir / "secret.key", _new_secret)
        if not values["encryption_keys"]:
            values["encryption_keys"] = _kept_keys(data_dir / "encryption.key")
        if values["workers"] > 1 and not values["redis_url"]:
            raise ConfigError(
                "GATEHOUSE_WORKERS is more than 1, which needs GATEHOUSE_REDIS_URL: "
                "limits are counted in one process, or in Redis."
            )
        return cls(**values, unknown=_unknown(environ))

    def public(self) -> dict[str, str]:
        """The settings that are no secrets, by variable; those that are not set are left out."""
        values = {s.variable: getattr(self, s.attribute) for s in SETTINGS if not s.secret}
        return {name: str(value) for name, value in values.items() if value is not None}


def _read(setting: Setting, environ: Mapping[str, str]) -> Any:
    """The value of one setting. Raises ConfigError."""
    text = environ.get(setting.variable, "")
    file = environ.get(f"{setting.variable}_FILE", "") if setting.secret else ""
    if text and file:
        raise ConfigError(f"Both {setting.variable} and {setting.variable}_FILE are set; give one of them.")
    if file:
        try:
            text = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{setting.variable}_FILE: {file} cannot be read ({error}).") from error
    try:
        return setting.read(text or setting.default)
    except _Wrong as wrong:
        given = "" if setting.secret else f", not “{text}”"
        raise ConfigError(f"{setting.variable} must be {wrong}{given}.") from None


def _data_dir(text: str) -> Path:
    """The data folder, made where it is missing. Raises ConfigError when it cannot be used."""
    folder = Path(text).expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"GATEHOUSE_DATA_DIR: {folder} cannot be made ({error}).") from error
    if not os.access(folder, os.W_OK):
        raise ConfigError(f"GATEHOUSE_DATA_DIR: {folder} cannot be written to.")
    return folder


def _new_secret() -> str:
    return secrets.token_urlsafe(48)


def _new_encryption_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The text of a key file; made at the first call. Two processes at once get the same key."""
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(make() + "\n")
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another process was faster; its key counts
        finally:
            fresh.unlink()
    text = path.read_text(encoding="utf-8").strip()
    if not text:
        raise ConfigError(
            f"The key file {path} is empty. Put the key back, or remove the file to make a new one."
        )
    return text


def _kept_keys(path: Path) -> tuple[str, ...]:
    """The encryption keys of the key file. Raises ConfigError."""
    try:
        return _key_list(_kept(path, _new_encryption_key))
    except _Wrong as wrong:
        raise ConfigError(f"The key file {path} must hold {wrong}.") from None


def _unknown(environ: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence about each GATEHOUSE_ variable that is no setting: most likely a slip of the keyboard."""
    known = {s.variable for s in SETTINGS} | {f"{s.variable}_FILE" for s in SETTINGS if s.secret}
    sentences = []
    for name in sorted(n for n in environ if n.startswith(PREFIX) and n not in known):
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" Do you mean {close[0]}?" if close else ""
        sentences.append(f"There is no setting {name}; it is ignored.{hint}")
    return tuple(sentences)


def settings_table() -> str:
    """The settings as a Markdown table, for the README."""
    lines = ["| Variable | Default | Meaning |", "|---|---|---|"]
    for setting in SETTINGS:
        default = setting.shown or (f"`{setting.default}`" if setting.default else "none")
        name = f"`{setting.variable}`" + (" (or `…_FILE`)" if setting.secret else "")
        lines.append(f"| {name} | {default} | {setting.help} |")
    return "\n".join(lines) + "\n"
