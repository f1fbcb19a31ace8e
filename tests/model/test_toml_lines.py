"""The line of each key of a TOML text, whatever the way in which it is written."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.model._toml_lines import find_lines

Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every key and every item of a list."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a = 1\n\nb = 2", {("a",): 1, ("b",): 3}),
        ("# a = 1\na = 2 # b = 3", {("a",): 2}),
        ('a = """\nb = 1\n[c]\n"""\nd = 1', {("a",): 1, ("d",): 5}),
        ("a = '''\nb = 1\n'''''\nd = ''''x''''", {("a",): 1, ("d",): 4}),
        ('a = """x\\"""\nb = 1"""""\nc = 2', {("a",): 1, ("c",): 3}),
        ('a = "b = 1 # \\" [x]"\nb = \'\\\'', {("a",): 1, ("b",): 2}),
        ("a = [\n  1, # one\n  [2,\n   3],\n]\nb = 1", {
            ("a",): 1, ("a", 0): 2, ("a", 1): 3, ("a", 1, 0): 3, ("a", 1, 1): 4, ("b",): 6,
        }),
        ("a = { b = 1, c.d = [{ e = 2 }] }", {
            ("a",): 1, ("a", "b"): 1, ("a", "c"): 1, ("a", "c", "d"): 1, ("a", "c", "d", 0): 1,
            ("a", "c", "d", 0, "e"): 1,
        }),
        ("[ a . b ]\nc = 1\n[a]\nd = 2", {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 2, ("a", "d"): 4}),
        ("[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 3\n[[a.e]]", {
            ("a",): 1, ("a", 0): 1, ("a", 0, "b"): 2, ("a", 1): 3, ("a", 1, "b"): 4, ("a", 1, "c"): 5,
            ("a", 1, "c", "d"): 6, ("a", 1, "e"): 7, ("a", 1, "e", 0): 7,
        }),
        ('"a b" = 1\n\'c.d\'."\\u00e9\\"" = 1979-05-27 07:32:00', {
            ("a b",): 1, ("c.d",): 2, ("c.d", 'é"'): 2,
        }),
        ("", {}),
        ("\n# nothing", {}),
    ],
)  # fmt: skip
def test_places(text: str, places: dict[Path, int]) -> None:
    assert find_lines(text) == places
    assert set(places) == set(paths(tomllib.loads(text)))


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


NAMES = st.one_of(
    st.text("ab-_1", min_size=1, max_size=3),
    st.text("a\"'\\.#=[]{},\té运 ", max_size=4).filter(lambda t: "\t" not in t),
)
SCALARS = st.one_of(
    st.integers(-5, 5).map(str),
    st.booleans().map(lambda flag: str(flag).lower()),
    st.sampled_from(["1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00", "inf", "1e3"]),
    st.text("a\"\\#=[]{},\n'运", max_size=8).map(quoted),
    st.text('a"#=[]{},\n\\运', max_size=8).map(lambda t: f"'''{t}'''"),
    st.text("a'#=[]{},\n运\"", max_size=8).map(lambda t: '"""' + t.replace('"', '\\"') + '"""'),
    st.sampled_from(['""""a"""""', "''''a'''''", '"""\\\n  x"""', "''", '""']),
)
BREAKS = st.sampled_from(["", " ", "\n", " # note ]},\n", "\n\n  "])
MARKS = st.sampled_from(["", " ", "\t"])


def spelt(name: str) -> str:
    bare = name and all(c in "ab-_1" for c in name)
    return name if bare else quoted(name)


@st.composite
def lists(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    parts = [draw(BREAKS) + draw(inner) + draw(BREAKS) for _ in range(draw(st.integers(0, 3)))]
    last = draw(st.sampled_from(["", ","])) if parts else ""
    return "[" + ",".join(parts) + last + draw(BREAKS) + "]"


@st.composite
def tables(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    names = draw(st.lists(NAMES, max_size=3, unique=True))
    return "{" + ",".join(f"{draw(MARKS)}{spelt(n)}{draw(MARKS)}={draw(MARKS)}{draw(inner)} " for n in names) + "}"


VALUES: st.SearchStrategy[str] = st.recursive(
    SCALARS, lambda inner: st.one_of(lists(inner), tables(inner)), max_leaves=8
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[Path, int]]:
    """A text, and where its tables and their keys stand; what lies inside values is left to the first check."""
    lines: list[str] = []
    places: dict[Path, int] = {}
    heads: list[Path] = [()]
    for name in draw(st.lists(NAMES, max_size=3, unique=True)):
        heads += [(name, n) for n in range(draw(st.integers(1, 2)))] if draw(st.booleans()) else [(name,)]
    for head in heads:
        lines += [""] * draw(st.integers(0, 2))
        if head:
            mark = f"[[{spelt(str(head[0]))}]]" if len(head) == 2 else f"[ {spelt(str(head[0]))}\t]"
            lines.append(mark + draw(MARKS) + "# [x]")
            places.setdefault(head[:1], len(lines))
            places.setdefault(head, len(lines))
        for name in draw(st.lists(NAMES, max_size=3, unique=True)):
            if not head and (name,) in [h[:1] for h in heads]:
                continue
            lines += ["# x = 1"] * draw(st.integers(0, 1))
            value = draw(VALUES)
            places[(*head, name)] = len(lines) + 1
            lines += f"{spelt(name)}{draw(MARKS)}={draw(MARKS)}{value}".split("\n")
    return "\n".join(lines), places


@given(documents())
def test_any_document(made: tuple[str, dict[Path, int]]) -> None:
    """Rules 2 and 3: exactly the keys that tomllib sees, and each on the line where it was written."""
    text, places = made
    found = find_lines(text)
    assert set(found) == set(paths(tomllib.loads(text)))
    assert {path: found[path] for path in places} == places


@given(VALUES)
def test_any_value(value: str) -> None:
    text = f"a = {value}\nend = 1"
    found = find_lines(text)
    assert set(found) == set(paths(tomllib.loads(text)))
    assert found["end",] == text.count("\n") + 1


@pytest.mark.parametrize("text", ["= 1", "a = ", "[a"])
def test_what_is_no_toml_is_no_endless_walk(text: str) -> None:
    """Rule 1 says that it doesn't come to that."""
    with pytest.raises((ValueError, IndexError)):
        find_lines(text)
