"""`wayseal serve` and `wayseal serve console`: which service is meant."""

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
def test_what_it_cant_start_with_is_one_line(given: list[str]) -> None:
    ran = inside("serve", *given)
    assert ran.code in (2, 3)
    assert ran.err.count("\n") == 1 and ran.out == ""
