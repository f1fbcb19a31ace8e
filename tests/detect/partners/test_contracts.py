"""Contracts: what one can say, and how each mistake is named by file, line and key."""

import dataclasses
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import need
from tests.detect.partners.world import us
from wayseal.detect.partners import ContractError, load_contracts
from wayseal.detect.partners._contract import PARTS, ContractFile, Products, Volume, parse_contract
from wayseal.model.kinds import Action

TOP, VOLUME, PRODUCTS = ([f.name for f in dataclasses.fields(c)] for c in (ContractFile, Volume, Products))
HEAD = 'partner = "A"\nactors = ["p-a"]\n'
FULL = """wayseal = 1
partner = "平台 A"
actors = ["p-a-order", "p-a-query"]
valid_from = 2026-01-01
valid_to = 2026-12-31
offset = "+09:30"
fields = ["waybill", "status"]
purposes = ["tracking", "returns"]
actions = "api"
hours = ["06:00-12:30", "22:00-02:00"]
addresses = ["203.0.113.0/24", "198.51.100.7", "2001:db8::/32"]

[fields_by_purpose]
returns = ["phone"]

[volume]
waybills_per_day = 1000
calls_per_day = 2000
calls_per_hour = 300

[products]
channels = ["platform-a"]
customers = "c-1"
goods_classes = ["shoes"]
"""


def test_everything_that_a_contract_can_say() -> None:
    c = parse_contract(FULL, Path("a.toml"))
    assert (c.partner, c.actors) == ("平台 A", ("p-a-order", "p-a-query"))
    assert c.offset == timedelta(hours=9, minutes=30)
    assert c.since == us(datetime(2025, 12, 31, 14, 30, tzinfo=UTC))
    assert c.until == us(datetime(2026, 12, 31, 14, 30, tzinfo=UTC))
    assert c.fields == {"waybill", "status"}
    assert c.by_purpose == {"returns": frozenset({"phone"})}
    assert c.purposes == {"tracking", "returns"}
    assert c.actions == {Action.API}
    assert c.hours == ((360, 750), (1320, 120))
    assert c.addresses == tuple(map(ip_network, ("203.0.113.0/24", "198.51.100.7/32", "2001:db8::/32")))
    assert c.volume == Volume(waybills_per_day=1000, calls_per_day=2000, calls_per_hour=300)
    assert c.products.customers == {"c-1"}
    assert c.silent == ()


def test_the_least_that_a_contract_says() -> None:
    c = parse_contract(HEAD, Path("a.toml"))
    assert c.silent == PARTS
    assert c.offset == timedelta(hours=8)


def test_moments_and_line_ends_of_any_kind() -> None:
    text = HEAD + "valid_from = 2026-01-01T00:00:00Z\nvalid_to = 2026-01-01T09:00:00\n"
    c = parse_contract("\ufeff" + text.replace("\n", "\r\n"), Path("a.toml"))
    assert c.since == us(datetime(2026, 1, 1, tzinfo=UTC))
    assert c.until == us(datetime(2026, 1, 1, 1, tzinfo=UTC))


