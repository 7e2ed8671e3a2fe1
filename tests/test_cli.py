"""The command-line door: exit codes, what is printed where, who the shell is."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest
from flask.cli import FlaskGroup

from app import create_app
from app.cli import EXIT_CODES, EchoFeedback, exit_code, shell_actor
from app.core import errors
from app.core.actor import EVERYWHERE, Role
from app.core.errors import (
    AlreadyThere,
    BadCredentials,
    Conflict,
    Forbidden,
    GatehouseError,
    Invalid,
    Malformed,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unreachable,
    UnsafePlan,
)
from app.core.plan import Outcome, Report, State, Step, Tone, Verb
from app.core.text import msg
from config import Config

ROOT = Path(__file__).resolve().parent.parent
TEXT = msg("x")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GatehouseError(TEXT), 1),
        (Invalid({"a": TEXT}), 2),
        (NotSupported("x", TEXT), 2),
        (Forbidden(TEXT), 2),
        (UnsafePlan(TEXT, "0"), 2),
        (NotFound(TEXT), 3),
        (Conflict(TEXT), 3),
        (Rejected("no"), 4),
        (AlreadyThere("no"), 4),
        (BadCredentials(TEXT), 4),
        (Unreachable(TEXT), 5),
        (RateLimited(TEXT), 5),
        (Malformed(TEXT), 5),
        (OutcomeUnknown(TEXT), 6),
    ],
)
def test_each_error_has_its_exit_code(error: GatehouseError, code: int) -> None:
    assert exit_code(error) == code


def test_no_error_of_core_is_without_an_exit_code() -> None:
    named = {cls for cls, _ in EXIT_CODES}
    found = {
        cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, GatehouseError)
    }
    covered = {cls for cls in found if any(issubclass(cls, known) for known in named - {GatehouseError})}
    assert found - covered == {GatehouseError, errors.UpstreamError}


def test_good_news_go_to_standard_output_and_the_rest_to_standard_error() -> None:
    step = Step(Verb.DOMAIN_ADD, "example.org")
    outcome = Outcome(step, State.DONE, 1, warnings=("the upstream grumbled",))

    @click.command()
    def show() -> None:
        EchoFeedback().show(Report(msg("Added {name}.", name="example.org"), outcomes=(outcome,)))
        EchoFeedback().show(Report(msg("Half of it."), Tone.PARTIAL))

    from click.testing import CliRunner

    done = CliRunner().invoke(show)
    assert done.stdout == "Added example.org.\n"
    assert done.stderr == "  the upstream grumbled\nHalf of it.\n"


def test_the_shell_acts_under_its_login_name() -> None:
    actor = shell_actor()
    assert (actor.name, actor.role, actor.scopes, actor.door) == (
        f"shell:{getpass.getuser()}",
        Role.ADMIN,
        EVERYWHERE,
        "cli",
    )


def test_a_database_that_was_never_made_is_a_sentence_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("GATEHOUSE_")]:
        monkeypatch.delenv(name)
    app = create_app(Config.from_env({"GATEHOUSE_DATA_DIR": str(tmp_path)}))
    result = app.test_cli_runner().invoke(args=["domains", "list"])
    assert result.exit_code == 1
    assert "flask --app wsgi init" in result.stderr
    assert "SELECT" not in result.output


def test_no_command_hides_behind_one_of_flask(tmp_path: Path) -> None:
    """Flask looks at its own commands first, then at installed ones, and at the application's last."""
    app = create_app(Config.from_env({"GATEHOUSE_DATA_DIR": str(tmp_path)}))
    builtin = FlaskGroup().commands
    installed = {point.name: point.load() for point in entry_points(group="flask.commands")}
    hidden = {name for name in app.cli.commands if name in builtin} - {"run", "shell"}
    assert {name: installed.get(name) for name in hidden} == {name: app.cli.commands[name] for name in hidden}


def test_the_command_that_people_type() -> None:
    flask = Path(sys.executable).with_name("flask")
    shown = subprocess.run([flask, "routes", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Where the mail of a domain is delivered." in shown.stdout
