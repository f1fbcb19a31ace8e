"""TOML and JSON into records: what is taken, and how each mistake is told, with its place and without its value."""

import dataclasses
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from wayseal.model.errors import WaysealError
from wayseal.model.messages import N_, Message
from wayseal.model.schema import (
    CLOSED,
    Text,
    TomlText,
    keys_of,
    needs,
    not_among,
    one_or_more,
    or_just,
    parse_json,
    parse_length,
    parsed_by,
    plain,
    read_values,
    readable,
    value_at,
)
from wayseal.page.languages import translator


class WorldError(WaysealError):
    """The error of this file's records."""


class Colour(StrEnum):
    """A closed vocabulary."""

    RED = "red"
    GREEN = "green"


def parse_even(value: Any) -> int:
    if not isinstance(value, int) or value % 2:
        raise WorldError("needs an even number")
    return value


def parse_pair(text: str) -> tuple[str, str]:
    left, mark, right = text.partition("-")
    if not mark:
        raise WorldError("needs two words with {mark} between", mark="-")
    return left, right


Texts = Annotated[tuple[Text, ...], one_or_more(tuple[Text, ...], empty=N_("without the key it is all"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A part of a list, or of a table."""

    __pydantic_config__: ClassVar = CLOSED
    name: str
    count: Annotated[int, Field(ge=1), needs(N_("needs {what} above 0"), what=Message("a whole number"))] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A field of each kind."""

    __pydantic_config__: ClassVar = CLOSED
    text: str = ""
    filled: Annotated[str, Field(min_length=1)] = "x"
    shown: Text | None = None
    flag: bool = False
    whole: Annotated[int, Field(gt=0, le=9)] = 1
    part: Annotated[float, Field(ge=0, lt=1)] = 0.0
    day: date | None = None
    moment: datetime | None = None
    colour: Colour | None = None
    size: Literal["small", "large"] = "small"
    names: tuple[str, ...] = ()
    bag: frozenset[Colour] = frozenset()
    some: Annotated[tuple[str, ...], Field(min_length=1)] = ("x",)
    row: list[int] = field(default_factory=list)
    by_name: Mapping[str, int] = field(default_factory=dict)
    by_colour: Mapping[Colour, tuple[int, ...]] = field(default_factory=dict)
    since: Annotated[int | None, Field(alias="from")] = None
    even: Annotated[int, parsed_by(parse_even)] = 0
    pair: Annotated[tuple[str, str] | None, parsed_by(parse_pair, str)] = None
    texts: Texts = ()
    free: Annotated[tuple[str, ...], one_or_more(tuple[str, ...], empty=None)] = ()
    grid: Annotated[tuple[Texts, ...], one_or_more(tuple[Texts, ...])] = ()
    item: Item | None = None
    items: tuple[Item, ...] = ()
    tree: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    short: Mapping[str, Annotated[Item, or_just("name", Item)]] = field(default_factory=dict)
    deep: Annotated[Mapping[str, Mapping[str, int]], needs(N_("is written as [deep.NAME]"))] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Needy:
    """A record that asks for keys."""

    __pydantic_config__: ClassVar = CLOSED
    version: Annotated[int, Field(alias="needy", ge=2, le=2)] = 2
    one: int
    code: Annotated[bytes, parsed_by(bytes.fromhex, str, bytes.hex)] = b""
    items: tuple[Item, ...]


def read(text: str | bytes, kind: Any = World) -> Any:
    return TomlText(text, WorldError, file=Path("w.toml")).read(kind)


def refusal(text: str | bytes, kind: Any = World) -> WorldError:
    error = error_of(text, kind)
    assert error is not None
    assert error.file == Path("w.toml")
    return error


def error_of(text: str | bytes, kind: Any = World) -> WorldError | None:
    try:
        assert isinstance(read(text, kind), kind)
    except WorldError as error:
        return error
    return None


EVERYTHING = """
text = ""
filled = "y"
shown = "  运单 "
flag = true
whole = 9
part = 0.5
day = 2026-03-02
moment = 2026-03-02T08:00:00Z
colour = "red"
size = "large"
names = []
bag = ["red", "green", "red"]
some = ["a"]
row = [1, 2]
by_colour.green = [3]
from = 7
even = 4
pair = "a-b"
texts = "one"
free = []
grid = [["a", "b"], "c"]
item = { name = "n" }
items = [{ name = "a", count = 2 }]
[by_name]
"a.b" = 1
[[tree.oak]]
name = "leaf"
[short]
a = "b"
c = { name = "d", count = 3 }
[deep.x]
y = 1
"""


def test_everything_that_may_stand() -> None:
    world = read(EVERYTHING)
    assert (world.text, world.filled, world.shown, world.flag) == ("", "y", "运单", True)
    assert (world.whole, world.part, world.day) == (9, 0.5, date(2026, 3, 2))
    assert world.moment == datetime.fromisoformat("2026-03-02T08:00:00Z")
    assert (world.colour, world.size, world.names, world.row) == (Colour.RED, "large", (), [1, 2])
    assert (world.bag, world.by_colour) == ({Colour.RED, Colour.GREEN}, {Colour.GREEN: (3,)})
    assert (world.since, world.even, world.pair) == (7, 4, ("a", "b"))
    assert (world.texts, world.free, world.grid) == (("one",), (), (("a", "b"), ("c",)))
    assert (world.item, world.items) == (Item(name="n"), (Item(name="a", count=2),))
    assert (world.by_name, world.tree) == ({"a.b": 1}, {"oak": (Item(name="leaf"),)})
    assert world.short == {"a": Item(name="b"), "c": Item(name="d", count=3)}
    assert world.deep == {"x": {"y": 1}}
    assert read("") == World()


FIELDS = [one.name for one in dataclasses.fields(World)]
KEYS = ["from" if name == "since" else name for name in FIELDS]

# what is written → line, key, and the whole of what is said
MISTAKES: Mapping[str, tuple[int | None, str | None, str]] = {
    "text = 1": (1, "text", "needs a text in quotes"),
    "\ntext = ['a']": (2, "text", "needs a text in quotes"),
    "filled = ''": (1, "filled", "needs a text that isn't empty"),
    "shown = ' '": (1, "shown", "needs a text in quotes"),
    'shown = "a\\u202eb"': (1, "shown", "holds a character that can't be seen"),
    "text = 2026-03-02": (1, "text", "needs a text in quotes"),
    "flag = true\nnames = ['a', 07:32:00]": (2, "names", "needs a text in quotes"),
    "shown = 2026-03-02": (1, "shown", "needs a text in quotes"),
    "texts = 2026-03-02T08:00:00Z": (1, "texts", "needs a text in quotes"),
    "grid = [['a'], 2026-03-02]": (1, "grid", "needs a text in quotes"),
    "pair = 2026-03-02": (1, "pair", "needs a text in quotes"),
    "[short]\na = 2026-03-02": (2, "short.a", "needs a text in quotes"),
    "[[items]]\nname = 2026-03-02": (2, "items.name", "needs a text in quotes"),
    "flag = 1": (1, "flag", "is true or false"),
    "flag = 'true'": (1, "flag", "is true or false"),
    "whole = 0": (1, "whole", "needs to be above 0"),
    "whole = 10": (1, "whole", "needs to be 9 or less"),
    "whole = 1.0": (1, "whole", "needs a whole number"),
    "whole = true": (1, "whole", "needs a whole number"),
    "whole = '1'": (1, "whole", "needs a whole number"),
    "part = -0.5": (1, "part", "needs to be 0 or more"),
    "part = 1": (1, "part", "needs to be below 1"),
    "part = 'x'": (1, "part", "needs a number"),
    "part = nan": (1, "part", "needs a number"),
    "part = inf": (1, "part", "needs a number"),
    "day = 'soon'": (1, "day", "needs a day, like 2026-03-02"),
    "day = 2026": (1, "day", "needs a day, like 2026-03-02"),
    "day = 2026-03-02T08:00:00": (1, "day", "needs a day, like 2026-03-02"),
    "moment = 'soon'": (1, "moment", "needs a time with an offset, such as 2026-03-02T08:00+08:00"),
    "moment = 1": (1, "moment", "needs a time with an offset, such as 2026-03-02T08:00+08:00"),
    "colour = 'blue'": (1, "colour", "is one of red, green"),
    "size = 'vast'": (1, "size", "is one of small, large"),
    "names = 'a'": (1, "names", "needs a list"),
    "names = [\n'a',\n\n1]": (4, "names", "needs a text in quotes"),
    "bag = { red = 1 }": (1, "bag", "needs a list"),
    "bag = ['red',\n'blue']": (2, "bag", "is one of red, green"),
    "some = []": (1, "some", "needs at least one"),
    "row = 1": (1, "row", "needs a list"),
    "by_name = 1": (1, "by_name", "is written as [by_name]"),
    "[by_name]\na = 1\n'b.c' = 'd'": (3, "by_name.b.c", "needs a whole number"),
    "by_name.a.b = 1": (1, "by_name.a", "needs a whole number"),
    "[by_colour]\nred = [1]\nblue = [2]": (3, "by_colour.blue", "is one of red, green"),
    "by_colour = { red = [1, 'x'] }": (1, "by_colour.red", "needs a whole number"),
    "from = 'x'": (1, "from", "needs a whole number"),
    "since = 1": (1, "since", "not known here; did you mean size?"),
    "form = 1": (1, "form", "not known here; did you mean from?"),
    "even = 3": (1, "even", "needs an even number"),
    "pair = 'ab'": (1, "pair", "needs two words with - between"),
    "pair = 1": (1, "pair", "needs a text in quotes"),
    "texts = []": (1, "texts", "without the key it is all"),
    "texts = 1": (1, "texts", "needs a text in quotes"),
    "texts = ['a',\n 'b',\n '']": (3, "texts", "needs a text in quotes"),
    "free = [1]": (1, "free", "needs a text in quotes"),
    "grid = []": (1, "grid", "needs at least one"),
    "grid = ['a',\n['b',\n1]]": (3, "grid", "needs a text in quotes"),
    "grid = ['a',\n[]]": (2, "grid", "without the key it is all"),
    "item = 1": (1, "item", "is written as [item]"),
    "[[item]]\nname = 'x'": (1, "item", "is written as [item]"),
    "[item]\n\nname = 1": (3, "item.name", "needs a text in quotes"),
    "[item]\n\nnam = 'a'": (3, "item.nam", "not known here; did you mean name?"),
    "\n[item]\ncount = 2": (2, "item.name", "this key is needed"),
    "item = { name = 'a', count = 0 }": (1, "item.count", "needs a whole number above 0"),
    "item.name = 'a'\nitem.count = 'b'": (2, "item.count", "needs a whole number above 0"),
    "items = 1": (1, "items", "is written as [[items]]"),
    "[items]\nname = 'a'": (1, "items", "is written as [[items]]"),
    "items = [{ name = 'a' },\n2]": (2, "items", "is written as [[items]]"),
    "[[items]]\nname = 'a'\n[[items]]\nname = 'b'\ncount = 0": (5, "items.count", "needs a whole number above 0"),
    "[[items]]\nname = 'a'\n[[items]]\ncount = 1": (3, "items.name", "this key is needed"),
    "[[tree.oak]]\nname = 'a'\n[[tree.ash]]\nname = 1": (4, "tree.ash.name", "needs a text in quotes"),
    "[tree]\noak = 1": (2, "tree.oak", "is written as [[tree.oak]]"),
    'tree."a\\u202eb" = 1': (1, "tree.a\\u202eb", "is written as [[tree.a\\u202eb]]"),
    "[short]\na = 'b'\nc = 1": (3, "short.c", "needs a text in quotes"),
    "[short]\na = { name = 'b',  cuont = 2 }": (2, "short.a.cuont", "not known here; did you mean count?"),
    "deep = 1": (1, "deep", "is written as [deep.NAME]"),
    "[deep]\nx = 1": (2, "deep.x", "is written as [deep.x]"),
    "text = 1\nflag = 1": (1, "text", "needs a text in quotes"),
    "flag = 1\ntext = 1": (1, "flag", "is true or false"),
    "under_what_sky = 1": (1, "under_what_sky", "not known here; one of " + ", ".join(KEYS)),
    'text = 1\n"a\\u001bb" = 1': (1, "text", "needs a text in quotes"),
    '"fl\\u001bag" = 1': (1, "fl\\x1bag", "not known here; did you mean flag?"),
    "FLAG = true": (1, "FLAG", "not known here; did you mean flag?"),
    "text = [": (1, None, 'not TOML here; text stands in quotes, as in name = "value"'),
    "a = 1\ntext = b": (2, None, 'not TOML here; text stands in quotes, as in name = "value"'),
    "whole = 0x" + "f" * 5000: (None, None, "can't be understood"),
    "row = " + "[" * 300 + "]" * 300: (1, None, "can't be understood"),
}  # fmt: skip


@pytest.mark.parametrize("text", MISTAKES)
def test_each_mistake_is_told_with_its_place(text: str) -> None:
    error = refusal(text)
    assert (error.line, error.key, str(error.message)) == MISTAKES[text]


def test_the_first_mistake_is_told_and_what_is_missing_last() -> None:
    assert refusal("", Needy).key == "one"
    assert (refusal("on = 1", Needy).key, refusal("items = []", Needy).key) == ("on", "one")
    error = refusal("items = [{ name = 'a' },\n{ nam = 'b' }]\none = 'x'", Needy)
    assert (error.line, error.key) == (2, "items.nam")


def test_mistakes_are_worded_in_both_languages() -> None:
    """Every text that the module itself has is in the catalogue: it differs from the English one."""
    from wayseal.model import schema

    chinese = translator("zh")
    own = {*schema._TEXTS.values(), schema._TABLE, schema._TABLES, schema._OTHER, schema._UNKNOWN, schema._NEAR}
    assert [text for text in own if chinese(text) == text] == []
    assert refusal("\nflg = 1").worded(chinese) == f"w.toml:2: flg：{chinese(schema._NEAR).format(near='flag')}"
    assert chinese(", ").join(["red", "green"]) in refusal("colour = 'blue'").worded(chinese)
    for text in ("text = [", b"\xff"):
        assert refusal(text).message.fill(chinese) != str(refusal(text).message)


SECRET = "s3cret"
VALUES = [
    json.dumps(SECRET), f"['{SECRET}']", f"{{ x = '{SECRET}' }}", "71352468", "[71352468]", "7135.2468", "true",
    "1971-03-05", "{ x = 71352468 }", f"[[['{SECRET}']]]",
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_no_value_stands_in_an_error(value: str) -> None:
    for name in KEYS:
        error = error_of(f"{name} = {value}")
        shown = error and str(error) + repr(error.message.values) + repr(error.args)
        assert all(part not in (shown or "") for part in (SECRET, "71352468", "7135.2468", "1971"))
        assert error is None or error.__context__ is None or (error.__cause__ is None and error.__suppress_context__)


def test_a_text_in_bytes_with_any_line_ends() -> None:
    assert read("\ufefftext = '运'\r\nflag = true\r\n".encode()) == World(text="运", flag=True)
    assert refusal(b"text = 'a'\r\nflag = 1\r\n").line == 2
    error = refusal("text = 'a'\n# 运".encode("gbk"))
    assert (error.line, str(error.message)) == (2, "the file isn't UTF-8")


@pytest.mark.parametrize("said", ["2", "'1'", "true", "[1]", "1.5"])
def test_the_version_of_a_file(said: str) -> None:
    assert TomlText("wayseal = 1\nflag = true", WorldError).read(World, version=1) == World(flag=True)
    assert TomlText("", WorldError).read(World, version=3) == World()
    with pytest.raises(WorldError) as caught:
        TomlText(f"\nwayseal = {said}", WorldError).read(World, version=1)
    assert (caught.value.line, caught.value.key) == (2, "wayseal")
    assert str(caught.value.message) == "this version of Wayseal reads version 1 of such files"
    assert refusal("wayseal = 1").key == "wayseal"


def test_errors_about_what_hangs_on_several_keys() -> None:
    toml = TomlText("a = 1\n[[b]]\nc = { d = 1 }\n[[b]]\n\nc.d = 2", WorldError, file=Path("w.toml"))
    assert [toml.line(*path) for path in (("a",), ("b", 0, "c", "d"), ("b", 1, "c", "d"))] == [1, 3, 6]
    assert [toml.line(*path) for path in (("b", 1, "x"), ("b", 2, "x"), ("x",), ())] == [4, 2, 1, 1]
    assert (toml.says("b", 1, "c"), toml.says("b", 2), toml.says("x")) == (True, False, False)
    assert str(toml.error("is {n} too many", "b", 1, "c", "d", n=3)) == "w.toml:6: b.c.d: is 3 too many"
    assert str(toml.error(Message("is {n} too many", {"n": 3}), "b", 1)) == "w.toml:4: b: is 3 too many"
    assert toml.error("x", "k" * 999).key == "k" * 200


def test_names_that_are_not_among_others() -> None:
    assert str(not_among("Flga ", ("flag", "text"))) == "not known here; did you mean flag?"
    assert str(not_among("zzz", ("flag", "text"))) == "not known here; one of flag, text"


def test_values_that_stand_in_no_text() -> None:
    assert read_values({"flag": True, "from": 3}, World, WorldError) == World(flag=True, since=3)
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"item": {"name": 1}}, "item.name"),
        ({"by_colour": {"blue": []}}, "by_colour.blue"),
        ({"text": date(2026, 3, 2)}, "text"),
        ({"names": ["a", datetime(2026, 3, 2, tzinfo=UTC)]}, "names"),
    )
    for values, key in wrong:
        with pytest.raises(WorldError) as caught:
            read_values(values, World, WorldError)
        assert (caught.value.file, caught.value.line, caught.value.key) == (None, None, key)
    with pytest.raises(WorldError, match="can't be understood"):
        read_values({"whole": 1 << 20_000}, World, WorldError)


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("90m", 5400), ("12h", 43_200), ("10d", 864_000)])
def test_lengths_of_time(text: str, seconds: int) -> None:
    assert parse_length(text) == seconds


