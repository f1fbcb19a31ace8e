"""Every command: help, silence, languages, files, and the round trip from a log of any layout to a verdict."""

import errno
import json
import re
import signal
from pathlib import Path
from typing import Any, Literal, NoReturn

import pytest
import typer

from tests.cli.running import LOG_ROWS, bought, here, inside, log, worded
from wayseal import __version__, cli
from wayseal.cli import app, show
from wayseal.cli.commands import progress_bars, write_text
from wayseal.ledger import LedgerError
from wayseal.model.messages import filled
from wayseal.page.words import reason_text
from wayseal.store.errors import StoreError
from wayseal.store.types import NOTICES, NoticeCode
from wayseal_sim import preset
from wayseal_sim.commands import demo

COMMANDS = (
    "demo", "simulate", "ingest", "map", "show", "ledger", "trace", "scope", "extent", "canary", "detect", "watch",
    "mutes", "explain", "case", "reads", "evidence", "verdict", "partners", "rights", "parcels", "blocked", "hotline",
    "outlets", "training", "market", "vault", "policy", "numbers", "labels", "aliases", "serve",
)  # fmt: skip
GROUPS = (
    "ledger", "canary", "case", "blocked", "hotline", "outlets", "training", "mutes", "evidence", "partners", "market",
    "policy", "vault", "numbers", "labels", "aliases", "serve",
)  # fmt: skip
LEDGER = ("key new", "checkpoint", "verify", "prove", "verify-proof")
CANARY = ("plan", "list", "hit")
CASE = ("list", "open", "hear", "verify", "forget")
BLOCKED = ("list", "add", "lift", "export", "token", "verify", "rule propose", "rule agree", "rule off")
TRAINING = ("due", "courses", "export", "apply")
EVIDENCE = ("export", "verify", "stamp")
MARKET = ("add", "look", "watch", "import", "offers", "sellers", "leaks", "verify", "read")
POLICY = ("show", "check", "test", "explain")
VAULT = (
    "init", "upgrade", "status", "seal", "disclose", "find", "ask", "approve", "erase", "retain", "backup", "restore",
    "erased", "prune", "verify", "checkpoint", "prove", "verify-proof", "log", "project", "policy show",
    "policy activate", "key list", "key rotate", "key activate", "key retire", "key rewrap", "key public", "client add",
    "client list", "client disable", "client secret", "actor put", "actor block", "actor unblock", "actor list",
)  # fmt: skip
GROUPED = (
    *(f"ledger {name}" for name in LEDGER), *(f"canary {name}" for name in CANARY), *(f"case {name}" for name in CASE),
    *(f"blocked {name}" for name in BLOCKED), *(f"mutes {name}" for name in ("list", "add", "end")),
    *(f"evidence {name}" for name in EVIDENCE), "hotline key new", "hotline token",
    "hotline verify", "hotline account", *(f"training {name}" for name in TRAINING), "partners check",
    "serve vault", "serve console", "serve portal", "serve gate", "numbers init", "numbers issue", "numbers sweep",
    "numbers restored", "numbers watch", "numbers verify", "numbers show", "aliases pool", "aliases sweep",
    "aliases leaks", "labels print", "labels keys", "labels open",
    "serve watch", *(f"market {name}" for name in MARKET),
    *(f"policy {name}" for name in POLICY), *(f"vault {name}" for name in VAULT),
)  # fmt: skip


