"""Makes sure that a Chromium is there for the browser tests: by apt where that is possible, else says how."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PACKAGES = ["chromium", "fonts-dejavu-core"]


def main() -> int:
    """Exit code 0 when Chromium is (now) there, 1 with the command to type when it is not."""
    if shutil.which("chromium") or shutil.which("chromium-browser"):
        return 0
    install = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]
    if not shutil.which("apt-get"):
        print("The browser tests need Chromium: install it with your system's package manager.")
        return 1
    if os.geteuid() != 0:
        print(
            f"The browser tests need Chromium. Please run:\n  sudo apt-get update && sudo {' '.join(install)}"
        )
        return 1
    print("Installing Chromium for the browser tests ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
