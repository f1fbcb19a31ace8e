"""What `wayseal vault` and `wayseal policy` print, for people in both languages and for programs."""

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.cli.running import inside
from wayseal.cli.vault import NUMBERS

pytestmark = pytest.mark.once

CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?( UTC)?"), "TIME"),
    (re.compile(r"cli-operator-[A-Za-z0-9-]+"), "REQUEST"),
    (re.compile(r"[A-Za-z0-9+/]{40,}={1,2}"), "HASH"),
    (re.compile(r"behind_s\W+\d+"), "behind_s 7200"),
    (re.compile(r"\+[0-9a-f]{8}\b"), "+KEY"),
    (re.compile(r"\b[0-9a-f]{8}\+[A-Za-z0-9+/=]{20,}"), "KEY"),
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "HASH"),
    (re.compile(r"^[A-Za-z0-9_-]{43}$", re.MULTILINE), "SECRET"),
    (re.compile(r"\b[0-9,.]+ (kB|KB|MB)\b"), "SIZE"),
)
DELIVER = ("disclose", *NUMBERS[:2], "--purpose", "deliver", "--reason", "route 12", "--actor")
ACTS = (
    (*DELIVER, "courier-12"),
    (*DELIVER, "courier-31"),
    (*DELIVER, "courier-12", "--field", "recipient_name"),
    ("actor", "put", "c-9", "--role", "courier", "--outlet", "深圳南山", "--trained-until", "2999-01-01T00:00Z"),
    ("actor", "block", "c-9"),
    ("client", "add", "handhelds", "--scope", "disclose", "--acts-for", "courier", "--per-second", 50),
    ("client", "disable", "handhelds"),
    ("key", "rotate", "wrap"),
    ("key", "rewrap"),
    ("erase", NUMBERS[2]),
    ("retain",),
    ("checkpoint",),
)
LOOKS = (
    ("status",),
    ("log",),
    ("log", "--reasons"),
    ("actor", "list"),
    ("client", "list"),
    ("key", "list"),
    ("policy", "show"),
    ("verify",),
)
OF_POLICY = (
    ("show",),
    ("test",),
    ("explain", "--purpose", "deliver", "--role", "courier", "--relation", "holds"),
    ("explain", "--purpose", "fly", "--role", "courier"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vault in which a little was done."""
    made = tmp_path_factory.mktemp("golden") / "vault"
    assert inside("vault", "init", made, "--example", "--actor", "operator").code == 0
    return made


def transcript(group: str, commands: tuple[tuple[object, ...], ...], *more: object) -> str:
    lines = []
    for words in commands:
        done = inside(group, *words, *more)
        said = f"$ wayseal {group} {' '.join(map(str, words))}\n{done.out}{done.err}[{done.code}]"
        for pattern, word in CHANGING:
            said = pattern.sub(word, said)
        lines.append(said)
    return "\n".join(lines)


def test_what_commands_print(folder: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion) -> None:
    monkeypatch.setenv("WAYSEAL_VAULT", str(folder))
    monkeypatch.setenv("WAYSEAL_ACTOR", "operator")
    monkeypatch.setenv("COLUMNS", "100")
    texts = [transcript("vault", ACTS), transcript("vault", LOOKS)]
    texts += [transcript("vault", LOOKS, "--lang", "zh"), transcript("vault", LOOKS, "--format", "json")]
    assert "\n".join(texts).replace(str(folder), "VAULT") == snapshot


def test_what_policy_commands_print(monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    texts = [transcript("policy", OF_POLICY), transcript("policy", OF_POLICY, "--lang", "zh")]
    assert "\n".join([*texts, transcript("policy", OF_POLICY, "--format", "json")]) == snapshot
