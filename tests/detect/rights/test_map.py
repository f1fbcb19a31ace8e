"""What rights permit, as a file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayseal.detect.rights import Right, RightsError, load_map
from wayseal.detect.rights._map import ACTIONS, Reach, parse_map

NAMES = st.text(st.characters(codec="utf-8", min_codepoint=0x20, exclude_characters='"\\\x7f'), min_size=1)
RIGHT = st.builds(
    Right, name=NAMES, actions=st.frozensets(st.sampled_from(ACTIONS)), scope=st.sampled_from(list(Reach))
)


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
        Right(name="号段查询", actions=frozenset({"search"}), scope=Reach.ALL),
        Right(name="waybill.view", actions=frozenset({"view", "search"}), scope=Reach.OWN),
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
        ({"view"}, "own", False, True, 1),
        ({"view", "print"}, "all", False, True, 4),
    ],
)
def test_what_a_right_is(actions: set[str], scope: str, widens: bool, reads: bool, width: int) -> None:
    """Obligations 1 and 2."""
    right = Right(name="r", actions=frozenset(actions), scope=Reach(scope))
    assert (right.widens, right.reads, right.width) == (widens, reads, width)


GOOD = '[[right]]\nname = "a"\nactions = []\nscope = "own"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("right = 3", "only \\[\\[right\\]\\] tables may stand in it"),
        ("right = [3]", "only \\[\\[right\\]\\] tables"),
        (GOOD + "[other]\n", "only \\[\\[right\\]\\] tables"),
        ("[[right", "not TOML: "),
        (GOOD + GOOD, "right 2 stands twice"),
        (GOOD + "reach = 1", "right 1: unknown key reach"),
        (GOOD.replace('"a"', '""'), "right 1: name must be"),
        (GOOD.replace('"a"', "1"), "right 1: name must be"),
        (GOOD.replace("[]", '["look"]'), "right 1: actions must be a list of view, search, export"),
        (GOOD.replace("[]", '"view"'), "right 1: actions must be a list"),
        (GOOD.replace("actions = []\n", ""), "right 1: actions must be a list"),
        (GOOD.replace("[]", "[[]]"), "right 1: actions must be a list"),
        (GOOD.replace('"own"', '"some"'), "right 1: scope must be own or all"),
        (GOOD.replace('"own"', "[]"), "right 1: scope must be own or all"),
    ],
)
def test_refusals(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(RightsError, match=said) as caught:
        load_map(path)
    assert (caught.value.file, caught.value.exit_code) == (path, 3)


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes('name = "权限"'.encode("gbk"))
    with pytest.raises(RightsError, match="isn't UTF-8"):
        load_map(path)
