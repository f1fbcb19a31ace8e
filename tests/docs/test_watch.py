"""The page of the watch: every key of a notice and of the status, kinds, addresses and figures, in both languages."""

import pytest

from tests.docs.pages import read, rows
from wayseal.cli.watch import _document
from wayseal.live._events import AHEAD, IN_A_ROW
from wayseal.live._fast_path import HORIZON_DAYS, LEAST, STEP
from wayseal.live.receivers import About
from wayseal.live.types import Notice, NoticeKind, Reason, TippingRead

NOTICE = Notice(
    id="n", kind=NoticeKind.RAISED, at=0, day=0, actor="a", probability=0.9,
    reasons=(Reason(detector="unexplained_first_reads", value=4, usual=1),),
    tipped_by=TippingRead(waybill="YT1", at=0, number=1), limits="v",
)  # fmt: skip


@pytest.fixture(params=("docs/how-to/watch.md", "docs/how-to/watch.zh.md"))
def page(request: pytest.FixtureRequest) -> str:
    return read(request.param)


def test_every_key_of_a_notice_stands_there(page: str) -> None:
    document = _document(NOTICE, About(account="p-a", case="c-1"), None, None)
    table = rows(page.rsplit("`--format json`", maxsplit=1)[-1])
    assert list(table) == list(document)
    for key in ("reasons", "tipped_by"):
        inner = document[key] if isinstance(document[key], dict) else document[key][0]
        assert all(f"`{name}`" in " ".join(table[key]) for name in inner), key
    assert all(f"| `{kind}` |" in page for kind in NoticeKind)


def test_figures(page: str) -> None:
    assert (HORIZON_DAYS, LEAST, STEP, AHEAD, IN_A_ROW) == (30, 4, 1.2, 600_000_000, 100)
    for key in ("running", "events", "rate", "in_ledger", "stream_time", "limits", "counted", "rejected", "holes"):
        assert f"`{key}`" in page, key
    for scheme in ("jsonl:-", "file:PATH", "nats://HOST:PORT/STREAM", "kafka://HOST:PORT,…/TOPIC"):
        assert f"`{scheme}`" in page, scheme
