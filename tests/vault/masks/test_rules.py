"""Rule 5: every row's example is what the code does; rule 4: a mask of a mask shows nothing more."""

from tests.tables import each
from wayseal.model.fields import FieldKind
from wayseal.vault.masks import GB_T_41833, RULE_SETS, MaskRule, RuleSet, mask

ROWS = [(rules, kind, row) for rules in RULE_SETS.values() for kind, rows in rules.rows.items() for row in rows]


@each(("rules", "kind", "row"), ROWS)
def test_a_row_does_what_its_example_says(rules: RuleSet, kind: FieldKind, row: MaskRule) -> None:
    assert mask(row.example, kind, rules) == row.masked


@each(("rules", "kind", "row"), ROWS)
def test_what_a_row_shows_is_masked_to_itself(rules: RuleSet, kind: FieldKind, row: MaskRule) -> None:
    assert mask(row.masked, kind, rules) == row.masked


def test_rows_have_ids_of_their_own_and_say_what_they_do() -> None:
    for rules in RULE_SETS.values():
        ids = [row.id for rows in rules.rows.values() for row in rows]
        assert len(ids) == len(set(ids))
        assert all(row.says for rows in rules.rows.values() for row in rows)


def test_sets_are_found_by_their_id_and_have_every_kind() -> None:
    assert {name: rules.id for name, rules in RULE_SETS.items()} == {name: name for name in RULE_SETS}
    assert GB_T_41833 is RULE_SETS["gb-t-41833-2022"]
    assert all(set(rules.rows) == set(FieldKind) for rules in RULE_SETS.values())
