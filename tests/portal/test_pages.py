"""What every page keeps: no script, no cookie, small, in both languages, the same for all who come."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

import wayseal.portal
from tests.portal.world import World
from wayseal.page.languages import LANGS
from wayseal.portal._render import Ask
from wayseal.portal.app import POLICY, ROUTES, Pages

PATHS = ("/", "/how", "/back", "/nothing", *(f"/report?type={one}" for one in ("sale", "call", "offered", "door")))
SOURCES = sorted(Path(wayseal.portal.__file__).parent.glob("*.py"))


def test_nothing_but_the_table_is_there(world: World) -> None:
    visitor = world.visitor()
    for path in ("/healthz", "/exchange/untaken", "/docs", "/openapi.json", "/report/", "/static/../app.py"):
        assert visitor.go(path).answer.status_code == 404, path
    for method, path, _ in ROUTES:
        answer = visitor.client.request("DELETE", path)
        assert answer.status_code == 405, (method, path)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("path", PATHS)
def test_every_page(world: World, path: str, lang: str) -> None:
    visitor = world.visitor(**{"accept-language": lang}).go(path)
    answer, page = visitor.answer, visitor.page
    assert len(answer.content) < 60_000
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page
    assert not re.search(r"<script|javascript:|\son\w+=|style=|http:|https:", page)
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "x-request-id" not in answer.headers
    assert len(re.findall("<h1>", page)) == 1
    if lang == "zh":
        text = re.sub(r"<[^>]*>|English|Wayseal|JPEG|PNG|Tor|Cookie|MB", " ", page.partition("<body>")[2])
        assert re.findall(r"[A-Za-z]{2,}", text) == []


def test_files_of_pages_are_there(world: World) -> None:
    page = world.visitor().go("/").page
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        answer = world.visitor().go(address).answer
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert sum(len(world.visitor().go(one).answer.content) for one in re.findall(r'"(/static/[^"]+)"', page)) < 20_000


def test_chinese_is_what_who_says_nothing_reads(world: World) -> None:
    assert 'lang="zh-CN"' in world.visitor(**{"accept-language": "fr"}).go("/").page
    chosen = world.visitor(**{"accept-language": "zh"}).go("/?lang=en").page
    assert 'lang="en"' in chosen
    assert "lang=zh" not in re.sub(r'<a class="lang".*?</a>', "", chosen)


def test_a_foreign_page_sends_nothing(world: World) -> None:
    visitor = world.visitor(**{"sec-fetch-site": "cross-site"}).report()
    assert visitor.answer.status_code == 403
    assert world.rows("letters") == []


def test_nobody_inside_learns_who_comes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    async def start(self: object, ask: Ask) -> Response:
        seen.append(ask.request.scope)
        return Response()

    monkeypatch.setattr(Pages, "start", start)
    world.visitor(**{"x-forwarded-for": "192.0.2.8", "x-real-ip": "192.0.2.8", "referer": "http://intranet"}).go("/")
    (scope,) = seen
    assert scope["client"] is None
    assert not re.search(r"192\.0\.2|Phone|agent|cookie|intranet", repr(scope["headers"]))


def test_the_source_asks_for_nothing_of_the_sort() -> None:
    for path in SOURCES:
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        texts = {str(node.value).lower() for node in nodes if isinstance(node, ast.Constant)}
        assert not names & {"client", "cookies", "set_cookie"}, path
        assert not texts & {"user-agent", "referer", "x-forwarded-for", "cookie"}, path


def test_what_breaks_leaves_no_word_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def breaks(self: object, receipt: object, entered: object, sent: object) -> None:
        secret = "Someone in a group"
        raise RuntimeError(secret)

    monkeypatch.setattr("wayseal.portal._intake.Intake.file_report", breaks)
    visitor = world.visitor().report()
    assert visitor.answer.status_code == 500
    assert "Someone in" not in visitor.page
    ((fault, count),) = world.portal.intake.faults.take().items()
    assert (fault[0], count) == ("RuntimeError", 1)
    assert "Someone" not in repr(fault)
    assert capfd.readouterr() == ("", "")


def test_the_portal_loads_neither_numbers_nor_detection() -> None:
    code = (
        "import sys, wayseal.portal.serve\n"
        "print(sorted(one for one in sys.modules if one.split('.')[0] in ('numpy', 'pyarrow', 'numba')\n"
        "  or one.startswith(('wayseal.detect', 'wayseal.ledger', 'wayseal.vault'))\n"
        "  or one == 'wayseal.cases.hotline.keyring'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
