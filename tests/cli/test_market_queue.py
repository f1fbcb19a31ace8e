"""`wayseal market queue`: what is due when, and what holds it up."""

import json
from pathlib import Path

import pytest

from tests.cli.running import here
from tests.market.fetching.site import serving
from wayseal.market.crawling import Planned, opened_watch
from wayseal.market.fetching import Fetcher

FEED = b"<rss version='2.0'><channel><item><guid>1</guid><title>waybills</title></item></channel></rss>"


def test_the_queue_says_when_each_source_is_due_and_what_holds_it_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = (503, {"Retry-After": "5000"}, b"")
    with serving(page=(200, {}, FEED)) as good, serving(page=busy) as later, serving(page=(200, {}, FEED)) as bad:
        sites = {"good": good, "later": later, "bad": bad, "never": good}
        (tmp_path / "sources").mkdir()
        for name, site in sites.items():
            text = f'name = "{name}"\nkind = "feed"\ncontact = "a@courier.example"\nstart = "{site.url}/page"\n'
            (tmp_path / "sources" / f"{name}.toml").write_text(
                text + "allow_inside = true\npause = 1.0\njitter = 0.0\n"
            )
        whole = Fetcher.fetch

        def fetch(self: Fetcher, source: object, *more: object) -> object:
            if source.name == "bad":  # type: ignore[attr-defined]
                raise ZeroDivisionError
            return whole(self, source, *more)  # type: ignore[arg-type]

        monkeypatch.setattr(Fetcher, "fetch", fetch)
        with opened_watch(tmp_path, sleep=lambda _: None, read_lines=False) as watch:
            for name in ("good", "later", "bad"):
                watch.visit(Planned(source=name, at=watch._parts.now()))
    rows = {row["source"]: row for row in json.loads(here("market", "queue", tmp_path, "--format", "json").out)}
    assert {name: row["hindrance"] for name, row in rows.items()} == {
        "good": None,
        "later": "refused",
        "bad": "failed",
        "never": None,
    }
    assert rows["bad"]["failure"].startswith("ZeroDivisionError, test_market_queue.py:")
    assert rows["later"]["paused_until"] > rows["later"]["looked_at"]
    assert (rows["good"]["paused_until"], rows["never"]["looked_at"], rows["good"]["made"]) == (None, None, 1)
    text = here("market", "queue", tmp_path).out
    for said in ("good: due", "last look", "seen", "ZeroDivisionError", "left alone until", "never: due"):
        assert said in text
    assert "到期" in here("market", "queue", tmp_path, "--lang", "zh").out
