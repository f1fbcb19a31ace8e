"""Rules: Cedar text, held to the schema before it decides anything.

Obligations (code and tests cite the numbers):
1. Every rule has an id of its own and says in Chinese and English what it means; what refuses can be named.
2. A rule that looks at something that isn't there is refused when the policy is read: Cedar would leave out a rule that
   fails, and a forbid that is left out is an open door. Roles, relations, states and purposes are closed lists.
3. An error tells the line on which its rule begins.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import cedarpy

from wayseal.vault.errors import PolicyError

RESERVED = ("nothing_permits", "failed", "floor", "budget", "outlet_budget")
"""Rules that no text defines."""
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*(?:"|\\?\Z)|//[^\n]*|;|\s+|[^";/\s]+|.', re.DOTALL)
"""A text without its end goes to the end of all, so that no part of it is looked at twice."""
_OF_POLICY = re.compile(r"^for policy `policy0`[,:] ")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """One rule. looks_at: what it rests on, as `relation` (of the request) or `purpose.custody` (of the purpose)."""

    id: str
    permits: bool
    zh: str
    en: str
    line: int
    text: str
    looks_at: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRules:
    """Rules in the order of their text, and what Cedar made of them."""

    rules: tuple[PolicyRule, ...]
    handle: cedarpy.PolicySet


def parse_rules(text: str, roles: Iterable[str], purposes: Iterable[str]) -> PolicyRules:
    """Rules for these roles and purposes. PolicyError (obligations 1 to 3)."""
    known = frozenset(purposes)
    schema = _schema(roles)
    rules: list[PolicyRule] = []
    for line, statement in _statements(text):
        rule = _rule(statement, line, known, schema)
        if rule.id in {r.id for r in rules}:
            raise PolicyError("rule {id} stands twice", line=line, id=rule.id)
        rules.append(rule)
    if not any(rule.permits for rule in rules):
        raise PolicyError("no rule permits anything")
    return PolicyRules(rules=tuple(rules), handle=cedarpy.PolicySet.from_str(text))


def _schema(roles: Iterable[str]) -> cedarpy.Schema:
    text = resources.files(__package__).joinpath("schema.cedarschema").read_text("utf-8")
    return cedarpy.Schema.from_str(text.replace("{roles}", ", ".join(map(json.dumps, roles))))


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each rule's text and the line on which it begins (obligation 3)."""
    start, begun, line, first = 0, False, 1, 1
    for token in _TOKEN.finditer(text):
        if not begun and not token[0].isspace() and not token[0].startswith("//"):
            start, first, begun = token.start(), line, True
        line += token[0].count("\n")
        if token[0] == ";":
            yield first, text[start : token.end()]
            begun = False
    if begun:
        raise PolicyError("a rule ends with a semicolon", line=first)


def _rule(statement: str, line: int, purposes: frozenset[str], schema: cedarpy.Schema) -> PolicyRule:
    try:
        made = json.loads(cedarpy.policies_to_json_str(statement))
    except ValueError as error:
        raise PolicyError("not a rule: {error}", line=line, error=error) from None
    if len(made["staticPolicies"]) != 1:
        raise PolicyError("not a rule: templates and empty statements have no place here", line=line)
    (body,) = made["staticPolicies"].values()
    words = body.get("annotations", {})
    name = words.get("id") or ""
    if not _ID.fullmatch(name) or name in RESERVED:
        raise PolicyError("a rule needs an @id in lower case, such as no_ticket, and none of the built-in", line=line)
    for lang in ("zh", "en"):
        if not (words.get(lang) or "").strip():
            raise PolicyError("rule {name}: @{lang} must say what it means", line=line, name=name, lang=lang)
    checked = cedarpy.validate_policies(statement, schema)
    if not checked:
        raise PolicyError(
            "rule {name}: {error}",
            line=line,
            name=name,
            error=_OF_POLICY.sub("", checked.errors[0].error),
        )
    if wrong := sorted(_named("Purpose", body) - purposes):
        raise PolicyError("rule {name}: there is no purpose {code}", line=line, name=name, code=wrong[0])
    return PolicyRule(
        id=name,
        permits=body["effect"] == "permit",
        zh=words["zh"],
        en=words["en"],
        line=line,
        text=statement,
        looks_at=_looks_at(body),
    )


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside a rule's JSON form, outer ones first."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _nodes(inner)


def _named(kind: str, body: Mapping[str, Any]) -> set[str]:
    """Ids of one entity type that a rule names."""
    return {str(node["id"]) for node in _nodes(body) if node.get("type") == kind and "id" in node}


def _looks_at(body: Mapping[str, Any]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for scope, name in (("principal", "role"), ("resource", "purpose")):
        if body[scope]["op"] != "All":
            found[name] = None
    owned: set[int] = set()
    for node in _nodes(body["conditions"]):
        access = node.get(".") or node.get("has")
        if access and access["left"].get("Var") in ("context", "resource"):
            owned.add(id(access["left"]))
            found[("" if access["left"]["Var"] == "context" else "purpose.") + access["attr"]] = None
        elif node.get("Var") in ("principal", "resource") and id(node) not in owned:
            found["role" if node["Var"] == "principal" else "purpose"] = None
    return tuple(found)
