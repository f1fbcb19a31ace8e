"""Pages that scripts draw: asked for through us alone, within bounds, whatever the scripts do."""

import time
from pathlib import Path

import pytest

from tests.market.capture.made import AT
from tests.market.capture.made import source as plain_source
from tests.market.fetching.site import Clock, Site, serving, source
from tests.tables import each
from wayseal.market.capture import Captures, verify_captures
from wayseal.market.errors import FetchError
from wayseal.market.fetching import Fetched, Fetcher, Means, Missed, Patience
from wayseal.market.sources import Source, parse
from wayseal.market.types import FailureReason, VisitStatus

pytestmark = pytest.mark.needs("chromium")
NO_ROBOTS: tuple[int, dict[str, str], bytes] = (404, {}, b"")
HTML = {"Content-Type": "text/html; charset=utf-8"}
DRAWS = b"""<!doctype html><title>shop</title><ul id=offers></ul><img src="/picture.png">
<script>
fetch('http://169.254.169.254/latest/meta-data/').catch(() => 0);
fetch('http://127.0.0.1:9/').catch(() => 0);
fetch('/form', {method: 'POST', body: 'x'}).catch(() => 0);
try { new WebSocket('ws://' + location.host + '/socket'); } catch (e) {}
document.cookie = 'a=1';
fetch('/goods').then(r => r.json()).then(all => {
  document.querySelector('#offers').innerHTML = all.map(t => `<li id=${t}>${t}</li>`).join('');
});
</script><script src="/more.js"></script>"""


def scripted(site: Site, **more: str) -> Source:
    keys = {"kind": '"page"', "usual": '"#offers li"', "items": '"#offers li"', "scripts": "true", **more}
    return source(site, **keys, fields='{key = "@id"}')


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.market.fetching._browser.CHROMIUM", tmp_path / "chromium")
    with serving(page=(200, HTML, DRAWS), robots=NO_ROBOTS) as site, pytest.raises(FetchError, match="install"):
        Fetcher(tmp_path, Clock().means()).fetch(scripted(site), f"{site.url}/page")


def test_a_page_is_drawn_and_reaches_nothing_but_through_us(tmp_path: Path) -> None:
    clock = Clock()
    fetcher = Fetcher(tmp_path / "sites", clock.means(), Patience(seconds=5, wait=30, drawing=60))
    with serving(page=(200, HTML, DRAWS), robots=NO_ROBOTS, goods=(200, {}, b'["n1", "n2"]')) as site:
        site.answers["/more.js"] = (200, {"Content-Type": "text/javascript"}, b"document.title = 'drawn';")
        found = fetcher.fetch(scripted(site), f"{site.url}/page")
        assert isinstance(found, Fetched)
        assert sorted(site.paths()) == ["/goods", "/more.js", "/page", "/robots.txt"]
        assert all("Cookie" not in headers for _, headers in site.asked)
        assert len(clock.slept) == 3, "a pause before each"
        parts = {one.url.removeprefix(site.url): one.hindrance for one in found.parts}
        inside = {"http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:9/"}
        assert parts == {"/goods": None, "/more.js": None, **dict.fromkeys(inside, FailureReason.FORBIDDEN_ADDRESS)}
    assert found.body == DRAWS
    assert found.screenshot.startswith(b"\x89PNG")
    seen = parse(scripted(site), found.shown, found.shown_type, found.url)
    assert [one.key for one in seen.listings] == ["n1", "n2"]
    assert parse(scripted(site), found.body, found.media_type, found.url).sight is VisitStatus.UNSEEN
    with Captures(tmp_path / "captures") as captures:
        capture = captures.keep(plain_source(), found, seen.text)
        assert captures.body(capture) == DRAWS
    assert verify_captures(tmp_path / "captures", AT).records == 1 + 6


@each(
    ("page", "seconds", "hindrance"),
    [
        (b"<ul id=offers></ul><script>for (;;) {}</script>", 5, FailureReason.TIMEOUT),
        (b"<ul id=offers></ul><script>document.body.textContent = 'x'.repeat(9e6)</script>", 60, FailureReason.TOO_BIG),
    ],
)
def test_scripts_that_are_too_much(
    tmp_path_factory: pytest.TempPathFactory, page: bytes, seconds: int, hindrance: FailureReason
) -> None:
    means = Means(now=Clock().now, sleep=lambda _: None)
    fetcher = Fetcher(tmp_path_factory.mktemp("sites"), means, Patience(seconds=5, drawing=seconds))
    with serving(page=(200, HTML, page), robots=NO_ROBOTS) as site:
        began = time.monotonic()
        found = fetcher.fetch(scripted(site, usual='"html"'), f"{site.url}/page")
        assert isinstance(found, Missed)
        assert found.hindrance is hindrance
        assert time.monotonic() - began < 60
