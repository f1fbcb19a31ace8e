"""Secrets leave the environment once they were read."""

import os
import subprocess
import sys

from wayseal.server.settings import SECRETS

SCRIPT = """
import os, subprocess, sys
from pathlib import Path
from wayseal.service.process import forget
forget(["WAYSEAL_KEYRING", "WAYSEAL_NOT_THERE"])
child = [sys.executable, "-c", "import os; print('WAYSEAL_KEYRING' in os.environ)"]
print(Path("/proc/self/environ").read_bytes())
print(os.getenv("WAYSEAL_KEYRING"), os.getenv("WAYSEAL_KEYRING_FILE"), os.getenv("WAYSEAL_LAST"))
print(subprocess.run(child, capture_output=True, text=True, check=True).stdout.strip())
"""


def test_a_secret_is_gone_and_nothing_else() -> None:
    given = {"WAYSEAL_FIRST": "1", "WAYSEAL_KEYRING": "hush-ring", "WAYSEAL_KEYRING_FILE": "file", "WAYSEAL_LAST": "2"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env={**os.environ, **given}, capture_output=True, text=True, check=True
    )
    shown, own, child = done.stdout.splitlines()
    assert "hush-ring" not in shown
    assert all(part in shown for part in ("WAYSEAL_FIRST=1", "WAYSEAL_KEYRING_FILE=file", "WAYSEAL_LAST=2"))
    assert (own, child) == ("None file 2", "False")


def test_what_settings_hide_is_what_is_forgotten() -> None:
    assert set(SECRETS) == {"WAYSEAL_DATABASE", "WAYSEAL_KEY_DATABASE", "WAYSEAL_KEYRING"}
