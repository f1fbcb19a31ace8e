"""The texts of the report on what each table is worth.

Blanks: {n} plain; {n:n} with thousands; {n:case|cases} one word for 1, another for the rest; {s:share} a share; {p:%} a
probability. No <, > or & anywhere.
"""

from wayseal.model.messages import N_

TEXTS = {
    "tables.title": N_("What each table is worth"),
    "tables.headline": N_(
        "Most hangs on {tables}: without it, of {n:n} {n:case|cases} {gone:n} {gone:is|are} gone and {new:n} "
        "{new:is|are} new"
    ),
    "tables.headline_same": N_("No single table decides: {n:n} {n:case stays|cases stay} without any one of them"),
    "tables.headline_nothing": N_("With and without each table, no case is worth acting on"),
    "tables.lede": N_(
        "Detection has looked once with all tables, once without each, and once with nothing but the reads. A case "
        "that stays doesn't hang on that table. One that is gone does: the table is what tells it from work. One that "
        "is new is most likely work that only this table knows: so much would be accused wrongly if it were missing."
    ),
    "tables.what_if": N_("A what-if: nothing is recorded"),
    "tables.since": N_("First day"),
    "tables.until": N_("Last day"),
    "tables.cases": N_("Cases to look into"),
    "tables.watched": N_("Cases to watch"),
    "tables.table": N_("With and without"),
    "tables.table_note": N_(
        "Cases with a score of 50% or more. Explained: first reads behind which there is work or a mandate. Judged: "
        "first reads that could be judged; below a half it means nothing that nobody stands out."
    ),
    "tables.without": N_("Without", context="tables.without"),
    "tables.stays": N_("Stay", context="tables.stays"),
    "tables.gone": N_("Gone", context="tables.gone"),
    "tables.new": N_("New", context="tables.new"),
    "tables.explained": N_("Explained", context="tables.explained"),
    "tables.learnt": N_("Looks like work"),
    "tables.judged": N_("Judged", context="tables.judged"),
    "tables.nothing_left_out": N_("nothing: all tables"),
    "tables.all_left_out": N_("all of them"),
    "tables.step": N_("Without {tables}"),
    "tables.step_all": N_("With nothing but the reads"),
    "tables.step_note": N_("{gone:n} gone, {new:n} new, {stays:n} {stays:stays|stay}."),
    "tables.step_blind": N_("Most of what was read could not be judged: that nobody stands out would mean nothing."),
    "tables.case_gone": N_("Gone: {who}, {before:%}"),
    "tables.case_new": N_("New: {who}, {after:%}"),
    "tables.case_watched": N_("; still watched, {after:%}"),
    "tables.case_was_watched": N_("; watched before, {before:%}"),
    "tables.more": N_("{n:n} more; the JSON has all of them."),
    "tables.person": N_("{id} ({about})"),
    "tables.joint": N_("{n:n} accounts together"),
    "tables.digest": N_("Ledger"),
    "tables.footer": N_("A lead for investigators, not proof of guilt."),
}
"""Codes, which JSON reports and the docs name, and their texts."""
