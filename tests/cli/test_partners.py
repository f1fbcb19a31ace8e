"""`wayseal partners check` as a person runs it."""

import json
import re
from pathlib import Path

from tests.cli.running import Ran, inside

CONTRACT = 'partner = "Thief & Co"\nactors = ["thief"]\nhours = "06:00-23:00"\n'


def contracts(folder: Path, text: str = CONTRACT) -> Path:
    folder.mkdir()
    (folder / "a.toml").write_text(text, encoding="utf-8")
    return folder


def check(base: Path, folder: Path, *words: object) -> Ran:
    return inside("partners", "check", base / "L", "--contracts", folder, *words)


def test_a_period(base: Path, tmp_path: Path) -> None:
    folder = contracts(tmp_path / "c")
    told = check(base, folder, "--from", "2026-03-04", "--to", "2026-03-05", "--format", "json")
    assert json.loads(told.out)["partners"][0]["reads"] == 0
    assert check(base, folder, "--from", "2026-03-04", "--to", "2026-03-03").code == 3


def test_mistakes_in_contracts(base: Path, tmp_path: Path) -> None:
    folder = contracts(tmp_path / "c", CONTRACT + "\nfeilds = ['a']\n")
    told = check(base, folder)
    assert (told.code, told.out) == (3, "")
    assert told.err == f"wayseal: {folder}/a.toml:5: feilds: not known here; did you mean fields?\n"
    assert "是否应为 fields？" in check(base, folder, "--lang", "zh").err
    for other in (tmp_path / "none", tmp_path):
        told = check(base, other, "--lang", "zh")
        assert told.code == 3
        assert re.search("[一-鿿]", told.err)
    assert inside("partners", "check", tmp_path / "none", "--contracts", contracts(tmp_path / "d")).code == 6
    assert inside("partners", "check", base / "L").code == 2
