"""`wayseal policy` as a person runs it."""

import json
from pathlib import Path

import pytest

from tests.cli.running import inside, run
from wayseal.vault.policy import default_texts
from wayseal.vault.policy.cases import default_cases

PURPOSES, RULES = default_texts()
OPEN = '@id("open") @zh("开") @en("open")\npermit (principal, action, resource);\n'


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("WAYSEAL_LANG", raising=False)


@pytest.fixture
def own(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Purposes, rules and cases of a courier's own."""
    files = tmp_path / "p.toml", tmp_path / "r.cedar", tmp_path / "c.toml"
    for path, text in zip(files, (PURPOSES, RULES, default_cases()), strict=True):
        path.write_text(text, "utf-8")
    return files


def test_show_of_ones_own(own: tuple[Path, Path, Path]) -> None:
    own[0].write_text(PURPOSES.replace("派送", "送件"), "utf-8")
    own[1].write_text(OPEN, "utf-8")
    told = inside("policy", "show", "--purposes", own[0], "--rules", own[1], "--lang", "zh")
    assert "deliver  送件" in told.out
    assert told.out.endswith("规则（告知的是第一条拒绝的规则）\n  open  开\n")


def test_check(own: tuple[Path, Path, Path]) -> None:
    purposes, rules, _ = own
    for files in ([purposes], [rules], [purposes, rules], [rules, purposes]):
        told = inside("policy", "check", *files)
        assert (told.code, told.err) == (0, "")
        assert told.out.startswith("In order: 12 purposes, 15 rules, SHA-256 ")
    assert inside("policy", "check", purposes, "--lang", "zh").out.startswith("可以使用：12 个用途，15 条规则")


@pytest.mark.parametrize(
    ("name", "text", "english", "chinese"),
    [
        ("p.toml", "[roles", "p.toml:1: not TOML here", "p.toml:1：这里不是"),
        ("p.toml", PURPOSES.replace("12h", "12"), "p.toml:40: purpose.lasts: needs a length such as 90m", "需要时长"),
        ("p.toml", b"\xff", "p.toml: the file isn't UTF-8", "p.toml：文件不是 UTF-8 编码"),
        (
            "r.cedar",
            RULES.replace("context.blocked", "context.block"),
            "r.cedar:23: rule blocked: attribute",
            "：",
        ),
        ("r.cedar", OPEN + OPEN, "r.cedar:3: rule open stands twice", "r.cedar:3：规则 open 重复"),
        ("r.cedar", "", "no rule permits anything", "没有任何规则放行"),
    ],
)
def test_what_cannot_be_used(
    own: tuple[Path, Path, Path], name: str, text: str | bytes, english: str, chinese: str
) -> None:
    path = own[0].with_name(name)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for lang, said in (("en", english), ("zh", chinese)):
        told = inside("policy", "check", *own[:2], "--lang", lang)
        assert (told.code, told.out) == (3, "")
        assert said in told.err
        assert len(told.err.splitlines()) == 1


def test_wrong_usage(own: tuple[Path, Path, Path], tmp_path: Path) -> None:
    for words in (
        ("check",),
        ("check", tmp_path / "x.txt"),
        ("check", own[0], own[2]),
        ("explain", "no such case"),
        ("explain", "a courier delivers", "--set", "blocked"),
        ("explain", "a courier delivers", "--set", "block=true"),
    ):
        assert inside("policy", *words).code == 2, words
    assert inside("policy", "check", tmp_path / "none.toml").code == 5
    told = inside("policy", "explain", "no such case", "--lang", "zh")
    assert "没有用例 no such case" in told.err
    for unclear in (("--role", "courier"), ("a courier delivers", "--set", "blocked=maybe")):
        assert inside("policy", "explain", *unclear).code == 3, unclear


def test_test_passes_and_fails(own: tuple[Path, Path, Path]) -> None:
    told = inside("policy", "test")
    assert (told.code, told.err) == (0, "")
    assert told.out.endswith(" cases passed\n")
    assert len(told.out.splitlines()) == 1
    made = json.loads(inside("policy", "test", own[2], "--format", "json").out)
    assert made["passed"]
    assert made["silent_rules"] == []
    own[1].write_text(RULES.replace("when { context.blocked }", "when { false }"), "utf-8")
    told = inside("policy", "test", "--rules", own[1])
    assert told.code == 3
    assert "FAILED  a blocked account: expected blocked; also -; got floor; also -\n" in told.out
    assert "These rules speak in no case: blocked\n" in told.out
    told = inside("policy", "test", "--rules", own[1], "--format", "json")
    assert (told.code, json.loads(told.out)["passed"]) == (3, False)


def test_test_says_what_no_case_shows(own: tuple[Path, Path, Path]) -> None:
    case = '[[case]]\nname = "甲"\npurpose = "sort"\nrole = "sorter"\nrelation = ["holds"]\nexpect = "allow"\n'
    own[2].write_text(case, "utf-8")
    told = inside("policy", "test", own[2], "--lang", "zh")
    assert told.code == 0
    assert "1 个用例中有 1 个通过" in told.out
    assert "没有用例放行过这些用途：pickup，linehaul，" in told.out
    own[2].write_text(case.replace("holds", "hold"), "utf-8")
    told = inside("policy", "test", own[2], "--lang", "zh")
    assert (told.code, told.out) == (3, "")
    assert "c.toml:5: case.relation：只能是以下之一：holds, " in told.err


def test_explain_a_case(own: tuple[Path, Path, Path]) -> None:
    told = inside("policy", "explain", "a courier delivers", "--cases", own[2])
    assert told.out.startswith("Allowed by work")
    told = inside("policy", "explain", "a courier delivers", "--set", "blocked=true")
    assert told.out.startswith("Refused by blocked: the account is blocked\n")
    told = inside("policy", "explain", "a courier delivers", "--role", "\x1b[31m")
    assert told.out.startswith("Refused by role")
    assert "\x1b" not in told.out


def test_without_the_packages_of_the_vault(tmp_path: Path) -> None:
    """That other commands load nothing of the vault is shown where backups are tested."""
    code = """
import sys
sys.modules['cedarpy'] = None
from wayseal.cli import main
for words in (["show", "--lang", "en"], ["test", "--lang", "zh"]):
    sys.argv = ["wayseal", "policy", *words]
    try:
        main()
    except SystemExit as stopped:
        print(stopped.code)
"""
    missing = "packages that this command needs are not installed: pip install 'WHEEL[vault]'"
    ran = run(cwd=tmp_path, code=code)
    assert (ran.code, ran.out.split()) == (0, ["2", "2"])
    assert ran.err.splitlines() == [
        f"wayseal: {missing}, or `make setup-vault` in a checkout",
        "wayseal: 尚未安装此命令所需的软件包：请运行 pip install 'WHEEL[vault]'，源码目录中可用 `make setup-vault`",
    ]
