"""Purposes that can't be used (obligations of `wayseal.vault.policy._purposes`), and what the default ones promise."""

import pytest

from tests.tables import each
from tests.vault.policy.asked import PURPOSES, default
from wayseal.custody import Relation
from wayseal.vault.errors import PolicyError
from wayseal.vault.fields import Field, FieldKind, Form
from wayseal.vault.policy._purposes import KEYS, LookUps, parse_purposes

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


def test_what_a_purpose_is() -> None:
    purposes, roles = parse_purposes(ROLES + ROW)
    made = purposes["deliver"]
    assert (roles["courier"].zh, made.zh, made.roles) == ("快递员", "派送", frozenset(["courier"]))
    assert made.custody == {Relation.HOLDS}
    assert (made.grace_h, made.ticket_h, made.lasts_s) == (1, 48, 86_400)
    assert made.fields == {Field.RECIPIENT_NAME: Form.MASKED, Field.RECIPIENT_ADDRESS: Form.REGION}
    assert (made.budget.per, made.budget.outlet_per, made.budget.outlet_base) == (
        {"arrivals": 1.5},
        {"tickets": 2.0},
        4,
    )
    assert [made.most(kind) for kind in ("person", "service")] == [5, 1]
    assert made.last_leg is False
    assert (made.find.quota, made.find.most, made.revises) == (20, 50, frozenset())
    some = parse_purposes(ROLES + ROW + 'revises = ["goods"]\n')[0]["deliver"]
    assert some.revises == {Field.GOODS}
    assert parse_purposes(ROLES + ROW + "find = { quota = 0 }\n")[0]["deliver"].find == LookUps(quota=0, most=50)
    assert parse_purposes(ROLES + ROW + "find = { quota = 3, most = 1 }\n")[0]["deliver"].find == LookUps(
        quota=3, most=1
    )


