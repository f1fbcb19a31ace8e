"""What rights permit, as a file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.detect.rights import Right, RightsError, load_map
from wayseal.detect.rights._map import Reach, parse_map
from wayseal.model.kinds import Action

NAMES = st.text(st.characters(codec="utf-8", min_codepoint=0x20, exclude_characters='"\\\x7f'), min_size=1)
RIGHT = st.builds(Right, name=NAMES, actions=st.frozensets(st.sampled_from(Action)), scope=st.sampled_from(list(Reach)))


def written(right: Right) -> str:
    actions = ", ".join(f'"{a}"' for a in sorted(right.actions))
    return f'[[right]]\nname = "{right.name}"\nactions = [{actions}]\nscope = "{right.scope}"\n'


@given(st.lists(RIGHT, unique_by=lambda r: r.name))
def test_what_is_written_is_read(rights: list[Right]) -> None:
    found = parse_map("".join(map(written, rights)), None)
    assert found == {r.name: r for r in rights}


def test_a_file_adds_and_replaces(tmp_path: Path) -> None:
    """Obligation 4."""
    path = tmp_path / "rights.toml"
    own = [
        Right(name="号段查询", actions=frozenset({Action.SEARCH}), scope=Reach.ALL),
        Right(name="waybill.view", actions=frozenset({Action.VIEW, Action.SEARCH}), scope=Reach.OWN),
    ]
    path.write_text("".join(map(written, own)), "utf-8")
    found = load_map(path)
    assert found.keys() == {*load_map(None), "号段查询"}
    assert found["waybill.view"].actions == {"view", "search"}


@pytest.mark.parametrize(
    ("actions", "scope", "widens", "reads", "width"),
    [
        (set(), "all", True, True, 6),
        (set(), "own", False, False, 0),
        ({Action.VIEW}, "own", False, True, 1),
        ({Action.VIEW, Action.PRINT}, "all", False, True, 4),
    ],
)
def test_what_a_right_is(actions: set[Action], scope: str, widens: bool, reads: bool, width: int) -> None:
    """Obligations 1 and 2."""
    right = Right(name="r", actions=frozenset(actions), scope=Reach(scope))
    assert (right.widens, right.reads, right.width) == (widens, reads, width)


GOOD = '[[right]]\nname = "a"\nactions = []\nscope = "own"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("right = 3", "1: right: is written as [[right]]"),
        ("right = [3]", "1: right: is written as [[right]]"),
        (GOOD + "[other]\n", "5: other: not known here; one of right"),
        ("[[right", '1: not TOML here; text stands in quotes, as in scope = "own"'),
        (GOOD + GOOD, "6: right.name: this right stands twice"),
        (GOOD + "reach = 1", "5: right.reach: not known here; one of name, actions, scope"),
        (GOOD.replace('"a"', '""'), "2: right.name: needs a text that isn't empty"),
        (GOOD.replace('"a"', "1"), "2: right.name: needs a text in quotes"),
        (GOOD.replace("[]", '["look"]'), "3: right.actions: is one of view, search, export"),
        (GOOD.replace("[]", '"view"'), "3: right.actions: needs a list"),
        (GOOD.replace("actions = []\n", ""), "1: right.actions: this key is needed"),
        (GOOD.replace("[]", "[[]]"), "3: right.actions: is one of view, search"),
        (GOOD.replace('"own"', '"some"'), "4: right.scope: is one of own, all"),
        (GOOD.replace('"own"', "[]"), "4: right.scope: is one of own, all"),
    ],
)
def test_refusals(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(RightsError) as caught:
        load_map(path)
    assert str(caught.value).startswith(f"{path}:{said}")
    assert (caught.value.file, caught.value.exit_code) == (path, 3)


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes('name = "权限"'.encode("gbk"))
    with pytest.raises(RightsError, match="isn't UTF-8"):
        load_map(path)
