"""Rules that can't be used, and on which line they stand (obligations of `wayseal.vault.policy._policy`)."""

import pytest

from tests.tables import each
from tests.vault.policy.asked import PURPOSES, RULES, default
from wayseal.vault.errors import PolicyError
from wayseal.vault.policy import Policy
from wayseal.vault.policy._policy import RESERVED, parse_rules

OPEN = '@id("open") @zh("开") @en("open") permit (principal, action, resource);\n'
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


@pytest.mark.parametrize("name", RESERVED)
def test_built_in_rules_cannot_be_written(name: str) -> None:
    with pytest.raises(PolicyError, match="none of the built-in"):
        Policy.parse(PURPOSES, OPEN.replace('"open"', f'"{name}"'), 1)


def test_lines_words_and_what_rules_look_at() -> None:
    text = OPEN + forbid('resource == Purpose::"sort" && context has ticket && resource.roles.contains(principal)')
    _, rule = parse_rules(text, ["courier"], ["sort"]).rules
    assert (rule.id, rule.permits, rule.zh, rule.en, rule.line) == ("a", False, "甲;", '// a " ;', 4)
    assert rule.looks_at == ("purpose", "ticket", "purpose.roles", "role")
    scoped = OPEN + HEAD + 'forbid (principal == Role::"courier", action, resource == Purpose::"sort");'
    assert parse_rules(scoped, ["courier"], ["sort"]).rules[1].looks_at == ("role", "purpose")


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