REFUSED = {
    "feilds = []": "a.toml:3: feilds: not known here; did you mean fields?",
    "Hours = []": "a.toml:3: Hours: not known here; did you mean hours?",
    "colour = 1": f"a.toml:3: colour: not known here; one of {', '.join(TOP)}",
    '"a\\u001bb" = 1': f"a.toml:3: a\\x1bb: not known here; one of {', '.join(TOP)}",
    "[volume]\n\ncalls_a_day = 1": "a.toml:5: volume.calls_a_day: not known here; did you mean calls_per_day?",
    "[products]\nx = 1": f"a.toml:4: products.x: not known here; one of {', '.join(PRODUCTS)}",
    "volume.x.y = 1": f"a.toml:3: volume.x: not known here; one of {', '.join(VOLUME)}",
    "wayseal = 2": "a.toml:3: wayseal: this version of Wayseal reads version 1 of such files",
    "wayseal = true": "a.toml:3: wayseal: this version",
    "fields = 3": "a.toml:3: fields: needs a text in quotes",
    'fields = ["a",\n 3]': "a.toml:4: fields: needs a text in quotes",
    'fields = " "': "a.toml:3: fields: needs a text in quotes",
    "fields = []": "a.toml:3: fields: needs at least one; without the key nothing is checked",
    'fields = "a\\u202eb"': "a.toml:3: fields: holds a character that can't be seen",
    "fields_by_purpose = 1": "a.toml:3: fields_by_purpose: is written as [fields_by_purpose]",
    'fields_by_purpose.x = "y"\npurposes = "z"': "a.toml:3: fields_by_purpose.x: this purpose is not among `purposes`",
    "fields_by_purpose.x = [1]": "a.toml:3: fields_by_purpose.x: needs a text in quotes",
    "volume = [1]": "a.toml:3: volume: is written as [volume]",
    "[[products]]": "a.toml:3: products: is written as [products]",
    'actions = ["api", "look"]': "a.toml:3: actions: no action; one of view, search, export, print, api, decrypt",
    'hours = ["06:00-23:00",\n\n"6-23"]': 'a.toml:5: hours: needs hours like "06:00-23:00"',
    'hours = "06:60-23:00"': "a.toml:3: hours: no such time of day; 00:00 to 24:00",
    'hours = "24:00-23:00"': "a.toml:3: hours: no such time of day",
    'hours = "06:00-24:01"': "a.toml:3: hours: no such time of day",
    'hours = "06:00-06:00"': "a.toml:3: hours: begins and ends at the same time; leave hours out for the whole day",
    'addresses = ["203.0.113.0/24", "203.0.113.1/24"]': "a.toml:3: addresses: a network begins with its first address",
    'addresses = "203.0.113.0/33"': "a.toml:3: addresses: needs an address or a network like 203.0.113.0/24 or",
    'addresses = "2001:db8::/129"': "a.toml:3: addresses: needs an address or a network",
    'addresses = "host.example"': "a.toml:3: addresses: needs an address or a network",
    'offset = "8"': "a.toml:3: offset: not an offset from UTC; write it like +08:00",
    'offset = "+24:00"': "a.toml:3: offset: not an offset",
    'valid_from = "1 January"': "a.toml:3: valid_from: needs a day without quotes, like 2026-03-02",
    "valid_from = 07:32:00": "a.toml:3: valid_from: needs a day",
    "valid_from = 0001-01-01": "a.toml:3: valid_from: lies too far away",
    "valid_to = 9999-12-31": "a.toml:3: valid_to: lies too far away",
    "valid_from = 2026-01-02\nvalid_to = 2026-01-01": "a.toml:4: valid_to: lies before valid_from",
    "volume.calls_per_day = 0": "a.toml:3: volume.calls_per_day: needs a whole number above 0",
    "volume.calls_per_day = true": "a.toml:3: volume.calls_per_day: needs a whole number above 0",
    "volume.calls_per_day = 1.5": "a.toml:3: volume.calls_per_day: needs a whole number above 0",
    "volume.calls_per_day = 99999999999999999999": "a.toml:3: volume.calls_per_day: needs a whole number above 0",
    "fields = [": "a.toml:4: not TOML here",
    "fields = a": 'a.toml:3: not TOML here; text stands in quotes, as in partner = "Platform A"',
    'fields = "a"\nfields = "b"': "a.toml:4: not TOML here",
    "x = " + "[" * 5000: "not TOML here",
}


@pytest.mark.parametrize("more", REFUSED)
def test_each_mistake_is_named(more: str) -> None:
    with pytest.raises(ContractError) as caught:
        parse_contract(HEAD + more + "\n", Path("a.toml"))
    assert REFUSED[more] in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.toml:1: partner: this key is needed"),
        ('partner = "A"', "a.toml:1: actors: this key is needed"),
        ('partner = "A"\nactors = ["p", "q", "p"]', "a.toml:2: actors: this id stands here twice"),
        ('partner = ["A"]\nactors = "p"', "a.toml:1: partner: needs a text in quotes"),
        ('partner = "A"\nactors = []', "a.toml:2: actors: needs at least one"),
    ],
)
def test_what_a_contract_must_say(text: str, said: str) -> None:
    with pytest.raises(ContractError) as caught:
        parse_contract(text, Path("a.toml"))
    assert str(caught.value).startswith(said)


