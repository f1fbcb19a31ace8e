"""What stands in for a recipient: set by who sealed the parcel, and never the recipient's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tests.vault.aliases.world import Desk
from tests.vault.world import person
from wayseal.vault import tables as vault_tables
from wayseal.vault.aliases import StandIns, set_stand_ins, stand_ins_of
from wayseal.vault.aliases.stand_ins import _plain
from wayseal.vault.errors import VaultError


def put(here: Desk, waybill: str, who: str = "platform", **wanted: str) -> StandIns | None:
    caller = here.world.caller(who, "shop")
    return set_stand_ins(here.aliases, caller, waybill, StandIns(**wanted), now=here.world.now)


def of(here: Desk, waybill: str) -> StandIns:
    return here.aliases.database.read(stand_ins_of, [waybill]).get(waybill, StandIns())


def test_they_take_the_place_of_those_before(there: Desk) -> None:
    (parcel,) = there.world.seal()
    assert of(there, parcel) == StandIns()
    wanted = {"pseudonym": "风清扬", "pickup_point": "deliver-here", "virtual_number": "18877771111-123"}
    assert put(there, parcel, **wanted) == StandIns(**wanted)
    assert of(there, parcel) == StandIns(**wanted)
    assert put(there, parcel.lower(), pseudonym="李先生") is not None
    assert of(there, parcel) == StandIns(pseudonym="李先生")
    put(there, parcel)
    assert of(there, parcel) == StandIns()


@pytest.mark.parametrize("text", ["李小四", "李 小四", "李小四先生", "李·小·四", "ＬＩ李小四"])
def test_a_pseudonym_is_not_the_real_name(here: Desk, text: str) -> None:
    (parcel,) = here.world.seal()
    with pytest.raises(VaultError, match="own name") as told:
        put(here, parcel, pseudonym=text)
    assert "李" not in str(told.value)
    entry = here.world.entries()[-1]
    assert (entry.more["act"], entry.more["waybill"], entry.actor) == ("stand_in_compared", parcel, "platform")
    assert of(here, parcel) == StandIns()


@pytest.mark.parametrize("text", ["139 8765 4321", "老王１３９８７", "风\n清扬", " "])
def test_a_pseudonym_is_a_name(here: Desk, text: str) -> None:
    (parcel,) = here.world.seal()
    with pytest.raises(VaultError):
        put(here, parcel, pseudonym=text)


def test_a_virtual_number_is_not_a_sealed_phone(here: Desk) -> None:
    (parcel,) = here.world.seal()
    for phone in ("13987654321", "8613987654321", "13812345678"):
        with pytest.raises(VaultError, match="virtual_number"):
            put(here, parcel, virtual_number=phone)


def test_a_pick_up_point_is_an_outlet(here: Desk) -> None:
    (parcel,) = here.world.seal()
    with pytest.raises(VaultError, match="pickup_point"):
        put(here, parcel, pickup_point="科技园路5号1203室")


def test_only_who_sealed_it(here: Desk) -> None:
    """Nobody else learns whether there is such a parcel, nor can they try names on it."""
    (parcel,) = here.world.seal()
    size = len(here.world.entries())
    for who in ("agent", "courier-1", "manager", "nobody"):
        assert put(here, parcel, who, pseudonym="李小四") is None
    assert put(here, "YT404", pseudonym="李小四") is None
    assert len(here.world.entries()) == size
    here.world.put(person("platform", "partner", valid_to=here.world.now))
    assert put(here, parcel, pseudonym="李小四") is None


def test_not_of_what_was_erased_or_changed_by_others(here: Desk) -> None:
    gone, changed = here.world.seal(2)
    here.world.vault.erase(here.world.caller("it"), [gone], now=here.world.now)
    assert put(here, gone, pseudonym="风清扬") is None
    here.world.keys.write(lambda c: c.execute(vault_tables.data_keys.delete()))
    with pytest.raises(VaultError, match="can't be compared"):
        put(here, changed, pseudonym="风清扬")
    here.world.main.write(lambda c: c.execute(vault_tables.waybills.update().values(sealed_by="agent")))
    assert put(here, changed, "agent", pseudonym="风清扬") is None


@given(st.text(max_size=8))
def test_spelling_does_not_hide_a_name(noise: str) -> None:
    assert _plain("李小四") in _plain(f"{noise} 李·小 四{noise}")


@pytest.mark.parametrize(
    "body",
    [{"pseudonym": ""}, {"pseudonym": "x" * 21}, {"virtual_number": "one"}, {"virtual_number": "1"}, {"name": "x"}],
)
def test_what_a_request_may_say(body: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(StandIns).validate_python(body)
