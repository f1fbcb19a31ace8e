"""The nightly pair, as a person runs it: `wayseal vault project`, then `wayseal detect`."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.cli.running import Ran, inside
from tests.ledger.helpers import read, write
from wayseal.cli.vault import NUMBERS


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vault of the quick start, with one disclosure."""
    vault = tmp_path_factory.mktemp("vaults") / "vault"
    assert inside("vault", "init", vault, "--example", "--actor", "operator").code == 0
    words = ("--actor", "courier-12", "--purpose", "deliver", "--reason", "route 12", "--vault", vault)
    assert inside("vault", "disclose", NUMBERS[0], *words).code == 0
    return vault


@pytest.fixture
def vault(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "vault"))


def project(vault: Path, ledger: Path, *words: object) -> Ran:
    return inside("vault", "project", ledger, "--vault", vault, "--quiet", *words)


def test_what_was_disclosed_is_judged(vault: Path, tmp_path: Path) -> None:
    done = project(vault, tmp_path / "L")
    assert done.out == (
        f"1 disclosure taken into {tmp_path / 'L'}\n"
        "of the work behind it: 15 scans, 1 ticket, 4 routes, 7 accounts, 0 duties\n"
    )
    assert project(vault, tmp_path / "L", "--lang", "zh").out == "上次以来没有新的披露\n"
    found = inside("detect", tmp_path / "L", "--quiet", "--format", "json")
    told = json.loads(found.out)
    assert (found.code, told["cases"], told["judged"]["enough"]) == (0, [], True)
    assert told["first_reads"]["explained"] == told["first_reads"]["all"] == 1
    assert {n["code"] for n in told["not_judged"]} == {"assignments", "outlets", "few_accounts", "detector"}


def test_nothing_is_written_but_beside_the_ledger(vault: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever projects may have settings that they can't write to, or none but the environment's."""
    for name, text in (("DATABASE", "sqlite:///main.db"), ("KEY_DATABASE", "sqlite:///keys.db")):
        monkeypatch.setenv(f"WAYSEAL_{name}", text.replace("///", f"///{vault}/"))
    monkeypatch.setenv("WAYSEAL_KEYRING_FILE", str(vault / "keyring.json"))
    assert project(tmp_path / "nowhere", tmp_path / "watch" / "L").code == 0
    assert not (tmp_path / "nowhere").exists()
    assert [file.name for file in (tmp_path / "watch").iterdir()] == ["L"]


def test_the_name_of_a_file_hides_nothing(vault: Path, tmp_path: Path) -> None:
    """A file that is called like a projection far ahead is refused, and what was disclosed comes in."""
    stem = f"vault-{hashlib.sha256(b'vault.local').hexdigest()[:16]}"
    write(tmp_path, "accesses", [read(0, "u-1", "YT1")])
    forged = (tmp_path / "accesses.parquet").rename(tmp_path / f"{stem}-0-999999999.parquet")
    refused = inside("ingest", tmp_path / "L", forged, "--quiet")
    assert "1 disclosure taken into" in project(vault, tmp_path / "L").out
    assert refused.code == 3
    assert refused.err.startswith(f"wayseal: {forged}: a name that begins with vault-")
    assert "只供 `wayseal vault project` 使用" in inside("ingest", tmp_path / "L", forged, "--lang", "zh").err


def test_a_ledger_of_another_vault_of_the_same_name_is_refused(vault: Path, tmp_path: Path) -> None:
    project(vault, tmp_path / "L")
    other = tmp_path / "other" / "vault"
    assert inside("vault", "init", other, "--example", "--actor", "operator").code == 0
    refused = project(other, tmp_path / "L")
    assert (refused.code, refused.out) == (7, "")
    assert "was cut back, or the ledger is of another log" in refused.err
    assert project(other, tmp_path / "M").code == 0