def error_of(text: str) -> ContractError | None:
    try:
        parse_contract(text, Path("a.toml"))
    except ContractError as error:
        return error
    return None


@given(st.text(alphabet="ab=[]{}\"'#\n.,-:/0129 运", max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Whatever stands in the file: a contract, or an error that names the file and a line of it."""
    for whole in (text, HEAD + text):
        error = error_of(whole)
        assert error is None or 1 <= (error.line or 0) <= whole.count("\n") + 1


@given(st.sampled_from(TOP), st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text('a"\n/:.0-', max_size=9).map(lambda t: repr(t).replace("'", '"'))),
    lambda inner: st.lists(inner, max_size=3),
))  # fmt: skip
def test_no_value_breaks_the_parser(key: str, value: object) -> None:
    text = f"{HEAD if key not in HEAD else ''}{key} = {str(value).lower()}\n"
    with suppress(ContractError):
        parse_contract(text, Path("a.toml"))


def contracts(folder: Path, **texts: str) -> Path:
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_folder_of_contracts(tmp_path: Path) -> None:
    folder = contracts(tmp_path / "c", b=HEAD, a='partner = "B"\nactors = "p-b"')
    (folder / "notes.txt").write_text("none")
    (folder / ".a.toml.swp").write_text("none")
    (folder / ".hidden.toml").write_text("none")
    (folder / "folder.toml").mkdir()
    assert [(c.file.name, c.partner) for c in load_contracts(folder)] == [("a.toml", "B"), ("b.toml", "A")]


def test_folders_that_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    for name, said in (
        ("none", "there is no such folder"),
        ("file", "is no folder; contracts lie in one, a file each"),
        ("empty", "no contract is in this folder (no .toml file)"),
    ):
        with pytest.raises(ContractError) as caught:
            load_contracts(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: {said}"


def test_files_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"/b.toml: actors: one of these ids stands in a.toml too$"):
        load_contracts(contracts(tmp_path / "twice", a=HEAD, b=HEAD))
    big = contracts(tmp_path / "big", a=HEAD + "# " + "x" * (1 << 20))
    with pytest.raises(ContractError, match=r"a.toml: is larger than 1 MiB; this is no contract"):
        load_contracts(big)
    (contracts(tmp_path / "gbk") / "a.toml").write_bytes(HEAD.encode() + "# 运单".encode("gbk"))
    with pytest.raises(ContractError, match=r"a.toml:3: the file isn't UTF-8"):
        load_contracts(tmp_path / "gbk")


def test_the_largest_contract_is_read_at_once() -> None:
    """A million bytes of ids and networks: nothing in it takes their square."""
    ids = ", ".join(f'"p-{n}"' for n in range(60_000))
    networks = ", ".join(f'"10.{n >> 8}.{n & 255}.0/24"' for n in range(6_000))
    c = parse_contract(f'partner = "A"\nactors = [{ids}]\naddresses = [{networks}]', Path("a.toml"))
    assert (len(c.actors), len(c.addresses)) == (60_000, 6_000)
    with pytest.raises(ContractError, match=r"a.toml:2: actors: this id stands here twice"):
        parse_contract(f'partner = "A"\nactors = [{ids}, "p-59999"]', Path("a.toml"))


def test_what_can_not_be_read(tmp_path: Path) -> None:
    """A file that is there and fails when it is read."""
    folder = contracts(tmp_path / "c", a=HEAD)
    memory = Path("/proc/self/mem")
    need(memory.exists(), "this system has no file that always fails")
    (folder / "b.toml").symlink_to(memory)
    with pytest.raises(ContractError, match=r"b.toml: can't be read \("):
        load_contracts(folder)
