"""What the portal's page *How this protects you* says, sentence by sentence, where no other test holds it."""

import gc
import io
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from httpx import Client

from tests.console import world as consoles
from tests.console.reporting import with_hotline
from tests.portal.world import DAY, FORM, HIDDEN, TEXT, Visitor, World, open_world
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.errors import NoKeyError
from wayseal.cases.hotline.keyring import PUBLIC, make_keys
from wayseal.cases.hotline.letters import LetterKind, Sender, spell_letter
from wayseal.cases.hotline.receipts import derive, parse_receipt
from wayseal.cases.hotline.sealing import open_identity, open_letter, open_secret
from wayseal.portal.app import POLICY
from wayseal.portal.serve import Pulse
from wayseal.portal.settings import PREFIX
from wayseal.service import make_log

pytestmark = pytest.mark.once

WORDS = {"text": "words-of-a-report", "seller": "words-of-a-field", "identity": "words-of-a-name"}
FILE = ("words-of-a-file-name.txt", b"words-in-a-file " * 40_000)


def told(world: World) -> tuple[Visitor, str]:
    """Somebody who said all that one can, had an answer, and wrote again; their receipt."""
    visitor = world.visitor().report(files=[FILE], **WORDS)
    receipt = visitor.receipt
    world.answer(LetterKind.ANSWER, "words-of-an-answer")
    visitor = world.visitor().back(receipt)
    assert "words-of-an-answer" in visitor.page
    return visitor.send("message", text="words-of-a-message"), receipt


def contents(world: World) -> dict[str, bytes]:
    """The files that a thief of the database gets."""
    folder = world.portal.intake.settings.folder
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith("portal.sqlite")}


def test_whatever_is_said_lies_sealed(world: World) -> None:
    """'It is sealed in memory as it comes.' 'Questions and answers go through your mailbox, sealed for you.'"""
    told(world)
    for name, content in contents(world).items():
        assert b"words-" not in content, name
    for letter in world.letters():
        assert b"file-name" not in spell_letter(letter)


def test_a_thief_of_the_database_gets_no_secret(world: World) -> None:
    """'Without a secret that isn't in the database, not even a receipt can be tried.' A receipt is stored nowhere."""
    _, shown = told(world)
    receipt = parse_receipt(shown)
    assert receipt is not None
    site = world.portal.intake.site
    private = derive(receipt, site, world.portal.intake.cost).private.private_bytes_raw()
    for name, content in contents(world).items():
        for secret in (site.salt, site.pepper, private, receipt.digits.encode(), shown.encode()):
            assert secret not in content, name
            assert secret.hex().encode() not in content, name


def held_by(*roots: Any) -> Iterator[Any]:
    """Whatever these hold, and what that holds; without modules and what stands in them."""
    seen, waiting = set[int](), list(roots)
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, (type, ModuleType, World)):  # a test's clock leads to the team's keys
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, FunctionType):  # its globals are a module's
            waiting += [*(cell.cell_contents for cell in one.__closure__ or ()), one.__defaults__, one.__dict__]
        else:
            waiting += gc.get_referents(one)


def test_nothing_that_opens_is_in_its_memory(world: World) -> None:
    """'This site has the keys that close, and none that opens.' 'Who takes it over can't open what came before.'"""
    visitor, shown = told(world)
    digits = shown.replace(" ", "")
    _, page = visitor.form("look")
    found = list(held_by(world.app, world.portal))
    assert any(one is world.portal.gate for one in found)
    assert any(one is world.portal.sessions for one in found)
    assert not [one for one in found if isinstance(one, X25519PrivateKey)]
    strings = [
        one.encode("utf-8", "replace") if isinstance(one, str) else one
        for one in found
        if isinstance(one, (str, bytes))
    ]
    for secret in (digits, shown, page["session"], *WORDS.values(), "words-of-a-message", "words-of-an-answer"):
        assert not [one for one in strings if secret.encode() in one], secret


def test_who_finds_a_receipt_reads_neither_files_nor_a_name(world: World) -> None:
    """'Reads your report and the answers, but not the files, and not your name.'"""
    visitor, shown = told(world)
    assert "words-of-a-report" in visitor.page
    assert "words-of-a-name" not in visitor.page
    assert "words-in-a-file" not in visitor.page
    receipt, intake = parse_receipt(shown), world.portal.intake
    assert receipt is not None
    keys = derive(receipt, intake.site, intake.cost).keys
    ((box, *_),) = world.rows("boxes")
    stored = world.database.read(mailbox.find_letter, box, Sender.REPORTER, 1)
    assert stored is not None
    assert open_letter(stored, keys).text == "words-of-a-report"
    for opens in (open_secret, open_identity):
        with pytest.raises(NoKeyError):
            opens(stored, keys)


def test_who_only_reads_leaves_nothing(world: World) -> None:
    """'Isn't kept: the hour, how often you come, and which pages you read.'"""
    _, receipt = told(world)
    tables = ("boxes", "letters", "files", "chunks", "counts", "pulse")
    before = {table: world.rows(table) for table in tables}
    assert before["counts"] == [(str(DAY), "message", 1), (str(DAY), "report", 1)]
    for path in ("/", "/how", "/back", "/nothing", "/report?type=door", "/static/nothing"):
        world.visitor().go(path)
    for typed in (receipt, "0000 0000 0000 0000", "12", receipt):
        visitor = world.visitor().back(typed)
    visitor.send("look").send("leave")
    assert {table: world.rows(table) for table in tables} == before
    assert world.portal.intake.faults.take() == {}