@pytest.fixture(autouse=True)
def plain(short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("WAYSEAL_LANG", raising=False)


def test_there_are_these_commands() -> None:
    assert tuple(typer.main.get_command(app).commands) == COMMANDS  # type: ignore[attr-defined]
    assert inside("--version").out == f"wayseal {__version__}\n"
    listed = inside("--help")
    assert listed.code == 0
    assert all(name in listed.out for name in COMMANDS)
    assert inside().code == 2


def test_help_shows_examples_a_line_each(subtests: pytest.Subtests) -> None:
    for name in (*(name for name in COMMANDS if name not in GROUPS), *GROUPED):
        for flag in ("--help", "-h"):
            with subtests.test(f"{name} {flag}"):
                ran = inside(*name.split(), flag)
                assert ran.code == 0
                assert not re.search(r"<(list\[|str|int|float|Path|dir)", ran.out), "types as people call them"
                examples = re.findall(r"^ *(wayseal .*)$", ran.out, re.MULTILINE)
                assert any(example.startswith(f"wayseal {name}") for example in examples)
                assert all(example.split()[1] in COMMANDS for example in examples)


USAGE: list[tuple[str, ...]] = [
    ("nothing",),
    ("ingest",),
    ("ingest", "x.csv"),
    ("trace", "L"),
    ("trace", "L", "--leaks", "x.csv", "--format", "pdf"),
    ("trace", "L", "--leaks", "x.csv", "--lang", "fr"),
    ("trace", "L", "--leaks", "x.csv", "--seed", "-1"),
    ("show", "L", "--format", "html"),
    ("map", "nothing.csv"),
    ("simulate", "S", "--bought", "many"),
    ("show", "L", "M"),
]


def test_wrong_usage(tmp_path: Path, subtests: pytest.Subtests) -> None:
    for words in USAGE:
        with subtests.test(" ".join(words)):
            ran = inside(*words, cwd=tmp_path)
            assert ran.code == 2
            assert ran.err
            assert list(tmp_path.iterdir()) == []


def test_quiet_is_silent(tmp_path: Path, base: Path) -> None:
    log(tmp_path / "accesses.csv", [row.replace("Z,", ",") for row in LOG_ROWS[:30]] + ["never,u,YT1"])
    bought(tmp_path / "leaks.csv", time="2026-03-02 21:00:00")
    taken = here("ingest", tmp_path / "L", tmp_path / "accesses.csv", "--quiet")
    assert (taken.code, taken.out, taken.err) == (0, "", "")
    traced = here("trace", base / "L", "--leaks", tmp_path / "leaks.csv", "-q", "--out", tmp_path / "r.txt")
    assert (traced.code, traced.out, traced.err) == (0, "", "")
    made = here("simulate", tmp_path / "S", "--scenario", "tiny", "--accesses", 3000, "--leaker", "nobody", "-q")
    assert (made.code, made.out, made.err) == (0, "", "")


def test_ingest_says_what_it_did(tmp_path: Path) -> None:
    rows = ["2026-03-02 10:00:00,u,YT1,a", "2026-03-02 10:00:00,u,YT1,a", "never,u,YT2,b"]
    path = log(tmp_path / "accesses.csv", rows, "at,actor,waybill,access")
    said = here("ingest", tmp_path / "L", path).err.splitlines()
    assert said == [
        "accesses.csv: times without an offset were read as +00:00 (at)",
        "accesses: 1 row from accesses.csv, 1 rejected, 1 known already",
        f"rejected rows are listed by line, column and reason in {tmp_path / 'L/quarantine'}",
    ]
    assert not list((tmp_path / "L/quarantine").glob("*.raw.csv"))
    again = here("ingest", tmp_path / "L", path, "--lang", "zh").err.splitlines()
    assert again[0].startswith("accesses")
    assert again[-1] == worded("zh", "nothing new")
    kept = here("ingest", tmp_path / "M", path, "--keep-rejected", "--offset", "+08:00")
    assert "read as +08:00" in kept.err
    [raw] = (tmp_path / "M/quarantine").glob("*.raw.csv")
    assert raw.stat().st_mode & 0o077 == 0


def test_ingest_says_which_rows_contradict(tmp_path: Path) -> None:
    header = "waybill,issued_at,channel,origin_outlet,destination_outlet"
    for turn, channel in enumerate(("app", "partner")):
        path = log(tmp_path / f"waybills.{turn}.csv", [f"YT1,2026-03-02T10:00:00Z,{channel},o,d"], header)
        said = here("ingest", tmp_path / "L", path).err
    assert "waybills: 1 row replaced one with the same id and other content" in said
    assert "waybills: 1 row replaced" in here("show", tmp_path / "L").out
    assert "替换" in here("show", tmp_path / "L", "--lang", "zh").out


def test_show_says_what_is_wrong_with_the_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = [
        f"2026-03-{2 + hour // 24:02d}T{hour % 24:02d}:{turn:02d}:00Z,{'uv'[turn % 2]},YT{hour % 5},{hour}-{turn}"
        for hour in range(72)
        if hour not in {30, 31}
        for turn in range(31)
    ]
    log(data / "accesses.csv", [*rows, rows[0], "never,u,YT1,z"], "at,actor,waybill,access")
    log(data / "actors.csv", ["u,person,clerk"], "actor,kind,role")
    header = "waybill,issued_at,channel,origin_outlet,destination_outlet"
    log(data / "waybills.csv", ["YT0,2026-03-09T12:00:00Z,app,o,d"], header)
    here("ingest", tmp_path / "L", data, "-q")
    langs: tuple[Literal["en", "zh"], ...] = ("en", "zh")
    for lang in langs:
        said = here("show", tmp_path / "L", "--lang", lang).out
        for line in (
            worded(lang, "{rows:,} {rows:row|rows} rejected: {reason}", rows=1, reason=reason_text("not-a-time", lang)),
            worded(lang, "{rows:,} {rows:row|rows} left out as known already", rows=1),
            worded(
                lang,
                "no read for {hours:,} h, from {first} to {last}",
                hours=2,
                first="2026-03-03T14:00:00+08:00",
                last="2026-03-03T16:00:00+08:00",
            ),
            worded(lang, "{share:.2%} of the …", share=1.0),
            worded(lang, "{share:.1%} of the waybills have no row in `waybills`", share=4 / 5),
        ):
            assert line in said, line
    shown = json.loads(here("show", tmp_path / "L", "--format", "json").out)
    assert shown["gaps"] == [{"from": "2026-03-03T06:00:00Z", "to": "2026-03-03T08:00:00Z"}]
    assert shown["sample"]["read_before_issue"] == 1.0
    assert shown["repeated"] == 1


def test_one_is_one_and_more_are_more() -> None:
    assert filled("{n:,} {n:row was|rows were} left", n=1) == "1 row was left"
    assert filled("{n:,} {n:row was|rows were} left", n=0) == "0 rows were left"
    assert filled("{n:,} {n:row was|rows were} left", n=1000) == "1,000 rows were left"
    everything = NOTICES.values()
    counted = r"\{(rows|columns|files)(:,)?\} (\w+ )?(row|read|column|file)s?\b"
    assert not [text for text in everything if re.search(counted, text)], "a count needs both forms of its noun"


def test_every_notice_has_a_text() -> None:
    assert set(NoticeCode) <= NOTICES.keys()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_trace_writes_every_form_in_both_languages(tmp_path: Path, base: Path, form: str, lang: str) -> None:
    out = tmp_path / "report"
    words = ("trace", base / "L", "--leaks", base / "leaks.csv", "--format", form, "--lang", lang)
    filed = here(*words, "--out", out)
    assert (filed.code, filed.out, filed.err) == (0, "", f"{out}\n")
    report = out.read_text(encoding="utf-8")
    assert "thief" in report
    assert bool(re.search("[一-鿿]", report)) == (lang == "zh")
    if form == "json":
        assert here(*words).out == report
        assert json.loads(report)["verdict"] == "named"
    assert ("<html" in report) == (form == "html")


def test_the_language_may_stand_in_the_environment(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYSEAL_LANG", "zh")
    assert worded("zh", "Quality") in here("show", base / "L").out
    assert worded("en", "Quality") in here("show", base / "L", "--lang", "en").out


def test_the_seed_stands_in_the_report(base: Path) -> None:
    words = ("trace", base / "L", "--leaks", base / "leaks.csv", "--format", "json")
    assert json.loads(here(*words).out)["seed"] == 7
    assert json.loads(here(*words, "--seed", 3).out)["seed"] == 3


FOREIGN = "time;user;waybill_no;ip\n" + "".join(
    f"2026/03/02 {6 + n % 12:02d}:{n % 60:02d}:00;clerk{n % 9};YT {2000000 + n};10.0.0.{n % 200}\n" for n in range(60)
)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_from_a_log_of_any_layout_to_a_ledger(tmp_path: Path, lang: str) -> None:
    """`map` proposes, `ingest --map` takes it as proposed, `trace --map` reads leaks of any layout likewise."""
    sample, mapping = tmp_path / "gateway.csv", tmp_path / "gateway.toml"
    sample.write_text(FOREIGN, encoding="utf-8")
    shown = inside("map", sample, "--lang", lang)
    said = inside("map", sample, "--out", mapping, "--lang", lang)
    assert (shown.code, said.code, said.out) == (16, 16, ""), "its times have no offset"
    assert shown.out == mapping.read_text(encoding="utf-8")
    assert f"--map {mapping}" in said.err
    assert here("ingest", tmp_path / "L", sample, "--map", mapping).code == 0
    shown_ledger = json.loads(here("show", tmp_path / "L", "--format", "json").out)
    assert shown_ledger["rows"] == {"accesses": 60}
    assert shown_ledger["rejected"] == {}
    assert (shown_ledger["accounts"], shown_ledger["waybills"]) == (9, 60)
    leaks_map = tmp_path / "leaks.toml"
    leaks_map.write_text('wayseal = 1\ntable = "leaks"\n[columns]\nwaybill = "no"\nseen_at = "when"\n', "utf-8")
    bought(tmp_path / "odd.csv")
    text = (tmp_path / "odd.csv").read_text().replace("waybill,seen_at", "no,when")
    (tmp_path / "odd.csv").write_text(text)
    words = ("trace", tmp_path / "L", "--leaks", tmp_path / "odd.csv", "--format", "json")
    assert json.loads(here(*words, "--map", leaks_map).out)["found"] == 6
    with pytest.raises(StoreError, match="not for leaks"):
        here(*words, "--map", mapping)


def test_simulate_then_ingest_then_trace(tmp_path: Path) -> None:
    made = here("simulate", tmp_path / "S", "--scenario", "tiny", "--accesses", 6000, "--bought", 6, "--seed", 3)
    assert made.code == 0
    assert "truth.json" in made.err
    truth = json.loads((tmp_path / "S/truth.json").read_text(encoding="utf-8"))
    assert len((tmp_path / "S/leaks.csv").read_text().splitlines()) == 7
    assert not list((tmp_path / "S/dataset").rglob("*truth*"))
    here("ingest", tmp_path / "L", tmp_path / "S/dataset", "-q")
    report = json.loads(here("trace", tmp_path / "L", "--leaks", tmp_path / "S/leaks.csv", "--format", "json").out)
    assert report["leaks"] == 6
    assert truth["leakers"][0]["kind"] == "actor"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo on the smallest world."""

    def small(_name: str, **changes: Any) -> object:
        return preset("tiny", accesses=3000, bought=6, **changes)

    monkeypatch.setattr("wayseal_sim.commands.demo.preset", small)


@pytest.mark.once
def test_the_demo(tmp_path: Path, tiny: None) -> None:
    folder = tmp_path / "demo"
    ran = here("demo", folder, "-q")
    assert (ran.code, ran.err) == (0, "")
    assert all(word in ran.out for word in ("Truth (simulated", "Reports: ", str((folder / "report.html").resolve())))
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert truth["leakers"][0]["id"] in ran.out
    assert report["leaks"] == 6
    (folder / "old").touch()
    ran = here("demo", folder, "--leaker", "nobody", "--lang", "zh", "-q")
    assert all(word in ran.out for word in ("真相", "无人", "报告："))
    assert not (folder / "old").exists()  # an earlier demo is replaced


def test_the_demo_leaves_what_is_not_its_own(tmp_path: Path) -> None:
    mine = tmp_path / "thesis.doc"
    mine.write_text("years of work")
    ran = inside("demo", tmp_path)
    assert ran.code == 2
    assert str(tmp_path) in ran.err
    assert mine.read_text() == "years of work"
    assert list(tmp_path.iterdir()) == [mine]
    (tmp_path / "empty").mkdir()
    demo._clear(tmp_path / "empty")
    assert [p.name for p in (tmp_path / "empty").iterdir()] == [".wayseal-demo"]


def raising(error: BaseException) -> Any:
    def command(*_: object, **__: object) -> NoReturn:
        raise error

    return command


FAILURES = [
    (StoreError("not so", file=Path("x.csv"), line=3), 3, "wayseal: x.csv:3: not so"),
    (LedgerError("odd"), 6, "wayseal: "),
    (OSError(errno.ENOSPC, "No space left on device"), 5, "wayseal: No space left on device"),
    (OSError(errno.EACCES, "Permission denied", "x"), 5, "wayseal: x: Permission denied"),
    (KeyboardInterrupt(), 130, "wayseal: interrupted"),
]


@pytest.mark.parametrize(("error", "code", "line"), FAILURES, ids=[type(f[0]).__name__ + str(f[1]) for f in FAILURES])
def test_an_error_is_one_line(
    base: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, line: str
) -> None:
    monkeypatch.setattr(show, "open_ledger", raising(error))
    ran = inside("show", base / "L")
    assert ran.code == code
    assert len(ran.err.strip().splitlines()) == 1
    assert line in ran.err


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, 5), (errno.EACCES, 5), (errno.ENOENT, 3)])
def test_what_the_disk_refuses_ends_with_five(
    base: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    error = StoreError("can't be written", file=Path("x"))
    error.__cause__ = OSError(number, "no")
    monkeypatch.setattr(show, "open_ledger", raising(error))
    assert inside("show", base / "L").code == code


def test_nothing_catches_a_bug(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "open_ledger", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        inside("show", base / "L")


def test_files_are_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_text(tmp_path / "a", "单")
    write_text(tmp_path / "a", "号")
    assert (tmp_path / "a").read_text("utf-8") == "号"
    write_text(Path("/dev/null"), "gone")
    for place in (tmp_path, tmp_path / "no" / "b"):
        with pytest.raises(OSError, match=str(place)):
            write_text(place, "x")
    monkeypatch.setattr(Path, "replace", raising(OSError(errno.EIO, "broken")))
    with pytest.raises(OSError, match="broken"):
        write_text(tmp_path / "a", "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text("utf-8") == "号"


def test_progress_is_drawn_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for quiet in (True, False):
        with progress_bars(quiet) as progress:
            progress("read", 1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress_bars(quiet=True) as progress:
        progress("read", 1, 2)
    assert capsys.readouterr().err == ""
    with progress_bars(quiet=False) as progress:
        for stage, done, total in (("read", 0, 4), ("read", 4, 4), ("commit", 1, 0)):
            progress(stage, done, total)
    drawn = capsys.readouterr().err
    assert "read" in drawn
    assert "commit" in drawn


def test_times_on_screen() -> None:
    assert show.second(None) is None
    assert show.second(1_999_999) == "1970-01-01T00:00:01Z"
    assert show.second(-1) == "1969-12-31T23:59:59Z"


def test_the_room_loads_its_commands_when_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AttributeError):
        cli.nothing  # noqa: B018
    stopped: list[int] = []
    written: list[bytes] = []
    monkeypatch.setattr("os.write", lambda _place, text: written.append(text))
    monkeypatch.setattr("os._exit", stopped.append)
    cli._stop(2, None)
    assert (stopped, written) == ([130], [f"{cli.STOPPED}\n".encode()])
    monkeypatch.setattr(cli, "_load", lambda: raising(KeyboardInterrupt()))
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 130
    assert capsys.readouterr().err == f"{cli.STOPPED}\n"


def test_loading_leaves_the_handler_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        for handler in (signal.default_int_handler, signal.SIG_IGN):
            signal.signal(signal.SIGINT, handler)
            cli._load()
            assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)
