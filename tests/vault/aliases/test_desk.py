"""Calls and texts by couriers, recipients and a spammer who bought from one of them; and what the sweep does."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.vault.aliases.world import PHONES, RECIPIENT, SPAMMER, Desk
from tests.vault.world import DAY, HOUR, SECRETS
from wayseal.model.kinds import ScanKind
from wayseal.model.times import micros_of
from wayseal.vault.aliases import leaks_table
from wayseal.vault.aliases.desk import LASTS, MOST
from wayseal.vault.aliases.pool import COOLING, pool_size
from wayseal.vault.aliases.provider import CallKind, ProviderError, Side
from wayseal.vault.errors import VaultError
from wayseal.vault.log import EntryKind


def test_a_call_reaches_the_other_side_and_a_strangers_nobody(there: Desk) -> None:
    there.fill(30)
    (parcel,) = there.world.seal()
    shown = there.give("courier-1", parcel)
    assert not shown.shared
    assert shown.recording is False
    assert micros_of(shown.until) == there.world.now + LASTS
    played = [
        there.provider.play(phone, shown.alias, kind).side
        for phone, kind in (
            (PHONES["courier-1"], CallKind.CALL), ("+86 136-0000-0001", CallKind.TEXT), (RECIPIENT, CallKind.CALL),
            (SPAMMER, CallKind.CALL), (PHONES["courier-2"], CallKind.TEXT),
        )
    ]  # fmt: skip
    assert played == [Side.VIEWER, Side.VIEWER, Side.RECIPIENT, None, None]
    assert [one.side for one in there.provider.events(0)] == played
    assert there.provider.play(PHONES["courier-1"], "17000000029").side is None
    # Every disclosure behind an alias stands in the log, and no phone in the database of aliases.
    assert there.world.entries()[-1].kind is EntryKind.DISCLOSED
    there.world.now += LASTS
    assert there.provider.play(PHONES["courier-1"], shown.alias).side is None


def test_no_phone_is_kept(here: Desk, tmp_path: Path) -> None:
    here.fill(3)
    (parcel,) = here.world.seal()
    here.provider.play(SPAMMER, here.give("courier-1", parcel).alias)
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.name[:4] not in ("main", "keys"))
    for text in (RECIPIENT, SPAMMER, PHONES["courier-1"], *SECRETS.values()):
        assert text.encode() not in kept


def test_a_spammers_call_names_whom_it_was_bought_from(there: Desk) -> None:
    there.fill(30)
    parcels = there.world.seal(2)
    aliases = {(viewer, one): there.give(viewer, one).alias for viewer in ("courier-1", "courier-2") for one in parcels}
    assert len(set(aliases.values())) == 4
    sold = aliases["courier-2", parcels[0]]
    for kind in (CallKind.CALL, CallKind.CALL, CallKind.TEXT):
        there.world.now += HOUR
        there.provider.play(SPAMMER, sold, kind)
    there.provider.play(SPAMMER, "17000000029")  # nobody's: dialled at random
    found = there.aliases.leaks()
    assert [(one.waybill, one.viewers, one.kind, one.calls) for one in found] == [
        (parcels[0], ("courier-2",), CallKind.CALL, 2),
        (parcels[0], ("courier-2",), CallKind.TEXT, 1),
    ]
    table = leaks_table(found).to_pylist()
    assert [(row["waybill"], row["found_by"], row["seller"]) for row in table] == [
        (parcels[0], "spam_call", None), (parcels[0], "spam_sms", None),
    ]  # fmt: skip
    assert there.aliases.leaks(there.world.now + 1) == []
    there.sweep()
    there.sweep()
    assert [(one.kind.value, one.number, one.asker) for one in there.breaches()] == [
        ("alias_called", parcels[0], "courier-2")
    ]


def test_a_shared_alias_names_nobody_alone(here: Desk) -> None:
    """Where the pool is short, the one who sold can't be told from the others, and the answer said so before."""
    here.fill(1)
    first, second = here.world.seal(2)
    alone = here.give("courier-1", first)
    mate = here.give("courier-2", first)
    assert (alone.shared, mate.shared, mate.alias) == (False, True, alone.alias)
    assert here.give("courier-1", first).shared
    here.provider.play(SPAMMER, mate.alias)
    (leak,) = here.aliases.leaks()
    assert leak.viewers == ("courier-1", "courier-2")
    here.sweep()
    (breach,) = here.breaches()
    assert (breach.asker, breach.facts) == ("", {"viewers": 2})
    with pytest.raises(VaultError, match="pool needs more"):
        here.give("courier-1", second)


def test_asked_again_it_is_the_same_with_the_phones_of_now(here: Desk) -> None:
    here.fill(9)
    (parcel,) = here.world.seal()
    alias = here.give("courier-1", parcel).alias
    here.world.now += DAY
    again = here.aliases.bind("courier-1", parcel, SPAMMER, "13700000000", now=here.world.now)
    assert (again.alias, micros_of(again.until)) == (alias, here.world.now + LASTS)
    sides = [here.provider.play(one, alias).side for one in (SPAMMER, "13700000000", RECIPIENT)]
    assert sides == [Side.VIEWER, Side.RECIPIENT, None]


