"""What a command loads before it does anything: the table of commands, and no more than it needs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.tables import each
from wayseal.cli import _commands, _loading
from wayseal.cli._commands import EXTRAS, GROUPS
from wayseal.cli._options import Lang
from wayseal.cli._texts import language

FOLDER = Path(_commands.__file__).parent
HEAVY = ("numba", "pyarrow", "numpy", "sqlalchemy", "pydantic", "jinja2", "cedarpy", "fastapi", "scipy", "rich")
STARTED = """
import os, sys
from wayseal.cli import main
sys.argv = ["wayseal", *{words!r}]
try:
    main()
except SystemExit:
    pass
print("LOADED", *[name for name in {heavy!r} if name in sys.modules])
"""


COMMANDS = [
    (*before.split(), name)
    for before, group in GROUPS.items()
    for name in group.modules
    if f"{before} {name}".strip() not in GROUPS
]
"""Every command of the table by its words."""


def loaded(*words: str, **environment: str) -> tuple[list[str], str]:
    """Which heavy modules a command has loaded at its end, and what it printed."""
    lines = [f"os.environ.update({environment!r})\n", "from wayseal.cli import main"]
    code = STARTED.format(words=list(words), heavy=HEAVY).replace(lines[1], "".join(lines))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *printed, last = done.stdout.splitlines()
    assert last.startswith("LOADED")
    return last.split()[1:], "\n".join(printed)


def test_help_of_groups_loads_nothing_that_costs() -> None:
    for words in ((), ("vault",), ("ledger",)):
        names, printed = loaded(*words, "--help")
        assert names == []
        assert "verify" in printed or not words


def test_show_compiles_nothing(base: Path) -> None:
    names, printed = loaded("show", str(base / "L"))
    assert "246" in printed
    assert {"pyarrow", "numpy", "pydantic"} >= set(names)  # pydantic is what Typer reads values with


def test_completion_of_commands_loads_none_of_them() -> None:
    for line, answers in (
        ("wayseal ", ("demo", "ledger", "vault")),
        ("wayseal vault s", ("status", "seal")),
        ("wayseal ledger key ", ("new",)),
    ):
        names, printed = loaded(
            _WAYSEAL_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(line.split(" ")) - 1)
        )
        assert names == []
        assert set(answers) <= set(printed.split())


def test_completion_can_be_installed() -> None:
    assert "--install-completion" in inside("--help").out
    names, printed = loaded("--show-completion", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "numba" not in names
    assert "pyarrow" not in names
    del printed


def test_the_table_has_every_file_and_every_file_its_commands() -> None:
    files = {path.stem for path in FOLDER.glob("[!_]*.py")} - {"commands"}
    named = {(GROUPS[" ".join(words[:-1])].modules[words[-1]], _loading._function(words)) for words in COMMANDS}
    assert files == {module for module, _ in named if "." not in module}
    for file in files:
        tree = ast.parse((FOLDER / f"{file}.py").read_text("utf-8")).body
        taken = {one.name for one in tree if isinstance(one, ast.FunctionDef) and "LangOption" in ast.unparse(one.args)}
        assert taken <= {function for module, function in named if module == file}


def test_lines_of_help_are_the_first_sentences_of_the_docstrings() -> None:
    for words in COMMANDS:
        docstring = _loading.load_command(words).help
        line = _loading.help_of(words)
        assert line.endswith("."), words
        assert " ".join(docstring.split()).startswith(line), words


def test_words_of_groups_and_extras_are_in_the_table() -> None:
    for words in {*GROUPS, *EXTRAS} - {_commands.ROOT}:
        before, _, name = words.rpartition(" ")
        assert name in GROUPS[before].modules


def test_headings_of_help_have_every_command_once() -> None:
    for words, group in GROUPS.items():
        assert [name for names in group.headings.values() for name in names] == list(group.modules), words
        assert len(group.modules) < 10 or len(group.headings) > 2, words


LOCALES: list[tuple[dict[str, str], Lang]] = [
    ({}, Lang.EN),
    ({"LANG": "zh_CN.UTF-8"}, Lang.ZH),
    ({"LANG": "zh"}, Lang.ZH),
    ({"LANG": "C.UTF-8"}, Lang.EN),
    ({"LANG": "zhx_CN"}, Lang.EN),
    ({"LC_MESSAGES": "zh_CN", "LANG": "en_US.UTF-8"}, Lang.ZH),
    ({"LC_ALL": "C", "LC_MESSAGES": "zh_CN", "LANG": "zh_CN"}, Lang.EN),
    ({"LC_ALL": "", "LANG": "zh_TW.UTF-8"}, Lang.ZH),
    ({"WAYSEAL_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, Lang.EN),
    ({"WAYSEAL_LANG": "", "LC_ALL": "zh_CN.UTF-8"}, Lang.ZH),
    ({"WAYSEAL_LANG": "zh", "LC_ALL": "en_US.UTF-8"}, Lang.ZH),
]


@each(("environment", "lang"), LOCALES)
def test_the_locale_decides_where_nothing_else_does(environment: dict[str, str], lang: Lang) -> None:
    assert language(["show", "L"], environment) == lang
    assert language(["--", "--lang", "zh"], environment) == language(["--lang"], environment) == lang
    for said in Lang:
        assert language(["--lang", said, "show", "L"], environment) == said
        assert language(["show", "L", f"--lang={said}"], environment) == said


def test_a_command_answers_in_the_language_of_the_locale(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYSEAL_LANG", raising=False)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    shown = inside("show", base / "L")
    assert shown.out == inside("show", base / "L", "--lang", "zh").out
    assert inside("show", base / "L", "--lang", "en").out == inside("--lang", "en", "show", base / "L").out != shown.out


def test_help_of_every_group_is_chinese_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.delenv("WAYSEAL_LANG", raising=False)
    for words in [group.split() for group in GROUPS]:
        helps = [inside(*words, *asked) for asked in (("--help", "--lang", "zh"), ("--lang=zh", "-h"))]
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
        helps.append(inside(*words, "--help"))
        monkeypatch.delenv("LC_ALL")
        assert [(one.code, one.out) for one in helps] == [(0, helps[0].out)] * 3, words
        lines = [line for line in helps[0].out.splitlines() if line.strip()]
        assert [line for line in lines if not re.search("[\u4e00-\u9fff]", line)] == [], words
        english = inside(*words, "--help").out
        assert english.replace("中文：", "").isascii(), words


def test_a_language_that_there_is_not_is_refused_by_groups_too() -> None:
    for words in (("--lang", "fr", "--help"), ("vault", "--help", "--lang=fr"), ("ledger", "key", "--lang")):
        ran = inside(*words)
        assert (ran.code, "needs one of zh, en" in ran.err) == (2, True), words


def test_a_ledger_is_given_in_one_way() -> None:
    for words in COMMANDS:
        names = [(one.name, one.param_type_name) for one in _loading.load_command(words).params]
        if "ledger" in dict(names):
            assert next(kind for kind in names if kind[1] == "argument") == ("ledger", "argument"), words


def test_a_missing_package_of_an_extra_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        pytest.raises(_loading.MissingExtraError, match=r"pip install 'WHEEL\[vault\]'"),
        _loading.require_extra("vault"),
    ):
        raise ModuleNotFoundError("No module named 'sqlalchemy'", name="sqlalchemy")
    for extra, name in (("vault", "wayseal.nothing"), (None, "sqlalchemy")):
        with pytest.raises(ModuleNotFoundError), _loading.require_extra(extra):
            raise ModuleNotFoundError("gone", name=name)
    monkeypatch.setitem(sys.modules, "cedarpy", None)
    for module in [m for m in sys.modules if m.startswith(("wayseal.vault", "wayseal.cli.policy"))]:
        monkeypatch.delitem(sys.modules, module)
    ran = inside("policy", "show")
    assert (ran.code, ran.out) == (2, "")
    missing = "wayseal: packages that this command needs are not installed: pip install 'WHEEL[vault]', or "
    assert ran.err == f"{missing}`make setup-vault` in a checkout\n"


def test_commands_that_end_in_order_need_no_package_of_services() -> None:
    """`handle_signals` is asked of a package that has the log of services beside it."""
    without = "import sys; sys.modules['structlog'] = None; import wayseal.cli.market_watch, wayseal.cli.watch"
    done = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_stands_without_the_distribution_to_try_it_with() -> None:
    script = (
        "import importlib.metadata, sys\n"
        "importlib.metadata.entry_points = lambda **_: []\n"
        "from wayseal.cli import main\n"
        "sys.argv = ['wayseal', '--help', '--lang', 'en']\n"
        "main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "See who reads" in ran.stdout
    assert "Try it" not in ran.stdout
