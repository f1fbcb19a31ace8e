"""`wayseal aliases`: numbers come into the pool, and who passed one on stands beside the leak."""

import csv
import json
from pathlib import Path

import pytest

from tests.cli.running import inside
from wayseal.cli._vault_session import open_vault
from wayseal.server.serve import open_aliases, open_numbers_of


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With virtual numbers and the numbers' key beside it."""
    folder = tmp_path / "vault"
    monkeypatch.setenv("WAYSEAL_VAULT", str(folder))
    assert inside("vault", "init", folder, "--actor", "operator").code == 0
    assert inside("aliases", "pool").code == 3
    assert inside("numbers", "init", folder).code == 0
    with (folder / "wayseal.toml").open("a") as file:
        file.write('numbers = "sqlite:///numbers.db"\nnumbers_key = "numbers.key"\naliases = "sqlite:///aliases.db"\n')
    return folder


def test_the_pool_and_who_passed_a_number_on(vault: Path, tmp_path: Path) -> None:
    ran = inside("aliases", "pool", "--add", "17000000001", "--add", "17000000002", "--format", "json")
    assert json.loads(ran.out) == {"free": 2, "bound": 0, "cooling": 0, "pairs": 0}
    for wrong in ("+8617000000001", "x"):
        assert inside("aliases", "pool", "--add", wrong).code == 3
    with open_vault(vault) as session, open_numbers_of(session.settings) as numbers:
        opened = open_aliases(session.settings, session.vault, numbers)
        assert opened is not None
        with opened as aliases:
            shown = aliases.bind("courier-1", "YT1", "13600000001", "13987654321", now=session.now)
            aliases._provider.play("17055550000", shown.alias)  # type: ignore[attr-defined]
    assert "1 free, 1 bound, 0 cooling; 1 pair has one" in inside("aliases", "pool").out
    ran = inside("aliases", "leaks", "--out", tmp_path / "found")
    assert (ran.code, ran.out[:6]) == (0, "1 leak")
    texts = [(tmp_path / "found" / name).read_text() for name in ("leaks.csv", "viewers.csv")]
    leaks, viewers = (list(csv.DictReader(text.splitlines())) for text in texts)
    assert [(one["waybill"], one["found_by"], one["seller"]) for one in leaks] == [("YT1", "spam_call", "")]
    assert [(one["alias"], one["viewers"], one["calls"]) for one in viewers] == [("17000000001", "courier-1", "1")]
    assert inside("aliases", "sweep").out == "0 pairs ended\n"
