"""`wayseal detect`, as a person runs it."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.detecting import as_anybody
from tests.cli.looking import looking_once
from tests.cli.running import Ran, inside, worded
from tests.detect.watched import Watched
from tests.ledger.helpers import put, write
from wayseal.cases import load_pseudonyms, open_cases, read_casebook
from wayseal.cases.types import Source
from wayseal.cases.views import ItemFilter
from wayseal.cli.detect import NOT_JUDGED
from wayseal.ledger.upkeep import backup

BY = ("--unmask", "--who", "Li, audit", "--why", "complaint 7")
CHINESE = re.compile("[一-鿿]")


@pytest.fixture
def ledger(ready: Path, tmp_path: Path, looked_once: None) -> Path:
    """One to write to; what was found in it once is found without looking."""
    shutil.copytree(ready, tmp_path / "L")
    return tmp_path / "L"


@pytest.fixture
def unseen(ready: Path, tmp_path: Path) -> Iterator[Path]:
    """One in which each test looks for itself, though at the same thing no second time."""
    shutil.copytree(ready, tmp_path / "L")
    with looking_once({}):
        yield tmp_path / "L"


def done(*words: object) -> Ran:
    ran = inside("detect", *words)
    assert ran.code == 0, ran.err
    return ran


def told(*words: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done(*words, "--format", "json").out)
    return found


def accounts(small: Watched) -> set[str]:
    """All ids of accounts."""
    return set(pq.read_table(small.dataset / "actors.parquet")["actor"].to_pylist())


def waybills(small: Watched) -> set[str]:
    return set(pq.read_table(small.dataset / "waybills.parquet")["waybill"].to_pylist())


def test_names_are_pseudonyms_until_a_case_is_opened(ledger: Path, small: Watched) -> None:
    first = told(ledger)
    aliases = load_pseudonyms(ledger / "detect")
    real = {a for c in small.result.cases for a in c.actors}
    assert {a for c in first["cases"] for a in c["actors"]} == {aliases.of(a) for a in real}
    assert sorted(c["case"] for c in first["cases"]) == [f"c-{k + 1}" for k in range(len(first["cases"]))]
    text = done(ledger).out
    assert not [a for a in accounts(small) if a in text]
    case = next(c for c in first["cases"] if len(c["actors"]) == 1)
    opened = inside("case", "open", ledger, case["case"], "--who", "Li", "--why", "complaint 7")
    assert opened.code == 0
    again = told(ledger)
    named = next(c for c in again["cases"] if c["case"] == case["case"])
    assert [aliases.of(a) for a in named["actors"]] == case["actors"]
    assert {a for r in named["reasons"] for a in [r["actor"]]} == set(named["actors"])
    others = [c["actors"] for c in again["cases"] if c["case"] != case["case"]]
    assert others == [c["actors"] for c in first["cases"] if c["case"] != case["case"]]


def test_all_may_be_opened_at_once_and_that_is_recorded(ledger: Path, small: Watched) -> None:
    found = told(ledger, *BY)
    assert {a for c in found["cases"] for a in c["actors"]} == {a for c in small.result.cases for a in c.actors}
    book = read_casebook(ledger / "detect")
    acts = [case.acts[0] for case in book.cases]
    assert {(a.who, a.why) for a in acts} == {("Li, audit", "complaint 7")}  # type: ignore[union-attr]
    assert len(book.cases) == len(found["cases"])


REFUSED = [
    ("--unmask",),
    ("--unmask", "--who", "Li"),
    ("--unmask", "--why", "x"),
    ("--unmask", "--who", "", "--why", "x"),
    ("--unmask", "--who", " ", "--why", "x"),
    ("--unmask", "--who", "Li", "--why", "two\nlines"),
    ("--unmask", "--who", "Li", "--why", "x" * 501),
    ("--budget", "0"),
    ("--budget", "many"),
    ("--from", "yesterday"),
    ("--to", "9999-12-31"),
    ("--from", "2026-03-09", "--to", "2026-03-08"),
    ("--from", "2020-01-01"),
    ("--offset", "08:00"),
    ("--offset", "+05:30"),
    ("--format", "pdf"),
    ("--notify", "nothing-that-anybody-knows"),
    ("--notify", "json://127.0.0.1/x", "--notify", "carrier-pigeon://s3cr3t"),
    ("--false-alarm", "0"),
    ("--false-alarm", "-3"),
    ("--false-alarm", "inf"),
    ("--false-alarm", "nan"),
    ("--false-alarm", "dear"),
    ("--templates", "nowhere.toml"),
    ("--contracts", "nowhere"),
    ("--canaries", "nowhere"),
]


def test_what_is_refused_registers_nothing(ledger: Path, subtests: pytest.Subtests) -> None:
    codes = {"--templates": 5, "--canaries": 5, "--contracts": 3}
    for words in REFUSED:
        with subtests.test(" ".join(words)):
            english, chinese = (inside("detect", ledger, *words, "--lang", lang) for lang in ("en", "zh"))
            code = codes.get(words[0], 2)
            assert (english.code, chinese.code) == (code, code), english.err
            assert (english.out, chinese.out) == ("", "")
            assert CHINESE.search(chinese.err.splitlines()[-1])
            assert not CHINESE.search(english.err)
            assert "s3cr3t" not in english.err + chinese.err
            assert not (ledger / "detect/casebook.db").exists()


@pytest.mark.parametrize("format_", ["text", "json", "ocsf", "html"])
def test_formats_and_files(ledger: Path, tmp_path: Path, format_: str) -> None:
    screen = done(ledger, "--format", format_, "--lang", "zh")
    assert screen.err == "", "nothing but the report where nobody looks on"
    out = tmp_path / "cases"
    written = done(ledger, "--format", format_, "--lang", "zh", "--out", out)
    assert (written.out, written.err) == ("", f"{out}\n")
    if format_ != "text":
        assert out.read_text("utf-8") == screen.out
    assert done(ledger, "--out", out, "--quiet").err == ""


def test_metrics_are_a_file_of_their_own(ledger: Path, tmp_path: Path, small: Watched) -> None:
    file = tmp_path / "wayseal.prom"
    found = told(ledger, "--metrics", file)
    text = file.read_text("utf-8")
    assert f"wayseal_detect_cases {len(found['cases'])}\n" in text
    hidden = accounts(small) | waybills(small) | {a for c in found["cases"] for a in c["actors"]}
    assert not [x for x in hidden if x in text]


def test_days_and_budget_are_passed_on(ledger: Path) -> None:
    found = told(ledger, "--from", "2026-03-10", "--to", "2026-03-12", "--budget", 3)
    assert (found["from"], found["to"], found["budget"]) == ("2026-03-09T16:00:00Z", "2026-03-12T16:00:00Z", 3)
    utc = told(ledger, "--to", "2026-03-12", "--offset", "+00:00")
    assert utc["to"] == "2026-03-13T00:00:00Z"


def test_policy_says_what_is_worth_acting_on(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cheap, dear = (told(ledger, "--false-alarm", cost) for cost in ("0.001", "1e9"))
    assert (cheap["false_alarm"], dear["false_alarm"]) == (0.001, 1e9)
    assert all(case["worth"] for case in cheap["cases"] if case["reads"])
    assert [case["worth"] for case in dear["cases"]] == [case["score"] >= 0.5 for case in dear["cases"]]
    losses = [case["expected_loss"] for case in dear["cases"]]
    assert losses == sorted(losses, reverse=True)
    monkeypatch.setenv("WAYSEAL_FALSE_ALARM", "0.001")
    assert told(ledger) == cheap
    monkeypatch.setenv("WAYSEAL_FALSE_ALARM", "-1")
    refused = inside("detect", ledger)
    assert (refused.code, "--false-alarm" in refused.err, "needs a number of parcels above 0" in refused.err) == (
        2, True, True,
    )  # fmt: skip


def test_a_verdict_ends_a_case_and_it_does_not_come_again(ledger: Path) -> None:
    first = told(ledger)
    for case in first["cases"]:
        ran = inside("verdict", ledger, case["case"], "false", "--who", "Li", "--why", "work")
        assert ran.code == 0
    judged = {actor for case in first["cases"] for actor in case["actors"]}
    later = told(ledger)["cases"]
    assert not judged & {actor for case in later for actor in case["actors"]}
    assert all(not case["worth"] for case in later), "others of the role stand out a little more without them"
    assert len(read_casebook(ledger / "detect").cases) == len(first["cases"]) + len(later)


def test_a_verdict_true_keeps_the_case_as_it_is(ledger: Path) -> None:
    first = told(ledger)
    joint = max(first["cases"], key=lambda c: len(c["actors"]))
    assert inside("verdict", ledger, joint["case"], "true", "--lacking", "--who", "Li", "--why", "sold them").code == 0
    again = told(ledger)
    assert joint["case"] in {c["case"] for c in again["cases"]}
    assert {c["case"] for c in first["cases"]} <= {c["case"] for c in again["cases"]}


def test_the_same_again_changes_nothing(ready: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "L"
    shutil.copytree(ready, ledger)
    first = done(ledger, "--format", "json").out
    book = (ledger / "detect/casebook.db").read_bytes()
    assert done(ledger, "--format", "json").out == first
    assert (ledger / "detect/casebook.db").read_bytes() == book


def test_a_backup_and_no_ledger(ready: Path, tmp_path: Path) -> None:
    backup(ready, tmp_path / "B")
    ran = inside("detect", tmp_path / "B")
    assert (ran.code, "this is a backup" in ran.err) == (3, True)
    assert inside("detect", tmp_path / "none").code == 6
    assert inside("detect").code == 2


def test_an_empty_ledger(tmp_path: Path) -> None:
    write(tmp_path / "d", "actors", [{"actor": "u-1", "kind": "person", "role": "clerk"}])
    put(tmp_path / "d", tmp_path / "L")
    ran = [inside("detect", tmp_path / "L", *words) for words in (("--format", "json"), (), ("--lang", "zh"))]
    assert {r.code for r in ran} == {NOT_JUDGED}
    found = json.loads(ran[0].out)
    assert (found["cases"], found["from"], found["to"]) == ([], None, None)
    assert "The ledger holds no reads." in ran[1].out
    assert "没有访问记录" in ran[2].out
    assert not (tmp_path / "L/detect/casebook.db").exists()


def test_where_hardly_anything_could_be_judged_the_exit_code_says_so(small: Watched, tmp_path: Path) -> None:
    """In each format; and all else is done as always."""
    shutil.copytree(small.dataset / "accesses", tmp_path / "d" / "accesses")
    put(tmp_path / "d", tmp_path / "L")
    for form in ("text", "json", "html", "ocsf"):
        ran = inside("detect", tmp_path / "L", "--quiet", "--format", form, "--metrics", tmp_path / "m")
        assert (ran.code, ran.err) == (NOT_JUDGED, "")
        if form in ("text", "html"):
            assert "100% of the first reads" in " ".join(ran.out.split())
            assert "ould not be judged" in ran.out
        if form == "json":
            assert json.loads(ran.out)["judged"]["enough"] is False
    assert "wayseal_detect_enough_judged 0\n" in (tmp_path / "m").read_text("utf-8")
    assert "无法判断" in inside("detect", tmp_path / "L", "--quiet", "--lang", "zh").out


# --- a ledger that is only read ---


@contextmanager
def closed(ledger: Path, *, detect: bool = True) -> Iterator[None]:
    """Nobody may write there. detect: nor in its folder detect/."""
    folders = [ledger, *([ledger / "detect"] if detect else [])]
    for folder in folders:
        folder.chmod(0o500)
    try:
        with as_anybody():
            yield
    finally:
        for folder in folders:
            folder.chmod(0o700)


def test_whoever_may_only_read_gets_cases_without_ids(unseen: Path, small: Watched) -> None:
    before = sorted(p.relative_to(unseen) for p in unseen.rglob("*"))
    with closed(unseen):
        runs = {lang: inside("detect", unseen, "--format", "json", "--lang", lang) for lang in ("en", "zh")}
        assert inside("detect", unseen, *BY).code == 5
        quiet = inside("detect", unseen, "--quiet")
    assert quiet.err == worded("en", "{folder} can't be written: …", folder=unseen / "detect") + "\n", "quiet or not"
    for lang, ran in runs.items():
        assert ran.code == 0, ran.err
        assert ran.err == worded(lang, "{folder} can't be written: …", folder=unseen / "detect") + "\n"
        cases = json.loads(ran.out)["cases"]
        assert [c["case"] for c in cases] == [c["state"] for c in cases] == [""] * len(small.result.cases)
        assert not {a for c in cases for a in c["actors"]} & accounts(small)
    assert sorted(p.relative_to(unseen) for p in unseen.rglob("*")) == before, "nothing was written"


def test_who_may_only_read_sees_the_casebook_s_pseudonyms_and_verdicts(unseen: Path) -> None:
    first = told(unseen)
    gone = first["cases"][0]
    inside("verdict", unseen, gone["case"], "false", "--who", "Li", "--why", "work")
    kept = told(unseen)
    with closed(unseen):
        ran = inside("detect", unseen, "--format", "json", "--quiet")
    cases = json.loads(ran.out)["cases"]
    assert [c["actors"] for c in cases] == [c["actors"] for c in kept["cases"]]
    assert gone["actors"] not in [c["actors"] for c in cases]


def test_a_casebook_that_is_closed_to_us(unseen: Path, small: Watched) -> None:
    told(unseen)
    (unseen / "detect").chmod(0)
    try:
        with as_anybody():
            ran = inside("detect", unseen, "--format", "json", "--quiet")
    finally:
        (unseen / "detect").chmod(0o700)
    assert ran.code == 0, ran.err
    assert len(json.loads(ran.out)["cases"]) == len(small.result.cases)


def test_a_full_disk_shows_no_name_that_is_not_recorded(unseen: Path, small: Watched, tmp_path: Path) -> None:
    ran = inside("detect", unseen, *BY, cwd=tmp_path, limit=100)
    assert ran.code == 5, ran.err
    assert not [a for a in accounts(small) if a in ran.out + ran.err]


# --- a dry run ---


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_dry_run_finds_the_same_and_leaves_everything_as_it_was(unseen: Path, tmp_path: Path) -> None:
    first = told(unseen)
    inside("case", "open", unseen, first["cases"][0]["case"], "--who", "Li", "--why", "complaint 7")
    kept, before = told(unseen), files(unseen)
    for lang in ("en", "zh"):
        ran = done(unseen, "--dry-run", "--format", "json", "--lang", lang, "--metrics", tmp_path / "m")
        dry = json.loads(ran.out)
        assert ran.err == worded(lang, "a dry run: nothing …") + "\n"
        assert [c["actors"] for c in dry["cases"]] == [c["actors"] for c in kept["cases"]]
        assert {(c["case"], c["state"]) for c in dry["cases"]} == {("", "")}
        assert "wayseal_detect_cases" in (tmp_path / "m").read_text("utf-8")
    assert done(unseen, "--dry-run", "--quiet").err == ""
    other = told(unseen, "--dry-run", "--offset", "+00:00", "--budget", 1, "--quiet")
    assert other["budget"] == 1
    assert files(unseen) == before


def test_a_dry_run_where_nothing_was_kept_yet(small: Watched, tmp_path: Path) -> None:
    shutil.copytree(small.ledger, tmp_path / "L")
    shutil.rmtree(tmp_path / "L/detect", ignore_errors=True)
    assert len(told(tmp_path / "L", "--dry-run")["cases"]) == len(small.result.cases)
    assert not (tmp_path / "L/detect").exists()
    backup(tmp_path / "L", tmp_path / "B")
    assert len(told(tmp_path / "B", "--dry-run")["cases"]) == len(small.result.cases), "it writes nothing there"


@pytest.mark.parametrize("words", [BY, ("--notify", "json://127.0.0.1/x")])
def test_a_dry_run_neither_shows_names_nor_tells_anybody(ledger: Path, words: tuple[str, ...]) -> None:
    before = files(ledger)
    for lang, says in (
        ("en", f"--dry-run records nothing and goes with no {words[0]}"),
        ("zh", "不作任何记录，不能与"),
    ):
        ran = inside("detect", ledger, "--dry-run", *words, "--lang", lang)
        assert (ran.code, ran.out, says in ran.err) == (2, "", True), ran.err
    assert files(ledger) == before


# --- how cases stand ---


def test_each_case_says_how_it_stands(ledger: Path) -> None:
    first = told(ledger)
    assert {c["state"] for c in first["cases"]} == {"new"}
    id_ = first["cases"][0]["case"]
    by = ("--who", "Li", "--why", "complaint 7")
    assert inside("case", "open", ledger, id_, *by).code == 0
    assert {c["case"]: c["state"] for c in told(ledger)["cases"]} == {
        c["case"]: "opened" if c["case"] == id_ else "new" for c in first["cases"]
    }
    assert inside("verdict", ledger, id_, "true", "--lacking", *by).code == 0
    assert next(c for c in told(ledger)["cases"] if c["case"] == id_)["state"] == "true"
    assert {c["state"] for c in told(ledger, *BY)["cases"]} <= {"opened", "true"}
    lines = done(ledger, "--format", "ocsf").out.splitlines()
    assert {json.loads(line)["unmapped"]["wayseal"]["state"] for line in lines} <= {"opened", "true"}


# --- contracts and canaries ---


def contracts(folder: Path, small: Watched) -> Path:
    """Contracts of all partners, each with the address that partners have."""
    folder.mkdir()
    actors = pq.read_table(small.dataset / "actors.parquet").to_pylist()
    for actor in (a["actor"] for a in actors if a["kind"] == "partner"):
        text = f'partner = "{actor}"\nactors = "{actor}"\naddresses = "203.0.113.0/24"\n'
        (folder / f"{actor}.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_contract_that_was_broken_is_a_reason_of_a_case(ledger: Path, small: Watched, tmp_path: Path) -> None:
    folder = contracts(tmp_path / "contracts", small)
    before = {c["case"] for c in told(ledger)["cases"]}
    found = told(ledger, "--contracts", folder, *BY)
    (breaking,) = [a for a, kind in small.insiders.items() if kind == "partner"]
    reasons = {(r["actor"], r["detector"]): r for c in found["cases"] for r in c["reasons"]}
    assert {a for a, name in reasons if name == "partner_contract"} == {breaking}
    reason = reasons[breaking, "partner_contract"]
    assert reason["reads_in_all"] >= reason["value"] > 50
    assert reason["reads"]
    assert "its contract doesn't allow" in reason["text"]
    assert {c["case"] for c in found["cases"]} == before, "and no other partner is suspected"
    assert not [n for n in found["not_judged"] if n.get("detector") == "partner_contract"]


def test_a_partner_without_a_contract_is_no_suspect_for_that(ledger: Path, small: Watched, tmp_path: Path) -> None:
    folder = contracts(tmp_path / "contracts", small)
    (breaking,) = [a for a, kind in small.insiders.items() if kind == "partner"]
    for file in folder.glob("*.toml"):
        if file.stem != breaking:
            file.unlink()
    found = told(ledger, "--contracts", folder, *BY)
    reasons = [r for c in found["cases"] for r in c["reasons"]]
    assert {r["actor"] for r in reasons if r["detector"] == "partner_contract"} == {breaking}


def test_mistakes_in_contracts_are_said_before_the_work(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c/a.toml").write_text('partner = "A"\nactors = ["a"]\nfeilds = ["b"]\n', encoding="utf-8")
    for path in (tmp_path / "c", tmp_path):
        ran = inside("detect", ledger, "--contracts", path)
        assert (ran.code, ran.out) == (3, "")
    assert "a.toml:3: feilds" in inside("detect", ledger, "--contracts", tmp_path / "c").err


def test_a_touch_of_a_canary_is_a_case(ledger: Path, small: Watched, tmp_path: Path) -> None:
    reads = pq.read_table(small.dataset / "accesses").sort_by("at")
    last = {"actor": reads["actor"][-1].as_py(), "waybill": reads["waybill"][-1].as_py()}
    register = tmp_path / "canaries"
    words = ("--register", register, "--for", "u-0004", "--count", 1, "--at", "2026-03-02T08:00+08:00")
    assert inside("canary", "plan", ledger, *words).code == 0
    none = told(ledger, "--canaries", register)
    assert not [n for n in none["not_judged"] if n.get("detector") == "canary_touch"]
    assert not [r for c in none["cases"] for r in c["reasons"] if r["detector"] == "canary_touch"]
    (canary,) = json.loads(inside("canary", "list", register, "--format", "json").out)["canaries"]
    at, number = reads["at"][-1].as_py(), canary["waybill"]
    late = [{"at": at, "actor": actor, "waybill": number} for actor in (last["actor"], "u-0004")]
    write(tmp_path / "late", "accesses", late)
    put(tmp_path / "late", ledger)
    found = told(ledger, "--canaries", register, *BY)
    touched = [r for c in found["cases"] for r in c["reasons"] if r["detector"] == "canary_touch"]
    assert [(r["actor"], r["value"], r["reads_in_all"]) for r in touched] == [(last["actor"], 1, 1)]
    assert touched[0]["reads"][0]["waybill"] == canary["waybill"], "whom it was made for may touch it"
    # In the queue it stands by itself, once; so does a canary that came out.
    assert inside("canary", "hit", register, number, "--seen-at", "2026-03-20T08:00+08:00").code == 0
    told(ledger, "--canaries", register)
    with open_cases(ledger / "detect", new=False) as cases:
        rows = cases.queue(2**60, ItemFilter(source=Source.CANARY)).rows
        assert [(row.reason, len(row.things)) for row in rows] == [("canary_hit", 2), ("canary_touch", 2)]


# --- personal data ---


def test_no_id_stands_where_it_should_not(ledger: Path, small: Watched, tmp_path: Path) -> None:
    hidden = accounts(small) | waybills(small)
    ran = done(ledger, "--metrics", tmp_path / "m", "--out", tmp_path / "o", "--lang", "zh")
    text = (tmp_path / "o").read_text("utf-8")
    names = accounts(small)
    assert not [x for x in hidden if x in ran.err + ran.out + (tmp_path / "m").read_text("utf-8")]
    assert not [x for x in names if x in text]
    for words in (("--from", "2026-03-09", "--to", "2026-03-01"), ("--unmask",), ("--offset", "x"), ("--budget", "x")):
        ran = inside("detect", ledger, *words)
        assert not [x for x in hidden if x in ran.err + ran.out]


def test_hostile_ids_from_the_log_to_the_screen(tmp_path: Path) -> None:
    from tests.page.hostile import HOSTILE

    texts = [t for t in HOSTILE if t.strip() and "\ud800" not in t and "\0" not in t and len(t) < 200]
    days = [(day, 4 if day < 4 else 60) for day in range(6)]
    rows = [
        {
            "at": f"2026-03-{2 + day:02d}T0{1 + k % 8}:{k % 60:02d}:00Z",
            "actor": a,
            "waybill": f"YT{n}0{day}-{k}",
            "ip": a,
        }
        for n, a in enumerate(texts)
        for day, m in days
        for k in range(m)
    ]
    source = tmp_path / "accesses.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert inside("ingest", tmp_path / "L", source, "-q").code == 0
    for format_ in ("text", "json", "ocsf", "html"):
        ran = inside("detect", tmp_path / "L", *BY, "--format", format_)
        assert ran.code == NOT_JUDGED, ran.err
        assert all(char == "\n" or char.isprintable() for char in ran.out)
