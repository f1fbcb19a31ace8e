"""Settings: from a file and the environment, checked, and silent about their values.

Secrets leave the environment once they were read.
"""

import os
import re
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from tests.server.witnessing import witness_key
from tests.tables import each
from wayseal import server
from wayseal.server.errors import SettingsError
from wayseal.server.serve import open_keyring
from wayseal.server.settings import PREFIX, SECRETS, Settings, read_settings

VARIABLE = re.compile(r'envvar="(WAYSEAL_[A-Z_]+)"')
GOOD = {
    "WAYSEAL_DATABASE": "postgresql://u:hush@h/n",
    "WAYSEAL_KEY_DATABASE": "sqlite:///k.db",
    "WAYSEAL_KEYRING": "hush-ring",
}


WITNESS: dict[str, str | None] = {
    "WAYSEAL_WITNESS": "https://witness.example/w1",
    "WAYSEAL_WITNESS_KEY": str(witness_key()),
    "WAYSEAL_CHECKPOINT_FOLDER": "checkpoints",
}


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "wayseal.toml"
    file.write_text(
        'database = "sqlite:///f.db"\nkey_database = "sqlite:///g.db"\nkeyring_file = "ring"\nport = 1\n'
        "most_running = 7\ninsecure = true\nbody_seconds = 2.5\n"
    )
    settings = read_settings({"WAYSEAL_PORT": "2", "WAYSEAL_HOST": "0.0.0.0", "PATH": "x"}, file)
    assert (settings.database, settings.keyring_file) == ("sqlite:///f.db", Path("ring"))
    assert (settings.port, settings.most_running, settings.insecure, settings.body_seconds) == (2, 7, True, 2.5)
    # A keyring in the environment takes the place of the file's.
    settings = read_settings({"WAYSEAL_KEYRING": "ring"}, file)
    assert (settings.keyring, settings.keyring_file) == ("ring", None)


def test_they_show_no_secret() -> None:
    assert "hush" not in repr(read_settings(GOOD))


