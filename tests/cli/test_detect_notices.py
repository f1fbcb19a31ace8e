"""Notices of new cases, sent to a real server of this machine."""

import json
import logging
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.detecting import Notices, as_anybody
from tests.cli.running import inside
from tests.detect.watched import Watched
from wayseal.cli._notify import NotifyError, read_addresses, send_notices
from wayseal.cli.detect import TEXTS as UNKEPT

SECRET = "s3cr3t-token"


@pytest.fixture
def ledger(ready: Path, tmp_path: Path, looked_once: None) -> Path:
    shutil.copytree(ready, tmp_path / "L")
    return tmp_path / "L"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_one_notice_of_new_cases_and_none_the_second_time(ledger: Path, small: Watched, lang: str) -> None:
    with Notices() as server:
        first = inside("detect", ledger, "--notify", server.address(), "--lang", lang)
        again = inside("detect", ledger, "--notify", server.address(), "--lang", lang)
    assert (first.code, again.code) == (0, 0)
    (body,) = server.heard
    told = json.loads(body)
    n = len(small.result.cases)
    assert str(n) in told["title"]
    assert {f"c-{k + 1}" for k in range(n)} <= set(told["message"].replace(":", " ").replace("：", " ").split())
    assert first.err == again.err == "", "and nothing is said of it"


def test_a_notice_names_no_account_and_no_waybill(ledger: Path, small: Watched) -> None:
    unmask = ("--unmask", "--who", "Li", "--why", "complaint 7")
    with Notices() as server:
        shown = inside("detect", ledger, "--notify", server.address(), "--format", "json", *unmask)
    (body,) = server.heard
    hidden = set(pq.read_table(small.dataset / "actors.parquet")["actor"].to_pylist())
    hidden |= set(pq.read_table(small.dataset / "waybills.parquet")["waybill"].to_pylist())
    hidden |= {p["place"] for c in json.loads(shown.out)["cases"] for p in c["people"] if p["place"]}
    assert not [x for x in hidden if x in body]
    assert "complaint" not in body


def test_what_could_not_be_sent_is_said_by_its_place_alone(ledger: Path) -> None:
    with Notices() as good, Notices(status=500) as bad:
        words = ("--notify", bad.address(), "--notify", good.address())
        ran = inside("detect", ledger, *words)
    assert ran.code == 5
    assert ran.err == "wayseal: --notify: nothing could be sent to address 1; the cases are registered\n"
    assert ran.out, "the report is written all the same"
    assert len(good.heard) == 1, "and the others are told"
    assert SECRET not in ran.err + ran.out
    with Notices() as late:
        assert inside("detect", ledger, "--notify", late.address()).code == 0
    assert late.heard == [], "what is registered is not new"


def test_a_server_that_is_not_there(ledger: Path, tmp_path: Path) -> None:
    with Notices() as gone:
        address = gone.address()
    ran = inside("detect", ledger, "--notify", address, "--lang", "zh", cwd=tmp_path)
    assert ran.code == 5
    assert ran.err == "wayseal: --notify：未能向第 1 个地址发出通知；案件已登记\n"


def test_a_report_that_could_not_be_written_takes_no_notice_away(ledger: Path, tmp_path: Path) -> None:
    with Notices() as server:
        ran = inside("detect", ledger, "--notify", server.address(), "--out", tmp_path / "no/such/folder")
    assert ran.code == 5
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (("pigeon://s3cr3t-token",), 1),
        (("json://127.0.0.1/x", "s3cr3t-token"), 2),
        (("json://127.0.0.1/x", "json://127.0.0.1/y", ""), 3),
    ],
)
def test_a_wrong_address_is_refused_before_the_work(ledger: Path, given: tuple[str, ...], place: int) -> None:
    words = [word for address in given for word in ("--notify", address)]
    ran = inside("detect", ledger, *words)
    assert (ran.code, ran.out) == (2, "")
    assert f"address {place} is none that Apprise knows" in ran.err
    assert SECRET not in ran.err
    assert not (ledger / "detect/casebook.jsonl").exists()
    chinese = inside("detect", ledger, *words, "--lang", "zh")
    assert f"第 {place} 个地址不是 Apprise 支持的地址" in chinese.err


