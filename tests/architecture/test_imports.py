"""The import rules of `imports.ini` hold, and they look at everything they speak of."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def test_the_import_rules_hold() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as run; run()",
            "--config",
            str(HERE / "imports.ini"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_folder_of_the_application_has_a_floor() -> None:
    rules = configparser.ConfigParser()
    rules.read(HERE / "imports.ini")
    floors = rules["importlinter:contract:floors"]["layers"].replace("|", " ").split()
    found = {p.stem for p in (ROOT / "app").iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert found - {"__init__"} == set(floors)


def test_every_package_says_what_lives_in_it() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in (ROOT / "app").rglob("__init__.py")
        if not file.read_text(encoding="utf-8").lstrip().startswith('"""')
    ]
    assert silent == []
