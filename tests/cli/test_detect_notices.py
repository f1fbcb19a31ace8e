"""Notices of new cases, sent to a real server of this machine."""

import json
import logging
import re
import shutil
import socket
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cases.making import NOW, alert
from tests.cli.detecting import Notices, as_anybody
from tests.cli.running import answer_in, inside, worded
from tests.detect.watched import Watched
from wayseal.cases import open_cases
from wayseal.cases.notices import DAYS, FILE, noticing
from wayseal.cases.types import Alert
from wayseal.cli import detect
from wayseal.cli.commands import now_us
from wayseal.cli.detect import NotifyError, read_addresses, send_notices

SECRET = "s3cr3t-token"


@pytest.fixture
def ledger(ready: Path, tmp_path: Path, looked_once: None) -> Path:
    shutil.copytree(ready, tmp_path / "L")
    return tmp_path / "L"


@pytest.fixture(autouse=True)
def paused(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that would have been waited."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def detects(folder: Path, *addresses: str, cases: int = 1, score: float = 0.5, lang: str = "en") -> None:
    """What a run does that finds so many new cases, without looking."""
    detect = folder / "detect"
    with noticing(folder, detect, addresses, now_us), open_cases(detect) as writer:
        last = len(writer.book.cases)
        writer.register([alert(f"u-{last + n}", f"v-{last + n}", score=score) for n in range(cases)], NOW)
    answer_in(lang)
    send_notices(folder, detect, addresses, quiet=False)


def registers_and_dies(folder: Path, address: str) -> None:
    with noticing(folder, folder / "detect", [address], now_us):
        with open_cases(folder / "detect") as writer:
            writer.register([alert("u-7")], NOW)
        raise KeyboardInterrupt


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_one_notice_of_new_cases_and_none_the_second_time(ledger: Path, small: Watched, lang: str) -> None:
    with Notices() as server:
        first = inside("detect", ledger, "--notify", server.address(), "--lang", lang)
        again = inside("detect", ledger, "--notify", server.address(), "--lang", lang)
    assert (first.code, again.code) == (0, 0)
    (body,) = server.heard
    told = json.loads(body)
    n = len(small.result.worth)
    assert n
    assert f" {n} " in told["title"]
    assert len(re.findall(r"\bc-\d+", told["message"])) == n
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
    says = "nothing could be sent to address 1; the cases are registered, and the next run tries again"
    assert ran.err == f"wayseal: --notify: {says}\n"
    assert ran.out, "the report is written all the same"
    assert len(good.heard) == 1, "and the others are told"
    assert SECRET not in ran.err + ran.out
    with Notices() as late:
        assert inside("detect", ledger, "--notify", late.address()).code == 0
    assert len(late.heard) == 1, "what waits goes to an address that took another's place"


def test_a_server_that_is_not_there(ledger: Path, tmp_path: Path) -> None:
    with Notices() as gone:
        address = gone.address()
    ran = inside("detect", ledger, "--notify", address, "--lang", "zh", cwd=tmp_path)
    assert ran.code == 5
    assert ran.err == "wayseal: --notify：未能向第 1 个地址发出通知；案件已登记，下次运行时会重新发送\n"


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
    assert not (ledger / "detect/casebook.db").exists()
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
    assert warned == worded(lang, "{folder} can't be written: …", folder=ledger / "detect")
    assert ("nobody was told" if lang == "en" else "没有就案件发出通知") in error


def test_a_dry_run_passes_over_the_addresses_of_the_environment(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Notices() as server:
        monkeypatch.setenv("WAYSEAL_NOTIFY", server.address())
        assert inside("detect", ledger, "--dry-run").code == 0
        assert inside("detect", ledger, "--dry-run", "--notify", server.address()).code == 2
    assert server.heard == []
    assert not (ledger / "detect/casebook.db").exists()


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


def test_nobody_to_tell_and_nothing_to_tell(tmp_path: Path) -> None:
    detects(tmp_path, cases=1)
    detects(tmp_path, "json://127.0.0.1:1/", cases=0)
    assert read_addresses([]) == []


def test_a_receiver_that_is_down_gets_every_notice_once_it_is_up(tmp_path: Path, paused: list[float]) -> None:
    with Notices() as up:
        address, other = up.address(), up.address("another")
    for cases in (2, 1):
        with pytest.raises(NotifyError, match="address 1"):
            detects(tmp_path, address, other, cases=cases)
    assert paused == [1.0, 2.0, 4.0] * 4, "each address, in each run"
    assert not [one for one in (SECRET, "another") if one in (tmp_path / "detect" / FILE).read_text()]
    with Notices(port=up.port) as up:
        detects(tmp_path, address, other, cases=0)
        detects(tmp_path, address, other, cases=0)
    told = [json.loads(body) for body in up.heard]
    assert [[case["case"] for case in one["cases"]] for one in told] == [["c-1", "c-2"], ["c-3"]] * 2
    assert len({one["notice"] for one in told}) == 2
    assert json.loads((tmp_path / "detect" / FILE).read_bytes())["waiting"] == []


def test_a_receiver_that_stumbles_gets_the_notice_in_the_same_run(tmp_path: Path, paused: list[float]) -> None:
    with Notices(fails=2) as server:
        detects(tmp_path, server.address())
    assert (len(server.heard), len(set(server.heard)), paused) == (3, 1, [1.0, 2.0])


def test_a_run_that_dies_as_soon_as_cases_are_registered_takes_no_notice_away(tmp_path: Path) -> None:
    detects(tmp_path, cases=2)
    with Notices() as server:
        with pytest.raises(KeyboardInterrupt):
            registers_and_dies(tmp_path, server.address())
        detects(tmp_path, server.address())
    told = [[case["case"] for case in json.loads(body)["cases"]] for body in server.heard]
    assert told == [["c-3", "c-4"]], "those that nobody asked to be told of aren't among them"


@pytest.mark.parametrize(
    ("score", "lang", "said", "percent"),
    [
        (0.9996, "en", "c-1: about 100 parcels a day expected to be lost, >99.9%, 2 accounts", ">99.9%"),
        (0.992, "en", "c-1: about 99 parcels a day expected to be lost, 99.2%, 2 accounts", "99.2%"),
        (0.508, "zh", "c-1：预计每天流失约 51 件，50.8%，2 个账号", "50.8%"),
    ],
)
def test_a_webhook_gets_what_a_program_needs(tmp_path: Path, score: float, lang: str, said: str, percent: str) -> None:
    with Notices() as server:
        detects(tmp_path, server.address() + "?:team=risk", score=score, lang=lang)
    told = json.loads(server.heard[0])
    assert said in told["message"]
    assert [tmp_path.name in told["title"], socket.gethostname() in told["title"]] == [True, True]
    assert (told["ledger"], told["host"], told["team"]) == (tmp_path.name, socket.gethostname(), "risk")
    (case,) = told["cases"]
    assert case == {
        "case": "c-1",
        "score": score,
        "score_text": percent,
        "expected_loss": round(100 * score, 3),
        "accounts": 2,
        "alerted_at": "2026-05-27T00:00:00Z",
    }


def test_a_case_is_told_of_once_it_is_worth_acting_on(tmp_path: Path) -> None:
    """The outbox' rule 1: not while it is only watched, and once."""

    def run(*alerts: Alert, dies: bool = False) -> None:
        folder = tmp_path / "detect"
        with noticing(tmp_path, folder, [server.address()], now_us):
            with open_cases(folder) as writer:
                writer.register(alerts, NOW)
            if dies:
                raise KeyboardInterrupt
        send_notices(tmp_path, folder, [server.address()], quiet=False)

    def told() -> list[list[str]]:
        return [[c["case"] for c in json.loads(body)["cases"]] for body in server.heard]

    with Notices() as server:
        run(alert("u-1", score=0.4), alert("u-2", score=0.5), alert("u-3", score=0.499))
        assert told() == [["c-2"]]
        run(alert("u-1", score=0.45), alert("u-2", score=0.9))
        assert told() == [["c-2"]], "one is still watched, the other was told of"
        run(alert("u-1", score=0.7), alert("u-4", score=0.8))
        assert told()[1:] == [["c-1", "c-4"]]
        run(alert("u-1", score=0.3))
        run(alert("u-1", score=0.6))
        assert len(told()) == 2, "it was told of before"
        with pytest.raises(KeyboardInterrupt):
            run(alert("u-3", score=0.6), dies=True)
        run()
        assert told()[2:] == [["c-3"]], "what a crash left untold"
        run(alert("u-5", score=0.15, parcels=1_106.7, worth=True), alert("u-6", score=0.4, parcels=3.0))
        assert told()[3:] == [["c-5"]], "not likely, but a great loss"
        said = json.loads(server.heard[3])
        assert said["cases"][0]["expected_loss"] == 166.005
        assert "c-5: about 166 parcels a day expected to be lost, 15%, 1 account" in said["message"]


def test_what_waits_for_an_address_that_is_given_no_more_is_said_and_let_go_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Notices() as server, pytest.raises(NotifyError):
        detects(tmp_path, "json://127.0.0.1:1/gone", server.address())
    with Notices(port=server.port) as server:
        detects(tmp_path, server.address(), cases=0)
        assert "1 notice waits for addresses that were not given this time" in capsys.readouterr().err
        monkeypatch.setattr(detect, "now_us", lambda: 2**51)
        detects(tmp_path, server.address(), cases=0, lang="zh")
        assert f"{DAYS} 天" in capsys.readouterr().err
        detects(tmp_path, server.address(), cases=0)
    assert (server.heard, capsys.readouterr().err) == ([], "")


def test_an_outbox_that_is_damaged_stops_the_run_before_anything_is_registered(ledger: Path) -> None:
    (ledger / "detect" / FILE).write_text('{"wayseal": 1, "salt": 5}')
    ran = inside("detect", ledger, "--notify", "json://127.0.0.1:1/")
    assert (ran.code, FILE in ran.err, "can't be read" in ran.err) == (6, True, True)
    assert not (ledger / "detect/casebook.db").exists()


def test_apprise_keeps_its_log_to_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    seen: list[logging.LogRecord] = []

    class Keeps(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record)

    root, keeps = logging.getLogger(), Keeps()
    root.addHandler(keeps)
    try:
        with pytest.raises(NotifyError):
            detects(tmp_path, f"json://user:{SECRET}@127.0.0.1:1/{SECRET}")
    finally:
        root.removeHandler(keeps)
    assert not [r for r in seen if r.name.startswith("apprise")]
    assert SECRET not in "".join(capfd.readouterr())
