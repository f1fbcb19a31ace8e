"""A simulated courier whose partners keep logs of their own, one of which sells what it reads."""

from typing import Any

import pytest

from wayseal.detect.partners import Kind, PartnersResult, breaches_of, check_partners, load_contracts
from wayseal.ledger import ingest, open_ledger
from wayseal.store import open_source, write_table
from wayseal_sim import generate, preset
from wayseal_sim.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return generate(preset("watch", accesses=80_000, outlets=60), seed=8)


@pytest.fixture(scope="module")
def result(world: World, tmp_path_factory: pytest.TempPathFactory) -> PartnersResult:
    folder = tmp_path_factory.mktemp("watched")
    for name, table in world.tables.items():
        write_table(folder / "dataset", name, [table])
    ingest(open_source(folder / "dataset"), folder / "L")
    (folder / "contracts").mkdir()
    truth: Any = world.truth
    for actor in truth["partner_clocks_fast_s"]:
        text = f'partner = "{actor}"\nactors = "{actor}"\naddresses = "203.0.113.0/24"\n'
        (folder / f"contracts/{actor}.toml").write_text(text, encoding="utf-8")
    with open_ledger(folder / "L") as snapshot:
        return check_partners(snapshot, load_contracts(folder / "contracts"), progress=lambda *_: None)


def test_the_clocks_are_those_of_the_truth(world: World, result: PartnersResult) -> None:
    truth: Any = world.truth
    for partner in result.partners:
        assert partner.calls is not None
        assert partner.calls.skew is not None
        assert partner.calls.skew.seconds == pytest.approx(truth["partner_clocks_fast_s"][partner.partner], abs=0.5)
        assert partner.calls.ids == "shared"


def test_the_partner_that_sells_is_seen_twice(world: World, result: PartnersResult) -> None:
    """By the address that its contract does not name, and by calls that its own log lacks; no other partner is."""
    truth: Any = world.truth
    (seller,) = [i for i in truth["insiders"] if i["kind"] == "partner"]
    (account,) = seller["accounts"]
    foreign = {p.partner: b for p in result.partners for b in p.breaches if b.kind is Kind.ADDRESS}
    assert {*foreign} == {account}
    assert [c.name for c in foreign[account].what] == [seller["address"]]
    assert foreign[account].waybills == pytest.approx(seller["pulled"], rel=0.1)
    for partner in result.partners:
        assert partner.calls is not None
        alone = partner.calls.only_ours.calls
        if partner.partner == account:
            assert partner.calls.new_addresses == pytest.approx(foreign[account].reads, rel=0.02)
            assert sum(n for _, kind, n in breaches_of(result)[account] if kind is Kind.ONLY_OURS) == alone
        else:
            assert (alone < 0.05 * partner.calls.ours, partner.calls.new_addresses) == (True, 0)