def test_addresses_from_a_file(ledger: Path, tmp_path: Path) -> None:
    file = tmp_path / "addresses"
    with Notices() as one, Notices() as two:
        text = f"\ufeff# who is told\n\n  {one.address()}  \n#{two.address()}\n{two.address()}\n"
        file.write_text(text, encoding="utf-8")
        assert inside("detect", ledger, "--notify", f"@{file}").code == 0
    assert [len(one.heard), len(two.heard)] == [1, 1]


def test_addresses_from_the_environment(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Notices() as one, Notices() as two:
        monkeypatch.setenv("WAYSEAL_NOTIFY", f"{one.address()} {two.address()}")
        assert inside("detect", ledger).code == 0
    assert [len(one.heard), len(two.heard)] == [1, 1]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nobody_was_told_where_nothing_can_be_recorded(ledger: Path, tmp_path: Path, lang: str) -> None:
    (ledger / "detect").chmod(0o500)
    try:
        with as_anybody(), Notices() as server:
            words = ("--notify", server.address(), "--metrics", tmp_path / "m", "--format", "json", "--lang", lang)
            ran = inside("detect", ledger, *words, "--quiet")
    finally:
        (ledger / "detect").chmod(0o700)
    assert (ran.code, server.heard) == (5, [])
    assert json.loads(ran.out)["cases"], "the report is written all the same"
    assert (tmp_path / "m").exists()
    warned, error = ran.err.splitlines()
    assert warned == UNKEPT[lang]["closed"].format(folder=ledger / "detect")
    assert ("nobody was told" if lang == "en" else "没有就案件发出通知") in error


def test_a_dry_run_passes_over_the_addresses_of_the_environment(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Notices() as server:
        monkeypatch.setenv("WAYSEAL_NOTIFY", server.address())
        assert inside("detect", ledger, "--dry-run").code == 0
        assert inside("detect", ledger, "--dry-run", "--notify", server.address()).code == 2
    assert server.heard == []
    assert not (ledger / "detect/casebook.jsonl").exists()


def test_files_that_cannot_be_read(ledger: Path, tmp_path: Path) -> None:
    ran = inside("detect", ledger, "--notify", f"@{tmp_path / 'none'}")
    assert (ran.code, "No such file" in ran.err) == (5, True)
    (tmp_path / "x").write_bytes(b"json://u:" + SECRET.encode() + b"@h\n\xff\xfe")
    for lang, says in (("en", "isn't text in UTF-8"), ("zh", "不是 UTF-8 文本")):
        ran = inside("detect", ledger, "--notify", f"@{tmp_path / 'x'}", "--lang", lang)
        assert (ran.code, says in ran.err, SECRET in ran.err) == (2, True, False)
    (tmp_path / "y").write_text(f"# nobody\n\npigeon://{SECRET}\n", encoding="utf-8")
    ran = inside("detect", ledger, "--notify", "json://127.0.0.1/", "--notify", f"@{tmp_path / 'y'}")
    assert (ran.code, "address 2 is none" in ran.err, SECRET in ran.err) == (2, True, False)


def test_nobody_to_tell_and_nothing_to_tell(small: Watched) -> None:
    send_notices(small.result.cases, [], "en")
    send_notices([], ["json://127.0.0.1:1/"], "en")
    assert read_addresses([]) == []


def test_apprise_keeps_its_log_to_itself(small: Watched, capfd: pytest.CaptureFixture[str]) -> None:
    seen: list[logging.LogRecord] = []

    class Keeps(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record)

    root, keeps = logging.getLogger(), Keeps()
    root.addHandler(keeps)
    try:
        with pytest.raises(NotifyError):
            send_notices(small.result.cases, [f"json://user:{SECRET}@127.0.0.1:1/{SECRET}"], "en")
    finally:
        root.removeHandler(keeps)
    assert not [r for r in seen if r.name.startswith("apprise")]
    assert SECRET not in "".join(capfd.readouterr())