def test_an_alias_ends_a_week_after_sign_off_and_cools(there: Desk) -> None:
    there.fill(1)
    parcel, other = there.world.seal(2)
    alias = there.give("courier-1", parcel).alias
    # While it isn't signed for, it goes on.
    assert there.sweep(6.5) == 0
    there.world.now += DAY
    assert there.provider.play(RECIPIENT, alias).side is Side.RECIPIENT
    there.world.scan([parcel], "deliver-here", ScanKind.DELIVERED)
    signed = there.world.now
    assert there.sweep(6) == 0
    assert there.provider.play(RECIPIENT, alias).side is Side.RECIPIENT
    assert there.sweep(1) == 1
    assert there.provider.play(RECIPIENT, alias).side is None
    assert there.world.now == signed + LASTS
    assert there.aliases.database.read(pool_size) == {"free": 0, "bound": 0, "cooling": 1, "pairs": 0}
    # A stranger calls in the last week of it, and it cools for as long again: he is still the first viewer's.
    assert there.sweep(29) == 0
    there.provider.play(SPAMMER, alias)
    assert [one.viewers for one in there.aliases.leaks(there.world.now)] == [("courier-1",)]
    there.sweep(2)
    with pytest.raises(VaultError, match="pool needs more"):
        there.aliases.bind("courier-1", other, PHONES["courier-1"], RECIPIENT, now=there.world.now)
    there.sweep(COOLING / DAY)
    assert there.aliases.bind("courier-2", other, PHONES["courier-2"], RECIPIENT, now=there.world.now).alias == alias


def test_what_is_asked_for_long_after_lasts_a_day_and_nothing_for_ever(here: Desk) -> None:
    here.fill(9)
    late, lost = here.world.seal(2)
    here.world.scan([late], "deliver-here", ScanKind.DELIVERED)
    here.world.now += 20 * DAY
    shown = here.aliases.bind("agent", late, PHONES["agent"], RECIPIENT, now=here.world.now)
    assert micros_of(shown.until) == here.world.now + DAY
    begun = here.world.now
    here.aliases.bind("agent", lost, PHONES["agent"], RECIPIENT, now=begun)
    ends = [here.world.now for _ in range(MOST // DAY + 10) if here.sweep(1)]
    assert ends == [begun + DAY, begun + MOST]


def test_no_such_parcel_of_the_vault_still_ends(here: Desk) -> None:
    here.fill(1)
    shown = here.aliases.bind("agent", "YT404", PHONES["agent"], RECIPIENT, now=here.world.now)
    assert micros_of(shown.until) == here.world.now + LASTS


class Failing:
    """A provider that records, or fails where it is told to."""

    def __init__(self, inner: Any, *failing: str, records: bool = False) -> None:
        self._inner, self._failing, self._records = inner, failing, records

    def __getattr__(self, name: str) -> Any:
        if name in self._failing:
            raise ProviderError("away")
        return getattr(self._inner, name)

    def bind(self, *args: Any) -> bool:
        if "bind" in self._failing:
            raise ProviderError("away")
        self._inner.bind(*args)
        return self._records


@pytest.fixture
def broken(here: Desk) -> Any:
    def use(*failing: str, records: bool = False) -> None:
        here.aliases._provider = Failing(here.provider, *failing, records=records)

    return use


def test_a_provider_that_records_is_refused(here: Desk, broken: Any) -> None:
    here.fill(1)
    (parcel,) = here.world.seal()
    broken(records=True)
    with pytest.raises(ProviderError, match="record"):
        here.give("courier-1", parcel)
    assert here.aliases.database.read(pool_size)["free"] == 1  # nobody has seen it
    assert here.provider.play(PHONES["courier-1"], "17000000000").side is None


def test_what_the_provider_left_undone_is_ended_by_the_sweep(here: Desk, broken: Any) -> None:
    here.fill(1)
    (parcel,) = here.world.seal()
    broken("bind", "unbind")
    with pytest.raises(ProviderError):
        here.give("courier-1", parcel)
    assert here.aliases.database.read(pool_size)["bound"] == 1
    broken()
    assert here.sweep() == 0
    assert here.sweep(0.01) == 1
    assert here.aliases.database.read(pool_size)["free"] == 1
    alias = here.give("courier-1", parcel).alias
    broken("swap")
    with pytest.raises(ProviderError):
        here.give("courier-1", parcel)
    assert here.provider.play(RECIPIENT, alias).side is Side.RECIPIENT  # what was shown stays
    with pytest.raises(ProviderError, match="no such binding"):
        here.provider.extend("none", here.world.now)
    with pytest.raises(VaultError, match="one number"):
        here.provider.play("no phone", alias)


def test_a_pair_that_was_taken_back_meanwhile_is_not_shown(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    here.fill(1)
    (parcel,) = here.world.seal()
    monkeypatch.setattr("wayseal.vault.aliases.desk.pool.mark_shown", lambda *_, **__: None)
    with pytest.raises(ProviderError, match="meanwhile"):
        here.give("courier-1", parcel)


def test_two_at_once(there: Desk) -> None:
    """One viewer who asks twice at once has one alias; two viewers have one each while there are enough."""
    there.fill(40)
    parcels = there.world.seal(2)
    asked = [(viewer, parcel) for parcel in parcels for viewer in ("courier-1", "courier-2") for _ in range(2)]
    with ThreadPoolExecutor(8) as threads:
        bound = threads.map(
            lambda one: there.aliases.bind(one[0], one[1], PHONES[one[0]], RECIPIENT, now=there.world.now), asked
        )
        got = {(*one, shown.alias, shown.shared) for one, shown in zip(asked, bound, strict=True)}
    assert len(got) == 4
    assert len({alias for _, _, alias, _ in got}) == 4
    assert not any(shared for *_, shared in got)
