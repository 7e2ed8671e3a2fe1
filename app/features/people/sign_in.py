"""Signing in: Flask-Security with the settings that this product needs, and what it lacks."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol, cast

import email_validator
from flask import Flask, current_app, redirect, request, session, url_for
from flask_babel import gettext, lazy_gettext
from flask_limiter import Limiter
from flask_login import current_user
from flask_security import (
    LoginForm,
    MailUtil,
    PasswordUtil,
    Security,
    SQLAlchemySessionUserDatastore,
    TwoFactorRescueForm,
    TwoFactorSetupForm,
    TwoFactorVerifyCodeForm,
    hash_password,
    password_changed,
    user_authenticated,
)
from flask_security.mail_util import EmailValidateException
from flask_security.totp import Totp
from flask_security.utils import get_message
from passlib.totp import TOTP, AppWallet, TotpMatch  # type: ignore[import-untyped]
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload, scoped_session, sessionmaker

from app.core.names import NameProblem, mail_address
from app.core.plan import Tone
from app.core.secret import Secret
from app.core.text import Message, literal
from app.features.people.models import Role, User, WebAuthn
from app.web.feedback import flash_text
from app.web.navigation import safe_path

log = logging.getLogger("gatehouse.sign_in")

PASSWORD_LENGTH = 12
LONGEST_PASSWORD = 128
_JUDGED = 72  # characters that zxcvbn looks at
# Whoever signed in longer ago than this types the password again before the account itself is changed.
FRESH_FOR = timedelta(minutes=30)
# Endpoints that somebody with a password made by others may use before choosing one.
_BEFORE_NEW_PASSWORD = ("security.change_password", "security.logout", "theme")
# Endpoints that know no session, so that they cost no query and may be cached.
_SESSIONLESS = ("static", "healthz", "security.static")


class Settings(Protocol):
    """What signing in needs of the configuration."""

    @property
    def secret_key(self) -> str: ...
    @property
    def encryption_keys(self) -> Sequence[str]: ...
    @property
    def session_hours(self) -> int: ...
    @property
    def login_limit(self) -> str: ...
    @property
    def password_hash_options(self) -> Mapping[str, Any]: ...


class Guard(Protocol):
    """Counts failed tries per account (`storage.accounts.SignInGuard`)."""

    def locked(self, email: str) -> bool: ...
    def failed(self, email: str) -> None: ...
    def succeeded(self, email: str) -> None: ...


_SIGNED_IN = select(User).options(joinedload(User.roles)).where(User.fs_uniquifier == bindparam("uniquifier"))


class Accounts(SQLAlchemySessionUserDatastore):
    """The library's store of accounts; the look-up that every page makes is put together once."""

    def find_user(self, case_insensitive: bool = False, **wanted: Any) -> User | None:
        """The account with this value in one column."""
        if wanted.keys() == {"fs_uniquifier"}:
            found = self.db.session.scalar(_SIGNED_IN, {"uniquifier": wanted["fs_uniquifier"]})
        else:
            found = super().find_user(case_insensitive, **wanted)
        return cast("User | None", found)


def init_sign_in(
    app: Flask, sessions: sessionmaker[Session], guard: Guard, limiter: Limiter, settings: Settings
) -> None:
    """Sets up sign-in, sign-out, password change and second factor; after CSRFProtect.

    Each request that looks at its user opens one short database session, closed with the request.
    """
    _accept_intranet_addresses()
    app.config.update(_security_settings(settings))
    app.extensions["gatehouse_sign_in_guard"] = guard
    request_session = scoped_session(sessions)
    datastore = Accounts(request_session, User, Role, WebAuthn)
    security = Security(
        app,
        datastore,
        login_form=GuardedLoginForm,
        two_factor_verify_code_form=GuardedCodeForm,
        two_factor_setup_form=CodeSetupForm,
        two_factor_rescue_form=RescueForm,
        mail_util_cls=NoMail,
        password_util_cls=PasswordRules,
        totp_cls=OneTimeTotp,
    )
    # The library would accept a token in the address of any page, read the user before every request, and touch the
    # session after it (for remember-me cookies, which are not used here).
    login_manager = cast(Any, app).login_manager
    login_manager.request_loader(lambda _request: None)
    security.principal.identity_loaders.clear()
    app.after_request_funcs[None].remove(login_manager._update_remember_cookie)
    app.before_request(_end_old_session)
    app.before_request(_ask_for_new_password)
    app.before_request(request_session.commit)  # no transaction stays open while a page asks upstreams
    app.teardown_appcontext(lambda _error: request_session.remove())
    user_authenticated.connect(_begin_session, app)
    password_changed.connect(_password_chosen, app)
    _limit(app, limiter, settings.login_limit)


