"""`wayseal serve` and `wayseal serve console`: which service is meant."""

from pathlib import Path

import pytest

from tests.cli.running import inside
from wayseal.cli._commands import ROOT
from wayseal.cli._loading import GroupEntry, LazyGroup


def test_which_service_is_meant() -> None:
    entry = ROOT.commands["serve"]
    assert isinstance(entry, GroupEntry)
    group = LazyGroup.make(("serve",), entry)
    for given, meant in (
        ([], ["vault"]),
        (["vault"], ["vault", "vault"]),
        (["vault", "vault"], ["vault", "vault"]),
        (["/etc/wayseal/vault"], ["vault", "/etc/wayseal/vault"]),
        (["console"], ["console"]),
        (["console", "--demo"], ["console", "--demo"]),
        (["--help"], ["--help"]),
    ):
        assert group._with_default(given) == meant


@pytest.mark.parametrize("given", [["console", "nowhere"], ["console", "--port", "70000"]])
def test_what_it_cant_start_with_is_told(given: list[str], tmp_path: Path) -> None:
    ran = inside("serve", *given, cwd=tmp_path)
    assert (ran.code in (2, 3), ran.out) == (True, "")
    assert "LEDGER" in ran.err or "port" in ran.err
    assert list(tmp_path.iterdir()) == []