@pytest.mark.parametrize("text", ["", "1", "m", "-1m", "1.5h", "12345m", "1w", "１m", 90, None, True, ["1m"]])
def test_what_is_no_length_of_time(text: object) -> None:
    with pytest.raises(WaysealError, match="needs a length such as 90m, 12h or 10d"):
        parse_length(text)


def test_the_keys_of_a_record() -> None:
    assert list(keys_of(World)) == KEYS
    assert keys_of(Colour) == {}


def test_json_of_programs() -> None:
    assert parse_json(b'{"text": "a", "names": ["b"], "from": 1, "short": {"c": "d"}}', World) == World(
        text="a", names=("b",), since=1, short={"c": Item(name="d")}
    )
    assert parse_json("[1, 2]", tuple[int, ...]) == (1, 2)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("", ""),
        ("{", ""),
        ("[]", ""),
        ('{"text": 1}', "text"),
        ('{"text": "a", "text": 1}', "text"),
        ('{"x": 1}', "x"),
        ('{"part": NaN}', "part"),
        ('{"items": [{"name": "a"}, {"name": 7}]}', "items.1.name"),
        ('{"item": {"name": "\\ud800"}}', ""),
        (b'{"text": "\xff"}', ""),
        ("[" * 100_000, ""),
        ('{"whole": ' + "9" * 5000 + "}", ""),
    ],
)
def test_json_that_is_refused(content: str | bytes, place: str) -> None:
    with pytest.raises(ValueError, match=r"^[a-z.0-9]*$") as caught:
        parse_json(content, World)
    assert str(caught.value) == place
    assert caught.value.__suppress_context__


