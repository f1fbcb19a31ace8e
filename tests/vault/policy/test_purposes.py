"""Purposes that can't be used (obligations of `wayseal.vault.policy._purposes`), and what the default ones promise.

Rules that can't be used, and on which line they stand (obligations of `wayseal.vault.policy._policy`).
"""

import pytest

from tests.tables import each
from tests.vault.policy.asked import PURPOSES, RULES, default
from wayseal.custody import Relation
from wayseal.model.fields import Field, FieldKind, Form
from wayseal.model.kinds import ActorKind
from wayseal.model.schema import keys_of
from wayseal.vault.errors import PolicyError
from wayseal.vault.policy import Policy, Purpose

OPEN = '@id("open") @zh("开") @en("open") permit (principal, action, resource);\n'
ROLES = '[roles]\ncourier = { zh = "快递员", en = "courier" }\n'
ROW = """
[[purpose]]
code = "deliver"
zh = "派送"
en = "deliver"
roles = ["courier"]
custody = ["holds"]
grace = "90m"
ticket = "2d"
lasts = "24h"
fields = { recipient_name = "masked", recipient_address = "region" }
budget = { base = 1, per = { arrivals = 1.5 }, cap = 3, outlet_base = 4, outlet_per = { tickets = 2 } }
bulk = { person = 5 }
"""


def delivery(row: str) -> Purpose:
    """The purpose that this row makes."""
    return Policy.parse(ROLES + row, OPEN, 1).purposes["deliver"]


def test_what_a_purpose_is() -> None:
    policy = Policy.parse(ROLES + ROW, OPEN, 1)
    made = policy.purposes["deliver"]
    assert (policy.roles["courier"].zh, made.zh, made.roles) == ("快递员", "派送", frozenset(["courier"]))
    assert made.custody == {Relation.HOLDS}
    assert (made.grace_h, made.ticket_h, made.lasts_s) == (1, 48, 86_400)
    assert made.fields == {Field.RECIPIENT_NAME: Form.MASKED, Field.RECIPIENT_ADDRESS: Form.REGION}
    assert (made.budget.per, made.budget.outlet_per, made.budget.outlet_base) == (
        {"arrivals": 1.5},
        {"tickets": 2.0},
        4,
    )
    assert [made.most(kind) for kind in (ActorKind.PERSON, ActorKind.SERVICE)] == [5, 1]
    assert made.last_leg is False
    assert (made.find.quota, made.find.most, made.revises) == (20, 50, frozenset())
    assert delivery(ROW + 'revises = ["goods"]\n').revises == {Field.GOODS}
    for written, quota, most in (("quota = 0", 0, 50), ("quota = 3, most = 1", 3, 1)):
        found = delivery(ROW + f"find = {{ {written} }}\n").find
        assert (found.quota, found.most) == (quota, most)


