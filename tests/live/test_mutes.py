"""Mutes (`wayseal.live.mutes`)."""

from pathlib import Path
from typing import Any

import pytest

from tests.live.noticed import AT, NOTICE, noticed
from tests.tables import each
from wayseal.live.errors import ActError, RecordError
from wayseal.live.mutes import FILE, Mutes
from wayseal.live.notices import Muted
from wayseal.live.types import Reason

HOUR, DAY = 3_600_000_000, 86_400_000_000
OFFSET = 8 * HOUR
HOUR_OF_IT = (AT + OFFSET) % DAY // HOUR
H = HOUR_OF_IT
GIVEN: dict[str, Any] = {"until": AT + DAY, "why": "a new hub", "who": "Wang, IT"}
BOTH = ("volume", "new_parcels")
FITS = (
    ({"detectors": BOTH}, True),
    ({"detectors": ("volume",)}, False),
    ({"account": "u-1042"}, True),
    ({"account": "u-1"}, False),
    ({"account": "u-1", "detectors": BOTH}, False),
    ({"hours": (H, H + 1)}, True),
    ({"hours": (H + 1, H)}, False),
    ({"hours": (H, H - 1)}, True),
    ({"hours": (H - 1, H)}, False),
    ({"hours": (H, H + 1), "account": "u-1"}, False),
    ({"hours": (H, H + 1), "account": "u-1042", "detectors": (*BOTH, "more")}, True),
)


@each(["given", "muted"], FITS)
def test_what_is_muted(given: dict[str, Any], muted: bool) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        mutes = Mutes(Path(folder) / "live", clock=lambda: AT)
        mutes.add(**GIVEN, **given)
        assert mutes.muted(NOTICE, OFFSET) == (Muted(mute="m-1", why="a new hub") if muted else None)


def test_a_mute_ends_by_its_time_or_by_somebody(tmp_path: Path) -> None:
    now = [AT]
    mutes, others = (Mutes(tmp_path / "live", clock=lambda: now[0]) for _ in range(2))
    assert others.muted(NOTICE, OFFSET) is None
    assert not others.all()
    for _ in range(2):
        mutes.add(**GIVEN, account="u-1042")
    assert (found := others.muted(NOTICE, OFFSET)) is not None
    assert found.mute == "m-1"
    others.end("m-1", who="Li", why="known now")
    assert (found := mutes.muted(NOTICE, OFFSET)) is not None
    assert found.mute == "m-2"
    now[0] += DAY
    assert mutes.muted(NOTICE, OFFSET) is None
    assert [ended is None for _, ended in mutes.all().values()] == [False, True]
    for one in ("m-1", "m-2", "m-9"):
        with pytest.raises(ActError, match="no such mute"):
            mutes.end(one, who="Li", why="x")
    assert (tmp_path / "live" / FILE).stat().st_mode & 0o777 == 0o600


def test_other_reasons_are_told(tmp_path: Path) -> None:
    mutes = Mutes(tmp_path, clock=lambda: AT)
    mutes.add(**GIVEN, detectors=BOTH)
    more = noticed("n2", reasons=(*NOTICE.reasons, Reason(detector="canaries", value=1, usual=0)))
    assert mutes.muted(NOTICE, OFFSET)
    assert mutes.muted(more, OFFSET) is None


REFUSED: tuple[tuple[dict[str, Any], str | None], ...] = (
    ({}, None),
    ({"account": "u", "until": AT}, "until"),
    ({"account": "u", "until": AT + 32 * DAY}, "until"),
    ({"hours": (0, 25)}, "hours"),
    ({"hours": (3, 3)}, "hours"),
    ({"account": "u", "why": " "}, "why"),
    ({"account": "u", "who": "a\nb"}, "who"),
    ({"account": "u", "why": "x" * 501}, "why"),
)


@each(["given", "key"], REFUSED)
def test_what_cannot_be_is_refused(tmp_path: Path, given: dict[str, Any], key: str | None) -> None:
    with pytest.raises(ActError) as caught:
        Mutes(tmp_path, clock=lambda: AT).add(**(GIVEN | given))
    assert caught.value.key == key
    assert not (tmp_path / FILE).exists()


def test_a_record_that_was_changed_mutes_nothing(tmp_path: Path) -> None:
    mutes = Mutes(tmp_path, clock=lambda: AT)
    mutes.add(**GIVEN, account="u-1042")
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes().replace(b"a new hub", b"an old hub"))
    with pytest.raises(RecordError, match=":2"):
        mutes.muted(NOTICE, OFFSET)
