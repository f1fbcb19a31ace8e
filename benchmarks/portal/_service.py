"""A portal as a process of its own that can be killed, and a browser's part of a report."""

import os
import re
import shutil
import time
from collections.abc import Mapping
from datetime import date
from html import unescape
from pathlib import Path

import httpx

from benchmarks.shared.forked import Forked, free_port
from wayseal.cases.hotline.errors import HotlineError
from wayseal.cases.hotline.keyring import PUBLIC, make_keys
from wayseal.portal.settings import PREFIX, TOKENS
from wayseal.service.tokens import add_token

WAIT = 2.1
"""Seconds that a form has to be old before it is taken."""
_LOAD = "import wayseal.cli.portal\nfrom wayseal.cli import main"
_SERVE = """
os.dup2(os.open(os.environ["LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), 2)
sys.argv = ["wayseal", "serve", "portal"]
main()
"""
_DROPS = """
import uvicorn
from starlette.responses import Response

async def app(scope, receive, send):
    while scope["type"] == "http" and (await receive()).get("more_body"):
        pass
    if scope["type"] == "http":
        await Response("read")(scope, receive, send)
"""
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_FORM = re.compile(r"<form[^>]*>(.*?)</form>", re.DOTALL)
BOUNDARY = "wayseal-benchmark"
TYPED, FORM = "/report?type=sale", {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


class Portal(Forked):
    """`wayseal serve portal`, with the team's keys, its log and its temporary files beside its folder."""

    def __init__(self, work: Path, **settings: object) -> None:
        """settings: others than a user has."""
        self.folder, self.team, self.log, self.temp = (work / one for one in ("portal", "team", "log", "temp"))
        for one in (self.folder, self.team, self.temp):
            one.mkdir(parents=True)
        make_keys(self.team, date(2026, 3, 1))
        shutil.copy(self.team / PUBLIC, self.folder)
        self.token = work / "token"
        self.token.write_text(add_token(self.folder / TOKENS, "console", HotlineError))
        port, exchange = free_port(), free_port()
        self.exchange = f"http://127.0.0.1:{exchange}"
        given = {"FOLDER": self.folder, "PORT": port, "EXCHANGE_PORT": exchange}
        given |= {name.upper(): value for name, value in settings.items()}
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        own |= {"TMPDIR": str(self.temp), "LOG": str(self.log), "MALLOC_ARENA_MAX": "2"}  # the last as its unit has it
        super().__init__(_LOAD, _SERVE, own | {PREFIX + name: str(one) for name, one in given.items()}, port)


def bare() -> Forked:
    """A bare Starlette, which reads bodies and drops them."""
    port = free_port()
    serve = f"uvicorn.run(app, port={port}, access_log=False, log_level='error', http='httptools', loop='uvloop')"
    return Forked(_DROPS, serve, os.environ, port)


def reported(browser: httpx.Client, many: int) -> list[str]:
    """Reports; the pages that say so."""
    forms = [held(browser.get(TYPED).text) for _ in range(many)]
    time.sleep(WAIT)
    bodies = [body_of(one | {"text": "Somebody reports."}) for one in forms]
    return [browser.post("/report", content=one, headers=FORM).text for one in bodies]


def held(page: str, act: str = "") -> dict[str, str]:
    """What a form of a page holds already. act: of a mailbox. ValueError: there is no such form."""
    for inside in _FORM.findall(page):
        found = {name: unescape(value) for name, value in _HIDDEN.findall(inside)}
        if found.get("act", "") == act:
            return found
    raise ValueError(f"no form: {page[:2000]}")


def body_of(fields: Mapping[str, str], file: bytes | None = None, name: str = "photo.jpg") -> bytes:
    """A form as a browser sends it (`FORM`)."""
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    parts = [f'{head}"{one}"\r\n\r\n{value}\r\n'.encode() for one, value in fields.items()]
    if file is not None:
        parts += [f'{head}"files"; filename="{name}"\r\n\r\n'.encode(), file, b"\r\n"]
    return b"".join((*parts, f"--{BOUNDARY}--\r\n".encode()))


def receipt_of(page: str) -> str:
    """The receipt that a page shows; empty: none."""
    digits = re.findall(r"<span>(\d{4})</span>", page)
    return "".join(digits) if len(digits) == 4 else ""