@each(
    ("old", "new", "error"),
    [
        ("[roles]", "[roles", "line 1: not TOML here"),
        ("[roles]", "[others]", "line 1: others: not known here; one of roles, purpose"),
        ('courier = { zh = "快递员", en = "courier" }', "", "line 1: roles: needs at least one"),
        ("[roles]", "#", "line 2: courier: not known here; one of roles, purpose"),
        ("courier = {", "Courier = {", "line 2: roles.Courier: needs lower case, such as change_address"),
        ('zh = "快递员", ', "", "line 2: roles.courier.zh: this key is needed"),
        ('zh = "快递员"', "zh = 5", "line 2: roles.courier.zh: needs a text in quotes"),
        ('{ zh = "快递员", en = "courier" }', '"x"', "line 2: roles.courier: is written as [roles.courier]"),
        (ROW, "", "line 1: purpose: this key is needed"),
        (ROLES + ROW, "purpose = [1]\n" + ROLES, "line 1: purpose: is written as [[purpose]]"),
        (ROLES + ROW, "purpose = 1\n" + ROLES, "line 1: purpose: is written as [[purpose]]"),
        (ROW, ROW + ROW, "line 18: purpose.code: this purpose stands twice"),
        ('code = "deliver"', 'code = "De liver"', "line 5: purpose.code: needs lower case, such as change_address"),
        ('code = "deliver"', 'code = "unknown"', "line 5: purpose.code: is what every other code counts as"),
        ('code = "deliver"', "", "line 4: purpose.code: this key is needed"),
        ("bulk =", "bulks =", "line 15: purpose.bulks: not known here; did you mean bulk?"),
        ('zh = "派送"', 'zh = " "', "line 6: purpose.zh: needs a text in quotes"),
        ('"courier"]', '"boss"]', "line 8: purpose.roles: needs roles that [roles] lists: courier"),
        ('["courier"]', "[]", "line 8: purpose.roles: needs at least one"),
        ('["courier"]', '"courier"', "line 8: purpose.roles: needs a list"),
        ('["holds"]', '["hold"]', "line 9: purpose.custody: is one of holds, "),
        ('["holds"]', "[1]", "line 9: purpose.custody: is one of holds, "),
        ('custody = ["holds"]\ngrace = "90m"\nticket = "2d"\n', "", "line 4: purpose: nothing opens this purpose; it "),
        ('custody = ["holds"]\n', "", "line 9: purpose.grace: goes with custody: both or neither"),
        ('grace = "90m"', "", "line 4: purpose.grace: goes with custody: both or neither"),
        ('grace = "90m"', 'grace = "90"', "line 10: purpose.grace: needs a length such as 90m, 12h or 10d"),
        ('grace = "90m"', 'grace = "90m"\nlast_leg = 1', "line 11: purpose.last_leg: is true or false"),
        ('ticket = "2d"', "ticket = true", "line 11: purpose.ticket: needs a length such as"),
        ('lasts = "24h"', 'lasts = "0"', "line 12: purpose.lasts: needs a length such as"),
        ('lasts = "24h"', 'lasts = "0d"', "line 12: purpose.lasts: needs a length such as"),
        (
            'recipient_name = "masked"',
            'recipient = "masked"',
            "line 13: purpose.fields.recipient: is one of sender_name",
        ),
        (
            'recipient_name = "masked"',
            'recipient_name = "none"',
            "line 13: purpose.fields.recipient_name: is one of full",
        ),
        (
            'recipient_name = "masked"',
            'recipient_name = "region"',
            "line 13: purpose.fields.recipient_name: only an addr",
        ),
        ('recipient_name = "masked"', "recipient_name = 1", "line 13: purpose.fields.recipient_name: is one of full"),
        (
            'fields = { recipient_name = "masked", recipient_address = "region" }',
            "",
            "line 4: purpose.fields: this key",
        ),
        (
            '{ recipient_name = "masked", recipient_address = "region" }',
            "{}",
            "line 13: purpose.fields: needs at least",
        ),
        ("base = 1,", "base = -1,", "line 14: purpose.budget.base: needs a whole number, 0 or more"),
        ("base = 1,", "base = true,", "line 14: purpose.budget.base: needs a whole number, 0 or more"),
        ("cap = 3,", "", "line 14: purpose.budget.cap: this key is needed"),
        ("cap = 3,", "cap = 3, most = 4,", "line 14: purpose.budget.most: not known here"),
        ("outlet_base = 4, ", "", "line 14: purpose.budget.outlet_per: needs outlet_base beside it"),
        (
            "outlet_base = 4, outlet_per = { tickets = 2 }",
            "outlet_per = {}",
            "line 14: purpose.budget.outlet_per: needs",
        ),
        ("arrivals = 1.5", "parcels = 1.5", "line 14: purpose.budget.per.parcels: is one of arrivals, "),
        ("arrivals = 1.5", "arrivals = nan", "line 14: purpose.budget.per.arrivals: needs a number between 0 and 1000"),
        (
            "arrivals = 1.5",
            "arrivals = true",
            "line 14: purpose.budget.per.arrivals: needs a number between 0 and 1000",
        ),
        ("{ tickets = 2 }", "2", "line 14: purpose.budget.outlet_per: is written as [purpose.budget.outlet_per]"),
        ("person = 5", "people = 5", "line 15: purpose.bulk.people: is one of person, "),
        ("person = 5", "person = 1.5", "line 15: purpose.bulk.person: needs a whole number, 0 or more"),
        ("bulk =", 'revises = ["name"]\nbulk =', "line 15: purpose.revises: is one of sender_name, "),
        ("bulk =", "revises = true\nbulk =", "line 15: purpose.revises: needs a list"),
        ("bulk =", "find = 5\nbulk =", "line 15: purpose.find: is written as [purpose.find]"),
        ("bulk =", "find = { a_day = 5 }\nbulk =", "line 15: purpose.find.a_day: not known here; one of quota, most"),
        ("bulk =", "find = { quota = -1 }\nbulk =", "line 15: purpose.find.quota: needs a whole number, 0 or more"),
        ("bulk =", "find = { most = true }\nbulk =", "line 15: purpose.find.most: needs a whole number, 0 or more"),
    ],
)
def test_1_and_2_what_cannot_be_used(old: str, new: str, error: str) -> None:
    text = ROLES + ROW
    assert old in text
    with pytest.raises(PolicyError) as raised:
        Policy.parse(text.replace(old, new), OPEN, 1)
    assert str(raised.value).startswith(error)