@each(
    ("change", "named"),
    [
        ({"WAYSEAL_DATABASE": None}, "database"),
        ({"WAYSEAL_KEY_DATABASE": None}, "key_database"),
        ({"WAYSEAL_DATABASE": ""}, "database"),
        ({"WAYSEAL_KEYRING_FILE": "hush"}, "keyring"),
        ({"WAYSEAL_PORT": "hush"}, "port: needs a whole number"),
        ({"WAYSEAL_PORT": "70000"}, "port: needs to be 65535 or less"),
        ({"WAYSEAL_MOST_BYTES": "5"}, "most_bytes: needs to be 1024 or more"),
        ({"WAYSEAL_BODY_SECONDS": "nan"}, "body_seconds"),
        ({"WAYSEAL_BODY_SECONDS": "inf"}, "body_seconds"),
        ({"WAYSEAL_BODY_SECONDS": "hush"}, "body_seconds: needs a number"),
        ({"WAYSEAL_INSECURE": "hush"}, "insecure: is true or false"),
        ({"WAYSEAL_TLS_CERTIFICATE": "hush"}, "tls_key"),
        ({"WAYSEAL_TLS_CLIENT_CA": "hush"}, "tls_client_ca"),
        ({"WAYSEAL_HOST": "0.0.0.0"}, "tls_certificate"),
        ({"WAYSEAL_WITNESS_KEY": str(witness_key())}, "witness and witness_key go together"),
        ({**WITNESS, "WAYSEAL_WITNESS_KEY": None}, "witness and witness_key go together"),
        ({**WITNESS, "WAYSEAL_CHECKPOINT_FOLDER": None}, "witness needs checkpoint_folder"),
        ({**WITNESS, "WAYSEAL_SIGN_SECONDS": "0"}, "witness needs checkpoint_folder, for what it cosigns, and sign_s"),
        ({**WITNESS, "WAYSEAL_WITNESS_KEY": "hush"}, "witness_key: needs the public key of a witness"),
        (
            {**WITNESS, "WAYSEAL_WITNESS_KEY": str(replace(witness_key(), witness=False))},
            "witness_key: needs the public key of a witness",
        ),
        *(
            ({**WITNESS, "WAYSEAL_WITNESS": wrong}, "witness: needs an address")
            for wrong in (
                "hush",
                "ftp://w.example/hush",
                "https://",
                "https:///hush",
                "https://hush@w.example/",
                "https://w.example/?hush",
                "https://w.example/#hush",
                "https://w.example:hush/",
                "https://w.example:0/",
                "https://[hush/",
            )
        ),
        ({**WITNESS, "WAYSEAL_WITNESS": "http://hush.example/"}, "witness: needs https"),
        ({"WAYSEAL_PROCESES": "hush"}, "WAYSEAL_PROCESES: this is no setting; did you mean WAYSEAL_PROCESSES?"),
        ({"WAYSEAL_KEYDATABASE": "hush"}, "did you mean WAYSEAL_KEY_DATABASE?"),
        ({"WAYSEAL_port": "hush"}, "WAYSEAL_port: this is no setting"),
        ({"WAYSEAL_": "hush"}, "WAYSEAL_: this is no setting"),
        ({"WAYSEAL_XYZZY": "hush"}, "WAYSEAL_XYZZY: this is no setting"),
    ],
)
def test_what_cannot_be(change: dict[str, str | None], named: str) -> None:
    given: dict[str, Any] = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    with pytest.raises(SettingsError) as caught:
        read_settings(given)
    assert named in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_keyring_is_missed_by_whoever_opens_with_it() -> None:
    """A backup opens nothing, and its account has no keyring."""
    settings = read_settings({name: text for name, text in GOOD.items() if name != "WAYSEAL_KEYRING"})
    with pytest.raises(SettingsError, match="keyring or keyring_file: one of the two is needed"):
        open_keyring(settings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nhush = 1", ":2: this is no setting"),
        ("data_base = 'hush'", ":1: this is no setting; did you mean database?"),
        ("database = hush", ":1: not TOML here"),
        ("[hush]\nx = 1", ":1: this is no setting"),
        ("\ndatabase = 5", ":2: database: needs a text in quotes"),
        ("database = ''", ":1: database: needs a text that isn't empty"),
        ("tls_key = ''\ndatabase = 'hush'", ":1: tls_key: needs the name of a file"),
        ("database = 'hush'\nport = true", ":2: port: needs a whole number"),
        ("database = 'hush'\nport = 2026-01-01", ":2: port: needs a whole number"),
        ("database = 2026-01-01", ":1: database: needs a text in quotes"),
        ("database = 'hush'\nport = nan", ":2: port: needs a whole number"),
        ("database = 'hush'\nstop_seconds = nan", ":2: stop_seconds: needs to be 0 or more"),
        ("\udcff", ":1: the file isn't UTF-8"),
    ],
)
def test_a_file_that_cannot_be(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "wayseal.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError) as caught:
        read_settings({"WAYSEAL_KEY_DATABASE": "k", "WAYSEAL_KEYRING": "r"}, file)
    assert str(caught.value).startswith(f"{file}{said}")
    assert "hush" not in str(caught.value)
    with pytest.raises(SettingsError):
        read_settings(GOOD, tmp_path / "none.toml")


def test_every_setting_can_stand_in_the_environment() -> None:
    given = {
        **GOOD,
        "WAYSEAL_HOST": "0.0.0.0",
        "WAYSEAL_PORT": "5",
        "WAYSEAL_LOG_MEMORY": "seen.json",
        "WAYSEAL_SIGN_SECONDS": "10",
        "WAYSEAL_CHECKPOINT_FOLDER": "checkpoints",
        "WAYSEAL_WITNESS": "http://127.0.0.1:8000/w1",
        "WAYSEAL_WITNESS_KEY": str(witness_key()),
        "WAYSEAL_ISSUER": "https://v.example",
        "WAYSEAL_TLS_CERTIFICATE": "c.pem",
        "WAYSEAL_TLS_KEY": "k.pem",
        "WAYSEAL_TLS_CLIENT_CA": "a.pem",
        "WAYSEAL_PROXIES": "10.0.0.1",
        "WAYSEAL_INSECURE": "1",
        "WAYSEAL_PROCESSES": "3",
        "WAYSEAL_MOST_BYTES": "5000",
        "WAYSEAL_MOST_RUNNING": "6",
        "WAYSEAL_MOST_CONNECTIONS": "11",
        "WAYSEAL_UTC_OFFSET_HOURS": "9",
        "WAYSEAL_KEY_BACKUP_DAYS": "5",
        "WAYSEAL_BLOCKED_FILE": "blocked.json",
        "WAYSEAL_NUMBERS": "sqlite:///n.db",
        "WAYSEAL_NUMBERS_KEY": "n.key",
        "WAYSEAL_ALIASES": "sqlite:///a.db",
        "WAYSEAL_BLOCKED_FAILS_OPEN": "1",
        "WAYSEAL_BODY_SECONDS": "7",
        "WAYSEAL_ANSWER_SECONDS": "8",
        "WAYSEAL_STOP_SECONDS": "9",
    }
    settings = read_settings(given)
    for one in fields(Settings):
        if one.name != "keyring_file":
            text = str(getattr(settings, one.name))
            assert text in {given[PREFIX + one.name.upper()], given[PREFIX + one.name.upper()] + ".0", "True"}


def test_what_the_command_line_reads_of_the_environment_is_no_unknown_setting() -> None:
    source = Path(server.__file__).parents[1]
    names = {name for file in (source / "cli").rglob("*.py") for name in VARIABLE.findall(file.read_text("utf-8"))}
    assert len(names) > 3
    others = dict.fromkeys([*(names - GOOD.keys()), "WAYSEAL_TEST_CACHE", "_WAYSEAL_COMPLETE"], "x")
    assert read_settings({**GOOD, **others}) == read_settings(GOOD)


def test_the_couriers_clock_and_backups_are_in_microseconds() -> None:
    settings = read_settings({**GOOD, "WAYSEAL_UTC_OFFSET_HOURS": "5.5", "WAYSEAL_KEY_BACKUP_DAYS": "2"})
    assert (settings.utc_offset, settings.backups) == (19_800_000_000, 172_800_000_000)


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
    assert set(SECRETS) == {
        "WAYSEAL_DATABASE",
        "WAYSEAL_KEY_DATABASE",
        "WAYSEAL_KEYRING",
        "WAYSEAL_NUMBERS",
        "WAYSEAL_ALIASES",
    }
