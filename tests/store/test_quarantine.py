import stat
from pathlib import Path

import pytest

from tests.store.helpers import put, read
from wayseal.store.errors import StoreError
from wayseal.store.quarantine import QuarantineWriter
from wayseal.store.types import Reason, Rejection

BAD = [
    Rejection(line=3, column="at", reason=Reason.NOT_A_TIME, raw='x,"y"'),
    Rejection(line=5, column="", reason=Reason.TOO_FEW_FIELDS),
]


def test_places_and_reasons_but_no_text(tmp_path: Path) -> None:
    with QuarantineWriter(tmp_path / "q" / "bad.csv") as writer:
        writer.add(Path("a.csv"), [])
        assert not (tmp_path / "q").exists()
        writer.add(Path("a.csv"), BAD)
        writer.add(Path("b.csv"), iter(BAD[:1]))
        assert writer.count == 3
    assert (tmp_path / "q" / "bad.csv").read_text() == (
        "file,line,column,reason\na.csv,3,at,not-a-time\na.csv,5,,too-few-fields\nb.csv,3,at,not-a-time\n"
    )
    with QuarantineWriter(tmp_path / "q" / "bad.csv") as writer:
        writer.add(Path("c.csv"), BAD[:1])
    assert (tmp_path / "q" / "bad.csv").read_text().count("file,line") == 1


def test_text_only_into_a_private_new_file(tmp_path: Path) -> None:
    raw = tmp_path / "raw.csv"
    with QuarantineWriter(tmp_path / "bad.csv", raw_path=raw) as writer:
        writer.add(Path("a.csv"), BAD)
    assert stat.S_IMODE(raw.stat().st_mode) == 0o600
    assert raw.read_text() == 'file,line,raw\na.csv,3,"x,""y"""\n'
    with QuarantineWriter(tmp_path / "bad.csv", raw_path=raw) as writer, pytest.raises(StoreError):
        writer.add(Path("a.csv"), BAD)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    put(tmp_path / "file", "")
    with pytest.raises(StoreError, match="can't be written") as caught:
        QuarantineWriter(tmp_path / "file" / "bad.csv").add(Path("a"), BAD)
    assert caught.value.file == tmp_path / "file" / "bad.csv"


def test_a_full_disk_is_named() -> None:
    writer = QuarantineWriter(Path("/dev/full"))
    writer.add(Path("a"), BAD[:1])
    with pytest.raises(StoreError, match="can't be written"):
        writer.close()


def test_what_the_reader_keeps_is_what_stands_in_the_file(tmp_path: Path) -> None:
    path = put(tmp_path / "accesses.csv", 'at,actor,waybill\nnever,"u\n1",YT1\n')
    whole = read(path, keep=True)
    with QuarantineWriter(tmp_path / "bad.csv", raw_path=tmp_path / "raw.csv") as writer:
        for batch in whole.batches:
            writer.add(path, batch.rejected)
    assert "never" not in (tmp_path / "bad.csv").read_text()
    assert 'never,""u\n1"",YT1' in (tmp_path / "raw.csv").read_text()
