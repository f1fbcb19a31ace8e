"""`wayseal show --account`, and what an ingest says of what is read again or left empty."""

import json
from pathlib import Path

from typer.testing import CliRunner

from wayseal.cli import app

STAFF = "actor,kind,role,outlet\nu1,person,{role},o1\n"


def run(*arguments: object) -> str:
    made = CliRunner().invoke(app, [str(one) for one in arguments])
    assert made.exit_code == 0, made.output
    return made.output


def test_what_was_said_of_an_account_and_since_when(tmp_path: Path) -> None:
    sheet, log = tmp_path / "actors.csv", tmp_path / "accesses.csv"
    log.write_text("at,actor,waybill,device\n2026-03-01T00:00:00Z,u1,YT1,d\x01\n")
    for role in ("clerk", "manager"):
        sheet.write_text(STAFF.format(role=role))
        run("ingest", tmp_path / "L", sheet)
        said = run("ingest", tmp_path / "L", log)
    assert "in the ledger already" in said
    said = run("show", tmp_path / "L", "--account", "u1")
    assert said.splitlines() == [
        'at first: {"actor": "u1", "kind": "person", "role": "clerk", "outlet": "o1"}',
        'since 2026-03-01T00:00:00.000001+00:00: {"actor": "u1", "kind": "person", "role": "manager", "outlet": "o1"}',
    ]
    made = json.loads(run("show", tmp_path / "L", "--account", "u1", "--format", "json"))
    assert [(row["role"], row["since"]) for row in made] == [
        ("clerk", None),
        ("manager", "2026-03-01T00:00:00.000001+00:00"),
    ]
    assert "says nothing" in run("show", tmp_path / "L", "--account", "u2")
    assert "1 cell that could not be read left empty: device, control-character" in run("show", tmp_path / "L")
    said = run("ingest", tmp_path / "L", log, "--again")
    assert "accesses: accesses.csv was read again: 1 row of its earlier reading went" in said
    assert "1 cell of device can't be read and was left empty: control-character (line 2)" in said
    assert "Read again: accesses: accesses.csv" in run("show", tmp_path / "L")