@each(
    ("old", "new", "error"),
    [
        ("[roles]", "[roles", "not TOML"),
        ("[roles]", "[others]", "only [roles] and [[purpose]] tables may stand in it: others"),
        ('courier = { zh = "快递员", en = "courier" }', "", "[roles] must say what each role is called"),
        ("courier = {", "Courier = {", "role 'Courier': a role's name must be lower case"),
        ('zh = "快递员", ', "", "role courier: must have zh and en"),
        ('zh = "快递员"', "zh = 5", "role courier: must have zh and en"),
        ('{ zh = "快递员", en = "courier" }', '"x"', "role courier: must have zh and en"),
        (ROW, "", "there must be at least one [[purpose]] table"),
        (ROLES + ROW, "purpose = [1]\n" + ROLES, "there must be at least one"),
        (ROW, ROW + ROW, "purpose deliver stands twice"),
        ('code = "deliver"', 'code = "De liver"', "purpose 1: code must be lower case"),
        ('code = "deliver"', 'code = "unknown"', "purpose 1: code must be lower case"),
        ('code = "deliver"', "", "purpose 1: code must be lower case"),
        ("bulk =", "bulks =", "in purpose deliver: unknown key bulks"),
        ('zh = "派送"', 'zh = " "', "purpose deliver: zh must be what the purpose is called"),
        ('"courier"]', '"boss"]', "purpose deliver: roles must be a list of courier"),
        ('["courier"]', "[]", "purpose deliver: roles must be a list of courier"),
        ('["courier"]', '"courier"', "purpose deliver: roles must be a list of courier"),
        ('["holds"]', '["hold"]', "purpose deliver: custody must be a list of destination, "),
        ('["holds"]', "[1]", "purpose deliver: custody must be a list of destination, "),
        ('custody = ["holds"]\ngrace = "90m"\nticket = "2d"\n', "", "purpose deliver: nothing opens it; it needs"),
        ('custody = ["holds"]\n', "", "purpose deliver: grace must be left out without custody"),
        ('grace = "90m"', "", "purpose deliver: grace must be a length such as"),
        ('grace = "90m"', 'grace = "90"', "purpose deliver: grace must be a length such as"),
        ('grace = "90m"', 'grace = "90m"\nlast_leg = 1', "purpose deliver: last_leg must be true or false"),
        ('ticket = "2d"', "ticket = true", "purpose deliver: ticket must be a length such as"),
        ('lasts = "24h"', 'lasts = "0"', "purpose deliver: lasts must be a length such as"),
        ('recipient_name = "masked"', 'recipient = "masked"', "purpose deliver: fields must be a table of sender_name"),
        (
            'recipient_name = "masked"',
            'recipient_name = "none"',
            "purpose deliver: fields.recipient_name must be one of",
        ),
        (
            'recipient_name = "masked"',
            'recipient_name = "region"',
            "purpose deliver: fields.recipient_name must be one",
        ),
        ('recipient_name = "masked"', "recipient_name = 1", "purpose deliver: fields.recipient_name must be one of"),
        ('fields = { recipient_name = "masked", recipient_address = "region" }', "", "purpose deliver: fields must be"),
        ("base = 1,", "base = -1,", "purpose deliver: budget.base must be a whole number"),
        ("base = 1,", "base = true,", "purpose deliver: budget.base must be a whole number"),
        ("cap = 3,", "", "purpose deliver: budget.cap must be a whole number"),
        ("cap = 3,", "cap = 3, most = 4,", "in purpose deliver, budget: unknown key most"),
        ("outlet_base = 4, ", "", "purpose deliver: budget.outlet_base must be given with outlet_per"),
        ("arrivals = 1.5", "parcels = 1.5", "purpose deliver: budget.per must be a table of arrivals, "),
        ("arrivals = 1.5", "arrivals = nan", "purpose deliver: budget.per must be numbers between 0 and 1000"),
        ("arrivals = 1.5", "arrivals = true", "purpose deliver: budget.per must be numbers between 0 and 1000"),
        ("{ tickets = 2 }", "2", "purpose deliver: budget.outlet_per must be a table of arrivals, "),
        ("person = 5", "people = 5", "purpose deliver: bulk must be a table of person, "),
        ("person = 5", "person = 1.5", "purpose deliver: bulk.person must be a whole number"),
        ("bulk =", 'revises = ["name"]\nbulk =', "purpose deliver: revises must be a list of goods, "),
        ("bulk =", "revises = true\nbulk =", "purpose deliver: revises must be a list of goods, "),
        ("bulk =", "find = 5\nbulk =", "purpose deliver: find must be a table of quota, most"),
        ("bulk =", "find = { a_day = 5 }\nbulk =", "in purpose deliver, find: unknown key a_day"),
        ("bulk =", "find = { quota = -1 }\nbulk =", "purpose deliver: find.quota must be a whole number"),
        ("bulk =", "find = { most = true }\nbulk =", "purpose deliver: find.most must be a whole number"),
    ],
)
def test_1_and_2_what_cannot_be_used(old: str, new: str, error: str) -> None:
    text = ROLES + ROW
    assert old in text
    with pytest.raises(PolicyError) as raised:
        parse_purposes(text.replace(old, new))
    assert str(raised.value).startswith(error)


def test_3_every_purpose_needs_custody_or_a_ticket() -> None:
    only_ticket = ROW.replace('custody = ["holds"]\ngrace = "90m"\n', "").replace('"2d"', '"0"')
    assert parse_purposes(ROLES + only_ticket)[0]["deliver"].ticket_h == 0
    no_budget = ROW[: ROW.index("budget =")]
    with pytest.raises(PolicyError, match="budget must be a table with base, per and cap"):
        parse_purposes(ROLES + no_budget)
    bare = no_budget + "budget = { base = 0, cap = 0 }"
    made = parse_purposes(ROLES + bare)[0]["deliver"]
    assert (made.budget.per, made.budget.outlet_base, made.most("person")) == ({}, None, 1)
    assert all(purpose.custody or purpose.ticket_h is not None for purpose in default().purposes.values())


def test_the_default_purposes_show_no_more_than_they_need() -> None:
    purposes = default().purposes
    full = {(p.code, field) for p in purposes.values() for field, form in p.fields.items() if form is Form.FULL}
    phones = {code for code, field in full if field.kind is FieldKind.PHONE}
    assert phones == {"contact", "contact_sender"}
    for code in phones:
        assert len(purposes[code].fields) == 2
        assert purposes[code].lasts_s <= 2 * 3600
        assert purposes[code].most("person") <= 10
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
    for key in set(KEYS) - {"code", "zh", "en"}:
        assert key in comments, key
