"""What the benchmarks keep between runs, and how they judge."""

from pathlib import Path

import numpy as np
from benchmarks.detect._unseen_judge import group_of, judged, lines_of
from benchmarks.detect._unseen_methods import Named, Said
from benchmarks.detect._unseen_world import Insider, Longs, Told
from benchmarks.shared.cases import Cache, code_digest


def test_any_change_of_the_room_makes_cached_cases_stale(tmp_path: Path) -> None:
    (tmp_path / "_a.py").write_text("a = 1\n")
    seen = {code_digest(room=tmp_path)}
    (tmp_path / "_new.py").write_text("b = 1\n")
    seen.add(code_digest(room=tmp_path))
    (tmp_path / "_new.py").write_text("b = 2\n")
    seen.add(code_digest(room=tmp_path))
    (tmp_path / "_new.py").rename(tmp_path / "_b.py")
    seen.add(code_digest(room=tmp_path))
    seen.add(code_digest(tmp_path / "_a.py", room=tmp_path))
    assert len(seen) == 5
    assert code_digest(room=tmp_path) in seen


def test_the_room_is_that_of_the_statistics() -> None:
    assert code_digest() != code_digest(room=Path(__file__).parent)


def test_a_case_is_computed_once_as_long_as_the_code_stays(tmp_path: Path) -> None:
    path = tmp_path / "cases/cache.jsonl"
    calls: list[int] = []

    def compute() -> dict[str, int]:
        calls.append(1)
        return {"right": len(calls)}

    assert Cache(path, "x").get("one", compute) == {"right": 1}
    again = Cache(path, "x")
    assert again.get("one", compute) == {"right": 1}
    assert Cache(path, "y").get("one", compute) == {"right": 2}


def test_couriers_are_judged_by_who_pulls() -> None:
    ring = Insider(kind="ring", accounts=("a", "b"), meant=20, once=False, link="list", pulls=pulls(a=3, b=0))
    fast = Insider(kind="bulk", accounts=("c",), meant=500, once=False, link="", pulls=pulls(c=400))
    own = Insider(kind="own", accounts=("d",), meant=500, once=False, link="", pulls=pulls(d=9))
    told = Told(
        family="f", half="work", seed=1, insiders=(ring, fast, own), innocents={"x": "audit"},
        role={"x": "head", "y": "clerk"}, rest={},
    )  # fmt: skip
    said = Said(
        cases=(
            Named(score=0.9, at={"a": 1, "x": 2}, by={"x": [("walks", 3.0, 7)]}),
            Named(score=0.4, at={"c": 310}, by={}),
            Named(score=0.7, at={"y": 5}, by={}),
        )
    )
    row = judged(told, said)
    assert [(k["found"], k["likely"], k["lost"]) for k in row["insiders"]] == [(1, 1, [2]), (1, 0, [311]), (0, 0, [])]
    assert [case["right"] for case in row["cases"]] == [True, True, False]
    assert [[i["account"] for i in case["innocents"]] for case in row["cases"]] == [["x"], [], ["y"]]
    assert [group_of(k.kind, k.meant) for k in told.insiders] == ["ring", "fast", "own"]
    assert [group_of("steady", n) for n in (20, 50, 51, 199, 200)] == ["slow", "slow", "between", "between", "fast"]
    lines = [line for made in lines_of([{"method": "ours", **row}]) for line in made.lines()]
    summary = next(line for line in lines if line.startswith("| all | 1 |"))
    assert [cell.strip() for cell in summary.split("|")[3:5]] == ["1.00 (1 of 1)", "0.00 (0 of 1)"]
    assert "| 2.00 | – | 3.0 | 0.50 (1 of 2) |" in summary
    assert "| audit | head | 1 | 1 | walks 1 |" in lines


def pulls(**many: int) -> dict[str, Longs]:
    """Pulls at 0, 1, 2 … of accounts."""
    return {account: np.arange(n) for account, n in many.items()}
