"""What the demo says of cases, beside the truth."""

import json
from pathlib import Path

from tests.detect.report.fixtures import watched
from wayseal.cli._options import Lang
from wayseal.cli.demo import _describe_cases


def test_cases_to_look_into_stand_beside_the_truth_and_those_to_watch_dont(tmp_path: Path) -> None:
    truth = tmp_path / "truth.json"
    planted = [
        {"kind": "steady", "a_day": 200, "accounts": ["p-20"]},
        {"kind": "range", "a_day": 50, "accounts": ["p-22"]},
    ]
    truth.write_text(json.dumps({"insiders": planted}), "utf-8")
    lines = list(_describe_cases(truth, watched(), watched(), Lang.EN))
    assert [line for line in lines if line.startswith("  - ")][1].startswith("  - Case c-20, 50%")
    assert len([line for line in lines if line.startswith("  - ")]) == 2
    assert any("steady, 200" in line for line in lines)
    assert "range, 50" in lines[-1], "whoever is only watched is missed"
