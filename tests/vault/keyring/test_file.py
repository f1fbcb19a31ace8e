"""A keyring's file: who may read it, how it is replaced, and rotation while a service runs."""

import json
import os
from pathlib import Path

import pytest

from tests.conftest import need
from wayseal.vault.errors import KeyringError
from wayseal.vault.keyring import KeyPurpose, Keyring, KeyringFile, LocalKeys
from wayseal.vault.keyring.keys import WrapKey

RING = Keyring.new(0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    RING.save(tmp_path / "keys.json")
    return tmp_path / "keys.json"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_round_trip(path: Path) -> None:
    assert Keyring.load(path).to_json() == RING.to_json()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["keys.json"]
    assert json.loads(path.read_bytes())["wayseal-keyring"] == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666])
def test_a_file_that_others_reach_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(KeyringError, match=r"keys.json can be reached by others.*chmod 600"):
        Keyring.load(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_its_owner_is_read(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert Keyring.load(path).versions(KeyPurpose.WRAP) == (1,)


def test_a_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read it, and whoever owns it could have put other keys there."""
    if os.geteuid() == 0:
        os.chown(path, 12_345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(KeyringError, match="belongs to another user"):
        Keyring.load(path)
    with pytest.raises(KeyringError, match="belongs to another user"):
        RING.save(path)


def test_a_file_of_root_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As systemd hands it over."""
    need(os.geteuid() == 0, "only root has files of root's")
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    assert Keyring.load(path).versions(KeyPurpose.WRAP) == (1,)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="none: the keyring can't be read"):
        Keyring.load(tmp_path / "none")
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyringError, match="pipe is no file"):
        Keyring.load(tmp_path / "pipe")
    with pytest.raises(KeyringError, match="keys: the keyring can't be written"):
        RING.save(tmp_path / "nowhere" / "keys")


def test_saving_is_whole_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyringError, match="can't be written: No space"):
        RING.rotate(KeyPurpose.WRAP, 1).save(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["keys.json"]


def test_two_rotations_at_once_lose_no_key(path: Path) -> None:
    mine, theirs = (Keyring.load(path).rotate(KeyPurpose.WRAP, 1) for _ in range(2))
    mine.save(path)
    with pytest.raises(KeyringError, match="another keyring stands there, and this one lacks its wrap 2"):
        theirs.save(path)
    assert Keyring.load(path).to_json() == mine.to_json()
    with pytest.raises(KeyringError, match="another keyring stands there"):
        Keyring.new(0).save(path)
    mine.retire(KeyPurpose.WRAP, 1).save(path)
    assert Keyring.load(path).versions(KeyPurpose.WRAP) == (2,)


def test_what_can_not_be_read_is_not_replaced(path: Path) -> None:
    path.write_bytes(b"{")
    with pytest.raises(KeyringError, match="no JSON"):
        RING.save(path)
    assert path.read_bytes() == b"{"


def test_a_service_follows_a_rotation_within_a_second(path: Path) -> None:
    clock = Clock()
    file = KeyringFile(path, clock)
    first = file.current()
    RING.rotate(KeyPurpose.WRAP, 1).save(path)
    clock.now = 0.9
    assert file.current() is first
    clock.now = 1.0
    assert file.current().active(KeyPurpose.WRAP) == 2
    assert file.trouble is None
    second = file.current()
    clock.now = 5.0
    assert file.current() is second


def test_a_key_of_another_process_is_found_at_once(path: Path) -> None:
    """Whoever rotated already writes with the new key; this process asks for it before its second is over."""
    keys = LocalKeys(KeyringFile(path, Clock()))
    rotated = RING.rotate(KeyPurpose.WRAP, 1)
    rotated.save(path)
    wrapped = LocalKeys(rotated).wrap([(b"a", bytes(32))])
    assert wrapped[0].key_version == 2
    assert keys.unwrap([(b"a", wrapped[0])]) == [bytes(32)]
    far = LocalKeys(rotated.rotate(KeyPurpose.WRAP, 2)).wrap([(b"a", bytes(32))])
    with pytest.raises(KeyringError, match="wrap 3 is not in the keyring"):
        keys.unwrap([(b"a", far[0])])


def test_the_last_good_keyring_stays(path: Path) -> None:
    clock = Clock()
    file = KeyringFile(path, clock)
    good = path.read_bytes()
    for bad, words in ((b"{", "no JSON"), (Keyring.new(0).to_json(), "lacks wrap 1, index 1")):
        path.write_bytes(bad)
        clock.now += 1
        assert file.current().to_json() == RING.to_json()
        assert words in str(file.trouble)
        assert words in repr(file)
    path.unlink()
    clock.now += 1
    assert file.current().to_json() == RING.to_json()
    assert "can't be read" in str(file.trouble)
    path.write_bytes(good)
    path.chmod(0o644)
    clock.now += 1
    file.current()
    assert "chmod 600" in str(file.trouble)
    path.chmod(0o600)
    clock.now += 1
    assert file.current().key(WrapKey).version == 1
    assert file.trouble is None


def test_a_service_does_not_begin_without_keys(tmp_path: Path) -> None:
    with pytest.raises(KeyringError):
        KeyringFile(tmp_path / "none")