def test_times_of_files_are_the_pulses(world: World) -> None:
    """'No hour': neither of a write, nor of a read, which sets a time of its own."""
    pulse = Pulse(world.portal.intake, make_log(io.StringIO()))
    pulse.beat()
    _, receipt = told(world)
    world.visitor().back(receipt)
    folder = world.portal.intake.settings.folder
    files = [path for path in folder.iterdir() if path.name.startswith("portal.sqlite")]
    assert len(files) == 3
    for path in files:
        os.utime(path, (1_000, 1_000))  # as the visit left it
    pulse.beat()
    for path in files:
        assert path.stat().st_mtime > 1_000, path.name
        assert path.stat().st_atime > 1_000, path.name


def test_no_answer_has_a_script_or_a_cookie(world: World) -> None:
    """'This site has no script.' 'This page runs no script and sets no cookie.' The receipt is shown once."""
    answers = []
    visitor, receipt = told(world)
    answers.append(visitor.answer)
    answers.append(visitor.send("message", text=" ").answer)
    answers.append(visitor.send("look").answer)
    answers.append(visitor.send("leave").answer)
    answers.append(world.visitor().back("0000 0000 0000 0000").answer)
    answers.append(world.visitor().report(text=" ").answer)
    answers.append(world.visitor().report(when="soon").answer)
    answers.append(world.visitor(**{"sec-fetch-site": "cross-site"}).report().answer)
    answers.append(world.visitor().go("/report?type=sale").send(wait=0, **TEXT).answer)
    shown = world.visitor().report().answer
    assert [one.status_code for one in answers] == [200, 400, 200, 200, 404, 400, 400, 403, 429]
    for one in (*answers, shown):
        assert "set-cookie" not in one.headers
        assert one.headers["content-security-policy"] == POLICY
        assert "script" not in POLICY.replace("default-src 'none'", "")
        assert one.headers["cache-control"] == "no-store"
        assert 'method="get"' not in one.text
        for address in re.findall(r'(?:href|action|src)="([^"]*)"', one.text):
            assert len(address) < 60 or address.startswith("/static/"), address  # no token
        for mark in ("<script", "javascript:", " onclick", " onload", "http:", "https:", receipt):
            assert mark not in one.text, mark


def test_a_mailbox_stays_open_as_long_as_the_page_says(tmp_path: Path) -> None:
    """'You stay in the mailbox until you leave, or … minutes after the last press.'"""
    now = [5_000.0]
    with open_world(tmp_path, session_minutes=7) as world:
        world.portal.sessions._now = lambda: now[0]
        assert "or 7 minutes after the last press" in world.visitor().go("/how").page
        visitor = world.visitor().report().send("look")
        now[0] += 7 * 60 - 1
        assert visitor.send("look").answer.status_code == 200
        now[0] += 7 * 60
        assert visitor.send("look").answer.status_code == 401


def test_a_name_takes_a_reason(tmp_path: Path) -> None:
    """'Your name only … with a reason and a second person's consent': the consent has tests of its own."""
    with consoles.open_world(tmp_path) as console, with_hotline(console, tmp_path) as hotline:
        id_, han = hotline.report("Somebody sells numbers.", name="Li Lei"), console.signed_in("han")
        for why in ("", "  "):
            assert hotline.act(han, id_, "identity", why=why).status_code == 400
        assert "proposed" not in hotline.acts(id_)
        assert hotline.act(han, id_, "identity", why="to verify").status_code == 303


OPENS = """
import os, sys
def hook(event, args):
    if event == "open" and os.path.exists(os.environ["MARK"]):
        os.write(2, f"opened {args[0]}\\n".encode())
sys.addaudithook(hook)
from wayseal.cli import main
sys.argv = ["wayseal", "serve", "portal"]
main()
"""


@contextmanager
def watched(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A portal that tells which files Python opens once it serves, and its address."""
    (folder / "portal").mkdir()
    make_keys(folder, DAY)
    (folder / "portal" / PUBLIC).write_bytes((folder / PUBLIC).read_bytes())
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as place:
            ports.append(place.getsockname()[1])
    given = {"FOLDER": folder / "portal", "PORT": ports[0], "EXCHANGE_PORT": ports[1]}
    environment = os.environ | {PREFIX + name: str(value) for name, value in given.items()}
    environment["MARK"] = str(folder / "mark")
    with subprocess.Popen([sys.executable, "-c", OPENS], env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert '"serving"' in process.stderr.readline()
        (folder / "mark").touch()
        try:
            yield process, f"http://127.0.0.1:{ports[0]}"
        finally:
            process.terminate()


def test_the_first_visit_of_a_process_reads_no_file(tmp_path: Path) -> None:
    """'No hour': what is read with the first report or the first page has that hour as its file's time."""
    with watched(tmp_path) as (process, base), Client(base_url=base, timeout=30) as client:
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        (form,) = [dict(HIDDEN.findall(inside)) for _, inside in FORM.findall(client.get("/report?type=sale").text)]
        for path in ("/", "/how", "/back", "/nothing", "/report?type=door&lang=en"):
            client.get(path)
        time.sleep(2.1)
        sent = {name: (None, value) for name, value in (form | TEXT).items()}
        page = client.post("/report", files=[*sent.items(), ("files", ("a.pdf", b"%PDF-1.7"))]).text
        for act in ("look", "leave"):
            held = next(dict(HIDDEN.findall(inside)) for _, inside in FORM.findall(page) if f'value="{act}"' in inside)
            page = client.post("/mailbox", files={name: (None, value) for name, value in held.items()}).text
        (tmp_path / "mark").unlink()
        process.terminate()
        assert process.stderr is not None
        lines = process.stderr.read().splitlines()
    assert [one for one in lines if one.startswith("opened")] == []
    assert "Max core file size        0                    0 " in limits
