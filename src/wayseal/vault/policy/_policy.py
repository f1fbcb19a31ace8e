"""A policy decides: purposes and rules, read once, asked many times.

Obligations (code and tests cite the numbers):
1. What no rule permits is refused, and every refusal names a rule.
2. Of several rules that refuse, the first in the order of the text is told; the others stand in `also`, for the log
   alone. An unknown waybill counts as one to which nobody stands in any relation and on which nobody has a ticket, so
   that whoever asks is told the same as of any waybill that is none of his business, and numbers can't be tried out.
3. No text of a courier's opens what the floor closes: an unknown purpose or waybill, an account that is blocked or not
   valid, what was erased, fields that the purpose doesn't show.
4. A rule that fails while it is evaluated refuses.
5. The same question has the same answer: no clock, no chance, no database; what was decided once is remembered.

Rules are Cedar text, held to the schema before it decides anything:
6. Every rule has an id of its own and says in Chinese and English what it means; what refuses can be named.
7. A rule that looks at something that isn't there is refused when the policy is read: Cedar would leave out a rule that
   fails, and a forbid that is left out is an open door. Roles, relations, states and purposes are closed lists.
8. An error tells the line on which its rule begins.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import cedarpy

from wayseal.custody import Relation, State
from wayseal.model.fields import Field
from wayseal.model.messages import N_
from wayseal.page.languages import in_both
from wayseal.vault.errors import PolicyError
from wayseal.vault.policy._purposes import MOST_HOURS, UNKNOWN, Label, Purpose, parse_purposes

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
    """Rules for these roles and purposes. PolicyError (obligations 6 to 8)."""
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
    """Each rule's text and the line on which it begins (obligation 8)."""
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


_MEMO = 1 << 14
_NONE: frozenset[Relation] = frozenset()
_FLOOR = (
    ("floor", *in_both(N_("no rule may let this pass"))),
    ("failed", *in_both(N_("a rule could not be evaluated"))),
    ("nothing_permits", *in_both(N_("no rule permits it"))),
)