def test_records_as_json() -> None:
    made = Needy(one=1, code=b"\xfe", items=(Item(name="a"),))
    assert plain(made) == {"needy": 2, "one": 1, "code": "fe", "items": [{"name": "a", "count": 1}]}
    assert parse_json(json.dumps(plain(made)), Needy) == made


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff", b'{"b": 1}', b"[" * 100_000])
def test_what_stands_under_a_key_of_anything(content: bytes) -> None:
    assert value_at(content, "a") is None
    assert value_at(b'{"a": [1]}', "a") == [1]


@given(st.binary())
def test_a_text_that_is_none_is_written_out(content: bytes) -> None:
    name = os.fsdecode(content)
    shown = readable(name)
    assert parse_json(json.dumps(shown), str) == shown
    assert shown == name or "\\udc" in shown


NAMES = st.one_of(st.sampled_from([*KEYS, "name", "count"]), st.text(max_size=6))
SCALARS = st.one_of(
    st.integers(), st.booleans(), st.floats(), st.text(max_size=6), st.dates(), st.times(), st.datetimes(),
    st.sampled_from(["red", "a-b", "x"]),
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=12,
)


def spell(value: Any) -> str:
    """A value as TOML."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value).replace("\x7f", "\\u007f")
        case int() | float():
            return repr(value)
        case list():
            return f"[{', '.join(map(spell, value))}]"
        case dict():
            return f"{{{', '.join(f'{spell(name)} = {spell(inner)}' for name, inner in value.items())}}}"
    return str(value.isoformat())


@given(st.dictionaries(NAMES, TREES, max_size=5))
def test_whatever_stands_in_a_text_is_a_record_or_an_error_with_its_line(content: dict[str, Any]) -> None:
    text = "\n".join(f"{spell(name)} = {spell(value)}" for name, value in content.items())
    error = error_of(text)
    if error is not None:
        assert 1 <= (error.line or 1) <= max(1, len(content))
        assert all(error.worded(translate).isprintable() for translate in (str, translator("zh")))


@given(st.text(alphabet="ab=[]{}\"'#\n.,-:/0129 运tex", max_size=60), st.binary(max_size=40))
def test_no_text_breaks_the_reader(text: str, content: bytes) -> None:
    for one in (text, content):
        error = error_of(one)
        assert error is None or error.line is None or error.line >= 1


@given(st.recursive(SCALARS.filter(lambda v: isinstance(v, int | str)), lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3),
), max_leaves=12))  # fmt: skip
def test_no_json_breaks_the_reader(content: Any) -> None:
    with suppress(ValueError):
        assert isinstance(parse_json(json.dumps(content), World), World)