def _security_settings(settings: Settings) -> dict[str, Any]:
    """The settings of Flask-Security that differ from its defaults."""
    return {
        "SECURITY_PASSWORD_SALT": settings.secret_key,
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": dict(settings.password_hash_options),
        "SECURITY_PASSWORD_LENGTH_MIN": PASSWORD_LENGTH,
        "SECURITY_PASSWORD_COMPLEXITY_CHECKER": "zxcvbn",
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_MSG_GENERIC_AUTHN_FAILED": (
            lazy_gettext(
                "The address or the password is wrong, or there were too many tries. "
                "After several wrong tries, wait some minutes."
            ),
            "error",
        ),
        "SECURITY_CHANGEABLE": True,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_POST_CHANGE_VIEW": "people.account",
        "SECURITY_TRACKABLE": True,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TOTP_SECRETS": _totp_keys(settings.encryption_keys),
        "SECURITY_TOTP_ISSUER": "Gatehouse",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": 10,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": list(settings.encryption_keys),
        "SECURITY_FRESHNESS": FRESH_FOR,
        "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(minutes=10),
        "SECURITY_CACHE_CONTROL": {"private": None, "no-store": None},
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_LOGOUT_CSRF": True,
        "SECURITY_POST_LOGOUT_VIEW": "/login",
        "SECURITY_SCRIPT_NONCE_KEY": "csp_nonce",
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=settings.session_hours),
        "SESSION_REFRESH_EACH_REQUEST": False,  # it ends so many hours after signing in, whatever is read in between
    }


def _totp_keys(keys: Sequence[str]) -> dict[str, str]:
    """The keys of second factors by a name that stays the same when a newer key is put in front."""
    return {hashlib.sha256(key.encode()).hexdigest()[:8]: key for key in keys}


def _accept_intranet_addresses() -> None:
    """People on an intranet sign in as somebody@corp.local or @corp.test; the checker knows these as special names."""
    for name in ("local", "test"):
        if name in email_validator.SPECIAL_USE_DOMAIN_NAMES:
            email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(name)


def _limit(app: Flask, limiter: Limiter, rate: str) -> None:
    """Limits tries per network address on every page that judges a password or a code."""
    for endpoint in (
        "security.login",
        "security.verify",
        "security.change_password",
        "security.two_factor_token_validation",
        "security.two_factor_setup_validate",
        "security.mf_recovery",
    ):
        view: Any = app.view_functions[endpoint]
        app.view_functions[endpoint] = limiter.limit(rate, methods=["POST"])(view)


# --- Sessions ---------------------------------------------------------------------------------------------------


def _begin_session(_app: Flask, user: User, **_details: Any) -> None:
    log.info("%s signed in from %s", user.email, request.remote_addr)
    session["signed_in_at"] = int(time.time())


def _end_old_session() -> None:
    """Everybody signs in again after the hours that are set, however busy the session was."""
    if request.endpoint in _SESSIONLESS:
        return
    age = time.time() - session.get("signed_in_at", 0)
    if "_user_id" in session and age > current_app.permanent_session_lifetime.total_seconds():
        session.clear()


def _ask_for_new_password() -> Any:
    """Whoever got a password from somebody else chooses an own one first."""
    if request.endpoint in (*_SESSIONLESS, *_BEFORE_NEW_PASSWORD) or "_user_id" not in session:
        return None
    if not current_user.is_authenticated or not current_user.new_password:
        return None
    flash_text(gettext("Please choose a password that only you know."), Tone.PARTIAL)
    return redirect(url_for("security.change_password"))


def _password_chosen(_app: Flask, user: User, **_details: Any) -> None:
    """The change is stored with the password itself."""
    user.new_password = False


# --- What the library's forms and helpers lack ------------------------------------------------------------------


def _guard() -> Guard:
    return cast(Guard, current_app.extensions["gatehouse_sign_in_guard"])


def _count_failure(email: str) -> None:
    log.warning("Wrong password or code for %r from %s", email, request.remote_addr)
    _guard().failed(email)


def _normal(email: str) -> str:
    """The address as it is stored, so that no other spelling of it gets tries of its own."""
    try:
        return mail_address(email).lower()
    except NameProblem:
        return email.strip().lower()[:255]