def test_3_every_purpose_needs_custody_or_a_ticket() -> None:
    only_ticket = ROW.replace('custody = ["holds"]\ngrace = "90m"\n', "").replace('"2d"', '"0"')
    assert delivery(only_ticket).ticket_h == 0
    no_budget = ROW[: ROW.index("budget =")]
    with pytest.raises(PolicyError, match=r"line 4: purpose\.budget: this key is needed"):
        delivery(no_budget)
    bare = no_budget + "budget = { base = 0, cap = 0 }"
    made = delivery(bare)
    assert (made.budget.per, made.budget.outlet_base, made.most(ActorKind.PERSON)) == ({}, None, 1)
    assert all(purpose.custody or purpose.ticket_h is not None for purpose in default().purposes.values())


def test_the_default_purposes_show_no_more_than_they_need() -> None:
    purposes = default().purposes
    full = {(p.code, field) for p in purposes.values() for field, form in p.fields.items() if form is Form.FULL}
    phones = {code for code, field in full if field.kind is FieldKind.PHONE}
    assert phones == {"contact", "contact_sender"}
    for code in phones:
        assert len(purposes[code].fields) == 2
        assert purposes[code].lasts_s <= 2 * 3600
        assert purposes[code].most(ActorKind.PERSON) <= 10
    for code in ("sort", "linehaul"):
        assert set(purposes[code].fields.values()) == {Form.REGION}
    # No purpose shows a whole person: name, phone and address in full.
    for p in purposes.values():
        for side in ("sender", "recipient"):
            parts = [p.fields.get(Field(f"{side}_{part}")) for part in ("name", "phone", "address")]
            assert parts != [Form.FULL] * 3


def test_only_one_of_the_default_purposes_changes_anything() -> None:
    assert {p.code: p.revises for p in default().purposes.values() if p.revises} == {
        "change_address": {Field.RECIPIENT_PHONE, Field.RECIPIENT_ADDRESS}
    }
    assert default().purposes["change_address"].custody == frozenset()


def test_the_comments_of_the_file_explain_its_keys() -> None:
    comments = "\n".join(line for line in PURPOSES.splitlines() if line.startswith("#"))
    for key in set(keys_of(Purpose)) - {"code", "zh", "en"}:
        assert key in comments, key


HEAD = '// one; "two\n\n@id("a") @zh("甲;") @en("// a \\" ;") '


def forbid(condition: str) -> str:
    return HEAD + f"forbid (principal, action, resource)\nwhen {{ {condition} }};"


