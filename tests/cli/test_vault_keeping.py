"""Backups and restores of a vault, what runs without its packages, and `wayseal serve`."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.cli.running import WAYSEAL, inside, run, started
from tests.cli.test_vault import deliver, made, ran, vault
from wayseal.cli._vault_example import NUMBERS

__all__ = ["made", "vault"]


def emptied(vault: Path, *names: str) -> None:
    for name in names:
        for file in vault.glob(f"{name}.db*"):
            file.unlink()


def test_both_come_back_without_what_was_erased(vault: Path, tmp_path: Path) -> None:
    ran("backup", "main", tmp_path / "m")
    told = json.loads(ran("backup", "keys", tmp_path / "k", "--format", "json").out)
    assert told["rows"]["data_keys"] == 4
    ran("erase", NUMBERS[0])
    assert "1 erased number" in ran("erased", "--out", tmp_path / "list").out
    emptied(vault, "keys")
    assert "they are brought back" not in ran("restore", "keys", tmp_path / "k").out
    emptied(vault, "main")
    done = ran("restore", "main", tmp_path / "m").out
    assert "1 erased number is known, 1 of them in the backup: it was not brought back" in done
    assert "Only one of this vault" in done
    deliver(NUMBERS[0], code=13)
    deliver(NUMBERS[1])
    assert ran("verify").out.count("Nothing was changed") == 1


def test_both_lost_needs_a_list_or_a_word(vault: Path, tmp_path: Path) -> None:
    for which in ("main", "keys"):
        ran("backup", which, tmp_path / which)
    ran("erase", NUMBERS[0])
    ran("erased", "--out", tmp_path / "list")
    assert "the list can't be written" in ran("erased", "--out", tmp_path / "list", code=6).err
    emptied(vault, "main", "keys")
    refused = ran("restore", "keys", tmp_path / "keys", code=6).err
    assert "--erased, or --nothing-erased" in refused
    assert "请给出" in ran("restore", "keys", tmp_path / "keys", "--lang", "zh", code=6).err
    ran("restore", "keys", tmp_path / "keys", "--erased", tmp_path / "list")
    ran("restore", "main", tmp_path / "main")
    deliver(NUMBERS[0], code=13)
    emptied(vault, "main", "keys")
    ran("restore", "keys", tmp_path / "keys", "--nothing-erased")
    ran("restore", "main", tmp_path / "main", "--nothing-erased")
    deliver(NUMBERS[0])


def test_old_backups_go(vault: Path, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    ran("backup", "keys", place / "k")
    assert "no backup is that old" in ran("prune", "keys", place, "--keep-days", 1).out
    time.sleep(0.01)
    assert ran("prune", "keys", place, "--keep-days", 0).out == f"deleted {place / 'k'}\n"
    assert list(place.iterdir()) == []
    assert "not empty" in ran("backup", "keys", vault, code=6).err


def test_the_environment_suffices(vault: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container: no folder, everything in variables."""
    monkeypatch.setenv("WAYSEAL_DATABASE", f"sqlite:///{vault}/main.db")
    monkeypatch.setenv("WAYSEAL_KEY_DATABASE", f"sqlite:///{vault}/keys.db")
    monkeypatch.setenv("WAYSEAL_KEYRING_FILE", str(vault / "keyring.json"))
    monkeypatch.setenv("WAYSEAL_VAULT", str(tmp_path / "none"))
    assert "Records: 4 sealed" in ran("status").out
    emptied(vault, "main", "keys")
    before = (vault / "keyring.json").read_bytes()
    ran("init", tmp_path / "other")
    assert "Records: 0 sealed" in ran("status").out
    assert (vault / "keyring.json").read_bytes() == before
    assert not (tmp_path / "other/keyring.json").exists()


def test_without_the_packages_of_the_vault_one_line_says_so(vault: Path, tmp_path: Path) -> None:
    """Every other command loads and runs without them."""
    names = ("sqlalchemy", "alembic", "cedarpy", "fastapi", "uvicorn", "httpx", "structlog")
    hidden = f"import sys; sys.modules.update(dict.fromkeys({names!r})); {WAYSEAL}"
    for words in (("vault", "status"), ("vault", "init", tmp_path / "new"), ("serve", vault)):
        done = run(*words, cwd=tmp_path, code=hidden)
        assert (done.code, done.out) == (2, "")
        assert done.err == "wayseal: packages of the vault are not installed: run `make setup-server`\n"
    assert run("show", tmp_path / "none", cwd=tmp_path, code=hidden).code == 6
    assert not (tmp_path / "new").exists()


def test_other_commands_load_nothing_of_the_vault() -> None:
    code = "import sys, wayseal.cli._main; print([m for m in sys.modules if m.split('.')[0] in " + str(
        ("sqlalchemy", "fastapi", "cedarpy", "httpx", "alembic")
    )
    done = subprocess.run([sys.executable, "-c", code + " or m.startswith('wayseal.vault')])"], capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert done.stdout == "[]\n"


def test_the_service_runs_until_it_is_told_to_stop(vault: Path, tmp_path: Path) -> None:
    settings = vault / "wayseal.toml"
    settings.write_text(settings.read_text().replace("port = 8443", "port = 18643"))
    ran("client", "add", "handhelds", "--scope", "disclose", "--acts-for", "courier")
    process = started("serve", vault, cwd=tmp_path)
    try:
        assert _ready("http://127.0.0.1:18643/readyz")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err


def _ready(url: str) -> bool:
    for _ in range(200):
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    return False


def test_serving_nothing(tmp_path: Path) -> None:
    assert "no vault here" in inside("serve", tmp_path).err
