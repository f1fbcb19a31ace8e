"""What the benchmarks keep between runs."""

from pathlib import Path

from benchmarks._cases import Cache, code_digest


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
    assert again.has(["one"])
    assert again.get("one", compute) == {"right": 1}
    assert Cache(path, "y").get("one", compute) == {"right": 2}