@each(
    ("text", "error"),
    [
        ("", "no rule permits anything"),
        (forbid("true"), "no rule permits anything"),
        (OPEN + OPEN, "line 2: rule open stands twice"),
        (OPEN + forbid("true")[:-1], "line 4: a rule ends with a semicolon"),
        (OPEN + '"', "line 2: a rule ends with a semicolon"),
        (OPEN + ";", "line 2: not a rule"),
        (OPEN + HEAD + "forbid (principal, action resource);", "line 4: not a rule: unexpected token `resource`"),
        (OPEN + HEAD + "forbid (principal == ?principal, action, resource);", "line 4: not a rule: templates"),
        (OPEN + "forbid (principal, action, resource);", "line 2: a rule needs an @id"),
        (OPEN + forbid("true").replace('"a"', '"A b"'), "line 4: a rule needs an @id"),
        (OPEN + forbid("true").replace("甲;", " "), "line 4: rule a: @zh must say"),
        (OPEN + forbid("true").replace("@en", "@fr"), "line 4: rule a: @en must say"),
        (OPEN + forbid("context.custody"), "line 4: rule a: attribute `custody` in context"),
        (OPEN + forbid('context.relation.contains(Relation::"hold")'), 'line 4: rule a: entity `Relation::"hold"`'),
        (OPEN + forbid('principal == Role::"boss"'), 'line 4: rule a: entity `Role::"boss"`'),
        (OPEN + forbid('resource == Purpose::"delivery"'), "line 4: rule a: there is no purpose delivery"),
        (OPEN + forbid('resource in [Purpose::"sort", Purpose::"x"]'), "line 4: rule a: there is no purpose x"),
        (OPEN + forbid("context.hours"), "line 4: rule a: "),
        (OPEN + forbid('context.state == "held"'), "line 4: rule a: "),
        (OPEN + forbid("resource.fields"), "line 4: rule a: attribute `fields`"),
        (OPEN + forbid("principal.outlet"), "line 4: rule a: attribute `outlet`"),
    ],
)
def test_what_cannot_be_used(text: str, error: str) -> None:
    with pytest.raises(PolicyError) as raised:
        Policy.parse(PURPOSES, text, 1)
    assert str(raised.value).startswith(error)
    assert "policy0" not in str(raised.value)


@pytest.mark.parametrize("name", ["nothing_permits", "failed", "floor", "budget", "outlet_budget"])
def test_built_in_rules_cannot_be_written(name: str) -> None:
    with pytest.raises(PolicyError, match="none of the built-in"):
        Policy.parse(PURPOSES, OPEN.replace('"open"', f'"{name}"'), 1)


def test_lines_words_and_what_rules_look_at() -> None:
    text = OPEN + forbid('resource == Purpose::"sort" && context has ticket && resource.roles.contains(principal)')
    _, rule = Policy.parse(PURPOSES, text, 1).rules
    assert (rule.id, rule.permits, rule.zh, rule.en, rule.line) == ("a", False, "甲;", '// a " ;', 4)
    assert rule.looks_at == ("purpose", "ticket", "purpose.roles", "role")
    scoped = OPEN + HEAD + 'forbid (principal == Role::"courier", action, resource == Purpose::"sort");'
    assert Policy.parse(PURPOSES, scoped, 1).rules[1].looks_at == ("role", "purpose")


def test_the_default_rules_stand_where_they_say() -> None:
    lines = RULES.splitlines()
    for rule in default().rules:
        assert lines[rule.line - 1] == f'@id("{rule.id}")'
        assert rule.text in RULES
    assert [rule.id for rule in default().rules if rule.permits] == ["work"]


def test_rules_of_the_couriers_own_stand_beside_the_default_ones() -> None:
    own = '@id("night") @zh("甲") @en("a") forbid (principal == Role::"clerk", action, resource == Purpose::"contact");'
    policy = Policy.parse(PURPOSES, RULES + own, 1)
    assert [rule.id for rule in policy.rules][-1] == "night"
