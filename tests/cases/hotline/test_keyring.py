"""The team's key files (`wayseal.cases.hotline.keyring`)."""

import json
from datetime import date
from pathlib import Path

import pytest

from tests.cases.hotline.making import DAY, letter, sealed
from tests.tables import each
from wayseal.cases.hotline.errors import KeyFileError
from wayseal.cases.hotline.keyring import PRIVATE, PUBLIC, load_private_keys, make_keys
from wayseal.cases.hotline.letters import Purpose, parse_public_keys
from wayseal.cases.hotline.sealing import open_identity, open_letter


def test_what_the_public_file_seals_the_private_one_opens(tmp_path: Path) -> None:
    made = make_keys(tmp_path, DAY)
    public = parse_public_keys((tmp_path / PUBLIC).read_bytes())
    assert public == made
    stored = sealed(letter(identity=True), team=public, identity="Li")
    private = load_private_keys(tmp_path / PRIVATE)
    assert open_letter(stored, private) == letter(identity=True)
    assert open_identity(stored, private) == "Li"


def test_new_keys_seal_and_old_ones_still_open(tmp_path: Path) -> None:
    first = make_keys(tmp_path, DAY)
    old = sealed(team=first)
    second = make_keys(tmp_path, date(2027, 3, 2))
    assert second.keys[:3] == first.keys
    assert len(second.keys) == 6
    private = load_private_keys(tmp_path / PRIVATE)
    for purpose in Purpose:
        assert second.newest(purpose) not in first.keys
        assert second.newest(purpose).id in private
    assert open_letter(old, private) == open_letter(sealed(team=second), private) == letter()


def test_the_private_file_is_its_owners_and_no_private_key_is_in_the_public_one(tmp_path: Path) -> None:
    make_keys(tmp_path, DAY)
    assert (tmp_path / PRIVATE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / PUBLIC).stat().st_mode & 0o777 == 0o644
    told = json.loads((tmp_path / PRIVATE).read_bytes())
    assert {tuple(sorted(key)) for key in told["keys"]} == {("made", "private", "purpose")}
    for key in told["keys"]:
        assert key["private"] not in (tmp_path / PUBLIC).read_text("utf-8")
    (tmp_path / PRIVATE).chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_private_keys(tmp_path / PRIVATE)
    with pytest.raises(KeyFileError):
        make_keys(tmp_path, DAY)


KEY = "A" * 43 + "="


def one_key(**more: object) -> str:
    return json.dumps({"keys": [{"purpose": "reports", "made": "2026-03-02", "private": KEY, **more}]})


@each(
    "content",
    [
        "",
        "{}",
        '{"wayseal_hotline_keys": 2, "keys": []}',
        one_key(purpose="mail"),
        one_key(made="2026-03-32"),
        one_key(made=0),
        one_key(private=KEY[:40]),
        one_key(private="?" * 44),
        one_key(more=1),
    ],
)
def test_what_is_no_key_file_is_told_by_its_name_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / PRIVATE
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="no keys of the hotline") as caught:
        load_private_keys(path)
    assert caught.value.file == path
    assert "AAAA" not in str(caught.value)
    path.unlink()


def test_a_file_that_isnt_there_and_a_folder_that_isnt(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="No such file"):
        load_private_keys(tmp_path / PRIVATE)
    with pytest.raises(KeyFileError, match="No such file"):
        make_keys(tmp_path / "none", DAY)
