from pathlib import Path

import pytest

from tests.store.logs.making import COMBINED, OCSF, PGAUDIT, mapping
from tests.tables import each
from wayseal.store.errors import StoreError
from wayseal.store.mapping import Format

P = 'format = "pgaudit-csvlog"\n'
C = 'format = "combined"\n'
T = P + '[tables.t]\nwaybill = "no"\n'
D = P + '[tables.t]\nwaybill = "no"\nissued_at = '
FILTER = '[[drop]]\ncolumn = "user_name"\nequals = "x"\n'
R = C + '[[paths]]\npath = "/{waybill}"\n'

WRONG = [
    ('[tables.t]\nwaybill = "no"\n', 1, "tables", "only for the formats"),
    (P, 1, "tables", "needs [tables.NAME]"),
    (C, 1, "paths", "needs [[paths]]"),
    ('format = "ocsf"\n', 1, "tables", "where the waybills are"),
    ('table = "accesses"\n' + T, 1, "table", "accesses and queries"),
    ('delimiter = ","\n' + T, 1, "delimiter", "no use"),
    ("header = true\n" + T, 1, "header", "no use"),
    ("resources = []\n" + T, 1, "resources", "no use"),
    (T + '[[paths]]\npath = "/x"\n', 4, "paths", "no use"),
    ("columns = 1\n" + T, 1, "columns", "[columns]"),
    (T + '[columns]\nactor = { column = "user_name", split = "," }\n', 5, "columns.actor.split", "only cells of"),
    (T + '[columns]\nwaybill = "x"\n', 5, "columns.waybill", "not known here"),
    (T + '[columns]\nactor = "user_nam"\n', 5, "columns.actor", "has no such column; it has log_time"),
    (T + '[columns]\nactor = { first_of = ["user_name", "x"] }\n', 5, "columns.actor", "has no such column"),
    (T + '[columns]\nactor = { first_of = [] }\n', 5, "columns.actor.first_of", "list of column names"),
    (T + '[columns]\nactor = { first_of = ["user_name"], column = "x" }\n', 5, "columns.actor", "one of column"),
    (T + FILTER + '[[drop]]\ncolumn = "x"\nequals = "y"\n', 8, "drop.column", "no such column"),
    (T + FILTER + '[[keep]]\ncolumn = "x"\nequals = "y"\n', 8, "keep.column", "no such column"),
    (P + "tables = 1\n", 2, "tables", "[tables.NAME]"),
    (P + '[tables.t]\nwaybil = "no"\n', 3, "tables.t.waybil", "not known here"),
    (P + '[tables.t]\norigin_outlet = "no"\n', 2, "tables.t", "needs its column `waybill`"),
    (P + '[tables."s.t"]\nwaybill = 1\n', 3, "tables.s.t.waybill", "name of a column"),
    (P + '[tables.t]\nwaybill = "no"\ncustomer = "No"\n', 4, "tables.t.customer", "already"),
    (T + 'customer = { column = "x", unit = "day" }\n', 4, "tables.t.customer.unit", "not known here; one of column"),
    (D + '{ colum = "x" }\n', 4, "tables.t.issued_at.colum", "not known here"),
    (D + '{ column = "x", unit = "week" }\n', 4, "tables.t.issued_at.unit", "is one of time"),
    (D + '{ unit = "day" }\n', 4, "tables.t.issued_at.column", "this key is needed"),
    (P + '[tables.t]\noutlet = "no"\nwaybill = "x"\n', 4, "tables.t.waybill", "not known here"),
    (R + '[[drop]]\ncolumn = "agent"\n', 4, "drop", "needs one of equals and matches"),
    (R + '[[drop]]\ncolumn = "agent"\nequals = "x"\nmatches = "y"\n', 4, "drop", "needs one of equals and matches"),
    (R + "[[keep]]\ncolumn = 'agent'\nmatches = '(?=a)b'\n", 6, "keep.matches", "looks ahead"),
    (R + f"[[drop]]\ncolumn = 'agent'\nmatches = '{'(a?){{900}}' * 5}'\n", 6, "drop.matches", "4,000"),
    (C + "paths = 1\n", 2, "paths", "[[paths]]"),
    (C + '[[paths]]\npath = "/"\npat = 1\n', 4, "paths.pat", "not known here"),
    (C + "[[paths]]\n", 2, "paths.path", "one of path and regex"),
    (C + '[[paths]]\npath = ""\n', 3, "paths.path", "needs a text that isn't empty"),
    (C + '[[paths]]\nregex = "("\n', 3, "paths.regex", "pattern"),
    (C + '[[paths]]\npath = "/{waybill}/{waybill}"\n', 3, "paths.path", "pattern"),
    (C + "[[paths]]\nregex = '(?=/)(?P<waybill>.+)'\n", 3, "paths.regex", "looks ahead"),
    (C + "[[paths]]\nregex = '(?P<waybill>.+)(?P=waybill)'\n", 3, "paths.regex", "looks ahead"),
    (C + "[[paths]]\nregex = '(.+)\\1'\n", 3, "paths.regex", "looks ahead"),
    (C + "[[paths]]\nregex = '((.{40}){40})'\n", 3, "paths.regex", "looks ahead"),
    (C + "[[paths]]\nregex = 'a'\n" * 2 + f"[[paths]]\nregex = '{'(a?){900}' * 5}'\n", 7, "paths.regex", "4,000"),
    (C + '[[paths]]\npath = "/{phone}"\n', 3, "paths.path", "phone is no condition"),
    (R + 'query = { phone = "x" }\n', 4, "paths.query.phone", "not known here; one of channel"),
    (R + 'query = "x"\n', 4, "paths.query", "parameter of each"),
    (R + 'query = { limit = [1] }\n', 4, "paths.query.limit", "needs a text in quotes"),
    (R + 'action = "peek"\n', 4, "paths.action", "view"),
    (R + "ignore = [1]\n", 4, "paths.ignore", "needs a text in quotes"),
    ('statuses = "ok"\n' + R, 1, "statuses", "2xx"),
    ("methods = 1\n" + R, 1, "methods", "needs a text in quotes"),
]  # fmt: skip


@each(("text", "line", "key", "message"), WRONG)
def test_mistakes_are_named_by_line_and_key(text: str, line: int, key: str, message: str) -> None:
    with pytest.raises(StoreError) as caught:
        mapping(text)
    assert message in str(caught.value)
    assert (caught.value.file, caught.value.line, caught.value.key) == (Path("m.toml"), line, key)


@pytest.mark.parametrize(
    ("text", "form"), [(PGAUDIT, Format.PGAUDIT), (COMBINED, Format.COMBINED), (OCSF, Format.OCSF)]
)
def test_defaults(text: str, form: Format) -> None:
    made = mapping(text)
    assert made.format is form
    assert made.fit("queries", ("at", "filter")).table == "queries"
    assert {f.name for f in made.fields} >= {"at", "actor", "waybill", "filter", "request", "rows"}


def test_the_parser_is_not_loaded_for_other_files() -> None:
    import subprocess
    import sys

    code = "import sys, wayseal.cli._main; raise SystemExit('sqlglot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