class PolicyRequest(NamedTuple):
    """All that a decision rests on; a tuple, since one is made and looked up for each waybill asked for.

    kind: of `ActorKind`. fields: those that are asked for; None: all that the purpose shows. hours_since_delivery:
    hours begun, 0 before it. bulk: more waybills than `Purpose.most` or `most_a_day`. approved: a second person agreed.
    client_may: the calling system may act for this role. known: there is such a waybill.
    """

    purpose: str
    role: str
    kind: str
    client_may: bool
    blocked: bool
    valid: bool
    trained: bool
    relation: frozenset[Relation]
    has_ticket: bool
    known: bool
    state: State
    hours_since_delivery: int
    erased: bool
    bulk: bool
    approved: bool
    fields: frozenset[Field] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision and the rule it follows. also: further rules that refuse, for the log and for nobody who asks."""

    allowed: bool
    rule: str
    zh: str
    en: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Policy:
    """Purposes and rules of one version. sha256: of both texts, in hexadecimal digits."""

    version: int
    sha256: str
    purposes: Mapping[str, Purpose]
    roles: Mapping[str, Label]
    rules: tuple[PolicyRule, ...]
    _handle: cedarpy.PolicySet = field(repr=False)
    _entities: cedarpy.Entities = field(repr=False)
    _memo: dict[PolicyRequest, Decision] = field(repr=False)

    @staticmethod
    def parse(
        purposes_text: str,
        rules_text: str,
        version: int,
        *,
        purposes_file: Path | None = None,
        rules_file: Path | None = None,
    ) -> "Policy":
        """Read a policy. PolicyError names file (where there is one), line, and key or rule."""
        purposes, roles = parse_purposes(purposes_text, purposes_file)
        try:
            read = parse_rules(rules_text, roles, (*purposes, UNKNOWN))
        except PolicyError as error:
            error.at(file=rules_file)
            raise
        both = f"{len(purposes_text.encode())}\n{purposes_text}{rules_text}"
        return Policy(
            version=version,
            sha256=hashlib.sha256(both.encode()).hexdigest(),
            purposes=purposes,
            roles=roles,
            rules=read.rules,
            _handle=read.handle,
            _entities=_entities(purposes),
            _memo={},
        )

    def decide(self, request: PolicyRequest) -> Decision:
        """Decide whether it may be shown, and by which rule (obligations 1 to 5)."""
        request = self.plain(request)
        found = self._memo.get(request)
        if found is None:
            if len(self._memo) >= _MEMO:
                self._memo.clear()
            found = self._memo[request] = self._decided(request)
        return found

    def words(self, rule: str) -> tuple[str, str] | None:
        """Find the words of one of its rules, or of one that no text defines: (Chinese, English); None: unknown."""
        said = [(r.zh, r.en) for r in self.rules if r.id == rule] + [
            (zh, en) for name, zh, en in _FLOOR if name == rule
        ]
        return said[0] if said else None

    def code_of(self, purpose: str) -> str:
        """The code of a purpose that it has; `unknown` for whatever else a caller may have sent."""
        return purpose if purpose in self.purposes else UNKNOWN

    def plain(self, request: PolicyRequest) -> PolicyRequest:
        """The question as rules see it: unknown purposes are one, and nothing is known of an unknown waybill."""
        if request.purpose not in self.purposes:
            request = request._replace(purpose=UNKNOWN)
        if request.known:
            return request
        return request._replace(
            relation=_NONE, has_ticket=False, state=State.ISSUED, hours_since_delivery=0, erased=False
        )

    def context(self, request: PolicyRequest) -> dict[str, Any]:
        """Return the facts that rules look at, in the words of the schema; sets in order."""
        purpose = self.purposes.get(request.purpose)
        shown = purpose.fields.keys() if purpose else frozenset[Field]()
        return {
            "kind": request.kind,
            "client_may": request.client_may,
            "blocked": request.blocked,
            "valid": request.valid,
            "trained": request.trained,
            "fields": request.fields is None or request.fields <= shown,
            "bulk": request.bulk,
            "approved": request.approved,
            "relation": sorted(request.relation),
            "ticket": request.has_ticket,
            "known": request.known,
            "state": str(request.state),
            "hours": min(request.hours_since_delivery, MOST_HOURS + 1),
            "erased": request.erased,
        }

    def evaluated(self, request: PolicyRequest, rules: cedarpy.PolicySet | str | None = None) -> cedarpy.AuthzResult:
        """Evaluate a plain question with Cedar, by all rules or by these."""
        context = self.context(request)
        for name, kind in (("kind", "Kind"), ("state", "State")):
            context[name] = _entity(kind, context[name])
        context["relation"] = [_entity("Relation", name) for name in context["relation"]]
        cedar_request = {
            "principal": {"type": "Role", "id": request.role},
            "action": 'Action::"disclose"',
            "resource": {"type": "Purpose", "id": request.purpose},
            "context": context,
        }
        return cedarpy.is_authorized(cedar_request, self._handle if rules is None else rules, self._entities)

    def _decided(self, request: PolicyRequest) -> Decision:
        result = self.evaluated(request)
        fired = set(result.diagnostics.id_annotations_by_reason.values())
        named = [rule for rule in self.rules if rule.id in fired]
        if result.allowed and not result.diagnostics.errors and self._above_floor(request):
            return Decision(allowed=True, rule=named[0].id, zh=named[0].zh, en=named[0].en)
        refusing = [(rule.id, rule.zh, rule.en) for rule in named if not rule.permits]
        floor, failed, nothing = _FLOOR
        if result.diagnostics.errors:  # obligation 4
            refusing.append(failed)
        elif result.allowed:  # obligation 3
            refusing.append(floor)
        refusing = refusing or [nothing]
        rule, zh, en = refusing[0]
        return Decision(allowed=False, rule=rule, zh=zh, en=en, also=tuple(other[0] for other in refusing[1:]))

    def _above_floor(self, request: PolicyRequest) -> bool:
        """Obligation 3."""
        purpose = self.purposes.get(request.purpose)
        if purpose is None or not request.known or request.erased or request.blocked or not request.valid:
            return False
        return request.fields is None or request.fields <= purpose.fields.keys()


def default_texts() -> tuple[str, str]:
    """Purposes and rules that come with Wayseal, as text."""
    here = resources.files(__package__)
    return here.joinpath("purposes.toml").read_text("utf-8"), here.joinpath("rules.cedar").read_text("utf-8")


def _entity(kind: str, name: str) -> dict[str, Any]:
    return {"__entity": {"type": kind, "id": name}}


def _entities(purposes: Mapping[str, Purpose]) -> cedarpy.Entities:
    """Purposes as rules see them; the unknown one opens nothing to nobody."""
    rows = [_purpose(UNKNOWN, frozenset(), frozenset(), 0, None, last_leg=False)]
    rows += [
        _purpose(p.code, p.roles, p.custody, p.grace_h, p.ticket_h, last_leg=p.last_leg) for p in purposes.values()
    ]
    return cedarpy.Entities.from_json_str(json.dumps(rows))


def _purpose(
    code: str, roles: frozenset[str], custody: frozenset[Relation], grace: int, ticket: int | None, *, last_leg: bool
) -> dict[str, Any]:
    attributes = {
        "roles": [_entity("Role", role) for role in sorted(roles)],
        "custody": [_entity("Relation", relation) for relation in sorted(custody)],
        "grace": grace,
        "last_leg": last_leg,
        "ticket": ticket is not None,
        "ticket_grace": ticket or 0,
    }
    return {"uid": {"type": "Purpose", "id": code}, "attrs": attributes, "parents": []}
