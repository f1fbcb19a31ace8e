"""Policies and questions as the command line is given them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.model.schema import keys_of
from wayseal.vault.errors import PolicyError
from wayseal.vault.policy import Policy, PolicyRequest, default_texts
from wayseal.vault.policy.cases import Question, default_cases, parse_cases, request_of

PurposesOption = Annotated[
    Path | None,
    typer.Option(
        "--purposes",
        help="File of [purposes](purposes.md#files-of-your-own) (TOML).",
        show_default="the built-in purposes",
        dir_okay=False,
    ),
]
RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", help="File of rules (Cedar).", show_default="the built-in rules", dir_okay=False),
]
CasesOption = Annotated[
    Path | None,
    typer.Option(
        "--cases",
        help="[Case file](purposes.md#cases) (TOML) in which `CASE` stands.",
        show_default="the built-in cases",
        dir_okay=False,
    ),
]

_LISTS = ("relation", "fields")


def load_policy(purposes: Path | None, rules: Path | None) -> Policy:
    """The policy of these files, and of the default ones in place of None. PolicyError names the file; OSError."""
    purposes_text, rules_text = default_texts()
    if purposes is not None:
        purposes_text = _read(purposes)
    if rules is not None:
        rules_text = _read(rules)
    return Policy.parse(purposes_text, rules_text, 0, purposes_file=purposes, rules_file=rules)


def read_cases(path: Path | None) -> str:
    """The text of a case file, or of the default one. PolicyError where it can't be read; OSError."""
    text = default_cases() if path is None else _read(path)
    parse_cases(text, path)
    return text


def build_question(
    name: str | None,
    cases: Path | None,
    given: dict[str, Any],
    changes: Sequence[str],
) -> PolicyRequest:
    """The question of a case, of options, or of a case with something changed. PolicyError, BadParameter."""
    values: dict[str, Any] = {}
    if name is not None:
        found = [case for case in parse_cases(read_cases(cases)).case if case.name == name]
        if not found:
            raise WrongUsageError("there is no case {name}", name=name)
        values = found[0].values
    values |= {key: value for key, value in given.items() if value}
    known = [key for key in keys_of(Question) if key not in ("purpose", "role")]
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or key not in known:
            raise WrongUsageError("--set takes NAME=VALUE, where NAME is one of {known}", known=known)
        values[key] = _parse_value(key, value)
    if not values.keys() >= {"purpose", "role"}:
        raise PolicyError("name a case, or give --purpose and --role")
    return request_of(values)


def _parse_value(key: str, text: str) -> object:
    if key in _LISTS:
        return [part.strip() for part in text.split(",") if part.strip()]
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else text


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PolicyError("the file isn't UTF-8", file=path) from None