class GuardedLoginForm(LoginForm):
    """Looks at no password while the account is locked, and says the same as for a wrong one."""

    remember = None  # a session ends after the hours that are set

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.next.data = safe_path(self.next.data, "")

    def validate(self, **kwargs: Any) -> bool:
        """Whether address and password are right; counts wrong ones, also for addresses without an account."""
        email = _normal(str(self.email.data or ""))
        if not email or not self.password.data:
            return bool(super().validate(**kwargs))
        self.password.data = self.password.data[: LONGEST_PASSWORD + 1]
        if _guard().locked(email):
            log.warning("Locked for now: %r, tried from %s", email, request.remote_addr)
            hash_password(self.password.data)  # takes as long as looking at it
            self.password.errors = [get_message("GENERIC_AUTHN_FAILED")[0]]
            return False
        right = bool(super().validate(**kwargs))
        if right and not cast(User, self.user).tf_primary_method:
            _guard().succeeded(email)
        elif not right and not self.csrf_failed():
            _count_failure(email)
        return right

    def csrf_failed(self) -> bool:
        """Whether the form was refused for its token, so that no password was looked at."""
        return bool(getattr(self, "csrf_token", None) and self.csrf_token.errors)


class GuardedCodeForm(TwoFactorVerifyCodeForm):
    """Counts wrong codes like wrong passwords: a code has six digits only."""

    def validate(self, **kwargs: Any) -> bool:
        """Whether the code is right."""
        email = self.user.email if self.user else ""
        if email and _guard().locked(email):
            self.code.errors = [get_message("GENERIC_AUTHN_FAILED")[0]]
            return False
        right = bool(super().validate(**kwargs))
        if email and right:
            _guard().succeeded(email)
        elif email and not self.is_setup:
            _count_failure(email)
        return right


class CodeSetupForm(TwoFactorSetupForm):
    """Chooses the only method there is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.setup.data = self.setup.data or "authenticator"


class RescueForm(TwoFactorRescueForm):
    """Offers recovery codes only: Gatehouse sends no mail that would ask an administrator."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help_setup.choices = []


class PasswordRules(PasswordUtil):
    """Refuses what is too long for the judge and the hash, which would answer with an exception."""

    def normalize(self, password: str) -> str:
        """The password in one spelling. What is too long is cut, still too long to be anybody's."""
        return str(super().normalize(password[: LONGEST_PASSWORD + 1]))[: LONGEST_PASSWORD + 1]

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """(what speaks against it or None, the normalised password)."""
        normal = self.normalize(password)
        if len(normal) > LONGEST_PASSWORD:
            return [gettext("At most %(number)s characters are accepted.", number=LONGEST_PASSWORD)], normal
        problems, _ = super().validate(normal[:_JUDGED], is_register, **kwargs)
        return problems, normal


class NoMail(MailUtil):
    """Normalises addresses as the rest of Gatehouse does. Sends nothing: no feature that needs mail is switched on."""

    def normalize(self, email: str) -> str:
        """The address as it is stored. Raises EmailValidateException."""
        try:
            return mail_address(email).lower()
        except NameProblem as problem:
            raise EmailValidateException(problem.message.render(gettext)) from problem

    def validate(self, email: str) -> str:
        """The same: nobody is asked whether the domain exists."""
        return self.normalize(email)


class OneTimeTotp(Totp):
    """Codes of an authenticator app, each accepted once, their secrets encrypted with the newest key."""

    def __init__(self, secrets: dict[str, str], issuer: str) -> None:
        newest = next(iter(secrets))
        self._totp = TOTP.using(issuer=issuer, wallet=AppWallet(secrets, default_tag=newest))

    def get_last_counter(self, user: Any) -> TotpMatch | None:
        """The time step of the last code that was accepted."""
        return cast("TotpMatch | None", user.totp_counter)

    def set_last_counter(self, user: Any, tmatch: TotpMatch) -> None:
        """Remembers the code; stored with the sign-in."""
        user.totp_counter = tmatch.counter


class FlaskPasswords:
    """The port `core.people.Passwords`; works inside an application context."""

    def hash(self, password: Secret) -> Secret:
        """Its argon2id hash."""
        return Secret(str(hash_password(_judge().normalize(password.reveal()))))

    def problems(self, password: Secret, email: str) -> Sequence[Message]:
        """Too short, or easy to guess (also from the address)."""
        found, _ = _judge().validate(password.reveal(), True, email=email)
        return [literal(str(text)) for text in found or ()]


def _judge() -> Any:
    """The library's judge of passwords."""
    return current_app.extensions["security"].password_util
