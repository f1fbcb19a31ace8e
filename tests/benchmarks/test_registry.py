"""Every benchmark loads, says what it takes and what was asked, and what is stored of it can be read and shown."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Literal

import pytest
from benchmarks.__main__ import _without_paths, main
from benchmarks.registry import (
    HERE,
    Benchmark,
    Kept,
    Said,
    Table,
    UnsoundError,
    benchmark,
    figure_of,
    load,
    names,
    option,
)

from benchmarks import registry, results

pytestmark = pytest.mark.once

ALL = {name: load(name) for name in names()}


def test_each_declares_options_and_figures() -> None:
    for name, one in ALL.items():
        assert is_dataclass(one.options), name
        assert one.summary.endswith("."), name
        assert one.minutes > 0, name
        assert f"python -m benchmarks run {name}" in one.text or "\n    python" not in one.text, name
        figures = [kept.name for kept in one.kept]
        assert len(set(figures)) == len(figures), name
        for kept in one.kept:
            assert kept.least is None or kept.most is None, (name, kept.name)


def test_none_has_a_command_line_of_its_own() -> None:
    makers = (HERE / "registry.py", HERE / "__main__.py")
    for path in HERE.rglob("*.py"):
        imports = {a.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Import) for a in n.names}
        assert "argparse" not in imports or path in makers, path


def test_help_of_each_says_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    for name, one in ALL.items():
        with pytest.raises(SystemExit) as ended:
            main(["run", name, "--help"])
        said = capsys.readouterr().out
        assert ended.value.code == 0
        assert all("--" + each.name.replace("_", "-") in said for each in fields(one.options)), name


def test_what_is_stored_is_of_a_benchmark_and_its_bars_are_those_declared() -> None:
    for name, result in results.read_results().items():
        declared = {kept.name: kept for kept in ALL[name].kept}
        assert result.benchmark == name
        assert result.figures, name
        assert result.command.startswith(f"python -m benchmarks run {name}")
        for figure in result.figures:
            kept = declared[figure.figure]
            assert (figure.unit, figure.least, figure.most) == (kept.unit, kept.least, kept.most), figure.figure


def test_stored_results_name_no_host_and_no_path() -> None:
    for path in results.RESULTS.glob("*.json"):
        assert "/" not in path.read_text().replace("docs/benchmarks.md", ""), path


def test_a_path_on_the_command_line_is_not_stored() -> None:
    words = ["--work", "/some/where", "--log=/rows.csv", "--runs", "3", "--store"]
    assert list(_without_paths(words)) == ["--work", "WORK", "--log=LOG", "--runs", "3"]


def test_tables_are_made_in_both_languages() -> None:
    english, chinese = results.render_markdown("en"), results.render_markdown("zh")
    assert english.count("\n") == chinese.count("\n")
    assert (
        "| `accuracy` | first source is a leaker: 1 ordinary, 5 | ≥ .99 | **.965 ± .013** (short) | .7 (count) |"
        in english
    )
    assert (
        "| `accuracy` | 首位来源是泄露者：一个普通账号，5 个号 | ≥ .99 | **.965 ± .013** (未达到) | .7 (按命中数) |"
        in chinese
    )
    for one in ALL.values():
        for kept in one.kept:
            assert results.say(kept.name, "zh")
            assert results.say(kept.unit or "s", "zh")


def test_a_cell_begins_with_its_figure() -> None:
    cells = (
        "0.981 ± 0.012",
        "3.85 (3.74–4.14)",
        "5 of 9",
        "1,234",
        "1.04 M",
        "99.9 %",
        "85.9%",
        "**.3**",
        "−2",
        "–",
        "",
    )
    assert [figure_of(cell) for cell in cells] == [
        0.981,
        3.85,
        5,
        1234,
        1.04e6,
        0.9990000000000001,
        0.8590000000000001,
        0.3,
        -2,
        None,
        None,
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All sorts."""

    work: Path = option(text="a folder")
    many: tuple[int, ...] = option((1, 2))
    way: Literal["a", "b"] | None = option(None)
    lost: bool = option(False)


@benchmark(minutes=1, kept=[Kept("worth", "mine · b", "share", least=0.5, beside=("theirs", "theirs", "share"))])
def measure(options: Options) -> Iterator[Said]:
    """Say what was asked."""
    yield f"{options.work} {options.many} {options.way}"
    yield Table(("who", "way", "share"), [("mine", "a", "0.1"), ("mine", "b", "0.7 ± 0.1"), ("theirs", "b", ".2")])
    if options.lost:
        raise UnsoundError("lost")


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Benchmark:
    kept = measure.__dict__["declared"][1]
    made = Benchmark(
        name="one", area="trace", summary="", text="", minutes=1, kept=kept, options=Options, measure=measure
    )
    monkeypatch.setattr("benchmarks.__main__.load", lambda _: made)
    monkeypatch.setattr("benchmarks.__main__.names", lambda: {"one": "trace"})
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(results, "HERE", tmp_path)
    return made


def test_a_run_gives_tables_or_figures(one: Benchmark, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", one.name, "--work", "w", "--many", "3,4", "--way", "b"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("w (3, 4) b\n\n| who | way | share |\n|---|---|---|\n| mine | a | 0.1 |")
    assert main(["run", one.name, "--work", "w", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["figures"] == [
        {
            "figure": "worth",
            "measured": 0.7,
            "said": "0.7 ± 0.1",
            "least": 0.5,
            "baseline": {"name": "theirs", "measured": 0.2},
        }
    ]
    assert found["command"] == "python -m benchmarks run one --work w"
    assert found["remarks"] == ["w (1, 2) None"]
    with pytest.raises(SystemExit):
        main(["run", one.name])
    assert "--work" in capsys.readouterr().err


def test_what_must_not_happen_ends_a_run_badly(one: Benchmark, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", one.name, "--work", "w", "--lost"]) == 1
    assert capsys.readouterr().err == "lost\n"


def test_a_result_is_stored_from_a_clean_tree_alone(one: Benchmark, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_git", lambda *words: " M a.py" if words[0] == "status" else "0123abcd")
    with pytest.raises(SystemExit, match="from a clean tree only"):
        main(["run", one.name, "--work", "w", "--store"])
    monkeypatch.setattr(results, "_git", lambda *words: "" if words[0] == "status" else "0123abcd")
    monkeypatch.setattr(results, "HERE", results.RESULTS / "benchmarks")
    assert main(["run", one.name, "--work", "w", "--store"]) == 0
    (stored,) = results.read_results().values()
    assert (stored.benchmark, stored.commit, stored.source) == ("one", "0123abcd", None)
    assert stored.machine == results.this_machine()
    (results.RESULTS / "two.json").write_text('{"benchmark": "a", "command": "b", "figures": [], "host": "h"}')
    with pytest.raises(ValueError, match="host"):
        results.read_results()


def test_what_is_missing_is_said(
    one: Benchmark, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_: str) -> Benchmark:
        raise ModuleNotFoundError(name="pyod.models")

    monkeypatch.setattr("benchmarks.__main__.load", missing)
    assert main(["run", one.name]) == 2
    assert (
        capsys.readouterr().err
        == "one needs pyod.models, which isn't installed: pip install -r requirements/bench.txt\n"
    )


def test_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out
    assert main(["figures", "--lang", "zh"]) == 0
    assert capsys.readouterr().out == results.render_markdown("zh")
    assert all(f"\n  {name} " in said for name in names())
    assert [registry.area_text(area) in said for area in registry.AREAS] == [True] * len(registry.AREAS)
