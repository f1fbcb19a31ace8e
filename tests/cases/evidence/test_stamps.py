"""Wishes for time stamps on packs."""

from pathlib import Path

import pytest

from wayseal.cases.evidence.stamps import StampWish, keep_wish, read_wish, stamp_path, wish_path
from wayseal.model.times import micros
from wayseal.proofs.errors import StampError


def test_a_wish_waits_beside_the_pack(tmp_path: Path) -> None:
    pack = tmp_path / "c-1.zip"
    assert read_wish(pack) is None
    keep_wish(pack, StampWish(url="https://tsa.example/", seal="0" * 64, at=micros("2026-03-16T08:00Z")))
    assert read_wish(pack) == "https://tsa.example/"
    assert (stamp_path(pack).name, wish_path(pack).name) == ("c-1.zip.tsr", "c-1.zip.stamp.json")
    for content in ("[]", "{", '{"url": "file:///x"}'):
        wish_path(pack).write_text(content, encoding="utf-8")
        with pytest.raises(StampError):
            read_wish(pack)
