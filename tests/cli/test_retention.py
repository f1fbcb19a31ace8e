"""`wayseal ledger purge` and `compact`, and what other commands say afterwards, as a person runs them."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.running import bought, inside, log, worded

pytestmark = pytest.mark.usefixtures("short")
BY = ("--who", "Wang", "--why", "rule 4")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year of reads in two files, a key and a checkpoint."""
    folder = tmp_path_factory.mktemp("kept")
    for n in range(2):
        rows = [
            f"2025-{1 + k % 6 + 6 * n:02d}-{1 + k % 28:02d}T06:00:00Z,u-{k % 5},YT{1000 * n + k},a{n}-{k}"
            for k in range(300)
        ]
        inside("ingest", folder / "L", log(folder / f"accesses.{n}.csv", rows, "at,actor,waybill,access"))
    assert inside("ledger", "key", "new", "--out", folder / "k", "--name", "li").code == 0
    assert inside("ledger", "checkpoint", folder / "L", "--key", folder / "k", "--out", folder / "c").code == 0
    bought(folder / "leaks.csv", "2025-12-30T00:00:00Z", ["YT1005", "YT1011", "YT1017"])
    return folder


def report(path: Path, kept: Path, to: Path) -> Path:
    """A trace's report on a ledger."""
    trace = ("trace", path, "--leaks", kept / "leaks.csv", "-q")
    assert inside(*trace, "--format", "json", "--out", to / "report.json").code == 0
    return to / "report.json"


def copied(kept: Path, to: Path) -> Path:
    shutil.copytree(kept / "L", to / "L")
    return to / "L"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_dry_run_says_what_would_go(kept: Path, lang: str) -> None:
    before = (kept / "L/manifest.json").read_bytes()
    ran = inside("ledger", "purge", kept / "L", "--before", "2025-03-01", *BY, "--dry-run", "--lang", lang)
    assert (ran.code, ran.err) == (0, "")
    assert worded(lang, "Would go (nothing was changed): everything …", before="2025-03-01") in ran.out
    assert "2025-02-26" in ran.out
    found = json.loads(
        inside("ledger", "purge", kept / "L", "--keep-days", 300, *BY, "--dry-run", "--format", "json").out
    )
    assert (found["dry_run"], found["before"], found["reads"]) == (True, "2025-03-03", sum(found["days"].values()))
    assert found["segment_bytes"] > 0
    assert (kept / "L/manifest.json").read_bytes() == before


def test_a_purge_and_its_proof(kept: Path, tmp_path: Path) -> None:
    path = copied(kept, tmp_path)
    proof = ("--checkpoint", kept / "c", "--out", tmp_path / "proof")
    ran = inside("ledger", "purge", path, "--before", "2025-04-01", *BY, *proof)
    assert ran.code == 0, ran.err
    assert worded("en", "Purged: everything …", before="2025-04-01") in ran.out
    assert worded("en", "Copies elsewhere are …") in ran.out
    assert worded("en", "{out}: proof of the purge. …", out=tmp_path / "proof") in ran.out
    by = ("--key", kept / "k.pub")
    assert inside("ledger", "verify-proof", tmp_path / "proof", *by).code == 3
    assert inside("ledger", "checkpoint", path, "--key", kept / "k", "--out", tmp_path / "after").code == 0
    shown = inside("ledger", "verify-proof", tmp_path / "proof", "--checkpoint", tmp_path / "after", *by)
    assert shown.code == 0, shown.err
    assert "150 reads and 150 waybills" in shown.out
    assert "Wang" in shown.out
    assert worded("en", "  It doesn't show that …") in shown.out
    verified = inside("ledger", "verify", path, "--checkpoint", kept / "c", *by)
    assert (verified.code, "450 reads" in verified.out) == (0, True)
    (tmp_path / "other").write_bytes((tmp_path / "proof").read_bytes().replace(b"Wang", b"Weng"))
    assert inside("ledger", "verify-proof", tmp_path / "other", "--checkpoint", tmp_path / "after", *by).code == 7


def test_the_keeper_beside_it_signs_at_once(kept: Path, tmp_path: Path) -> None:
    path = copied(kept, tmp_path)
    proof = ("--checkpoint", kept / "c", "--out", tmp_path / "proof", "--key", kept / "k")
    ran = inside("ledger", "purge", path, "--before", "2025-12-20", *BY, *proof, "--below-legal-minimum")
    assert worded("en", "{out}: proof of the purge, with the checkpoint after it", out=tmp_path / "proof") in ran.out
    shown = inside("ledger", "verify-proof", tmp_path / "proof", "--key", kept / "k.pub", "--lang", "zh")
    assert (shown.code, worded("zh", "  the legal minimum of six months was set aside") in shown.out) == (0, True)


def test_what_is_too_young_is_refused(kept: Path, tmp_path: Path) -> None:
    path = copied(kept, tmp_path)
    ran = inside("ledger", "purge", path, "--before", "2025-12-01", *BY)
    assert (ran.code, ran.out) == (12, "")
    assert "six months" in ran.err
    assert "2025-06-28" in ran.err


def test_waybills_with_young_reads_are_held(kept: Path, tmp_path: Path) -> None:
    path = copied(kept, tmp_path)
    late = log(tmp_path / "accesses.csv", ["2025-12-28T06:00:00Z,u-9,YT0,late"], "at,actor,waybill,access")
    inside("ingest", path, late)
    proof = ("--checkpoint", kept / "c", "--out", tmp_path / "proof", "--key", kept / "k")
    ran = inside("ledger", "purge", path, "--before", "2025-02-01", *BY, *proof)
    assert worded("en", "  {held:,} waybills stay though …", held=1) in ran.out
    shown = inside("ledger", "verify-proof", tmp_path / "proof", "--key", kept / "k.pub")
    assert (shown.code, worded("en", "  {held:,} waybills stayed because of younger reads", held=1) in shown.out) == (
        0,
        True,
    )


def test_nothing_to_purge(kept: Path, tmp_path: Path) -> None:
    path = copied(kept, tmp_path)
    (tmp_path / "proof").write_text("an older one")
    proof = ("--checkpoint", kept / "c", "--out", tmp_path / "proof")
    ran = inside("ledger", "purge", path, "--before", "2024-12-01", *BY, *proof)
    assert (ran.code, ran.out) == (
        0,
        worded("en", "Nothing to purge: no …", before="2024-12-01") + "\n",
    )
    assert (tmp_path / "proof").read_text() == "an older one"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize(
    "options",
    [
        ("--who", "W", "--why", "r"),
        ("--before", "2025-02-01", "--keep-days", "400", *BY),
        ("--before", "February", *BY),
        ("--before", "2025-02-01", "--who", " ", "--why", "r"),
        ("--before", "2025-02-01", "--who", "W", "--why", "two\nlines"),
        ("--before", "2025-02-01", *BY, "--out", "x"),
        ("--before", "2025-02-01", *BY, "--key", "x"),
    ],
)
def test_wrong_usage(kept: Path, options: tuple[str, ...]) -> None:
    assert inside("ledger", "purge", kept / "L", *options).code == 2


def test_a_checkpoint_or_place_that_does_not_fit_stops_it_before(kept: Path, tmp_path: Path) -> None:
    path = copied(kept, tmp_path)
    before = (path / "manifest.json").read_bytes()
    inside("ingest", tmp_path / "M", log(tmp_path / "a.csv"))
    inside("ledger", "checkpoint", tmp_path / "M", "--key", kept / "k", "--out", tmp_path / "foreign")
    cut = ("ledger", "purge", path, "--before", "2025-02-01", *BY)
    assert inside(*cut, "--checkpoint", tmp_path / "foreign", "--out", tmp_path / "p").code == 8
    assert inside(*cut, "--checkpoint", kept / "c", "--out", tmp_path / "none/p").code == 5
    assert inside(*cut, "--checkpoint", kept / "c", "--out", tmp_path / "p", "--key", kept / "k.pub").code == 3
    assert (path / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_others_say_that_it_was_purged(kept: Path, tmp_path: Path, lang: str) -> None:
    path = copied(kept, tmp_path)
    made = report(path, kept, tmp_path)
    inside("ledger", "purge", path, "--before", "2025-04-01", *BY)
    shown = inside("show", path, "--lang", lang)
    assert ("2025-04-01" in shown.out, "Wang" in shown.out, "rule 4" in shown.out) == (True, True, True)
    found = json.loads(inside("show", path, "--format", "json").out)
    assert found["purges"][0]["reads"] == 150
    assert (found["rows"]["accesses"], found["from"][:10]) == (450, "2025-04-02")
    trace = ("trace", path, "--leaks", kept / "leaks.csv", "-q", "--lang", lang)
    assert "2025-04-01" in inside(*trace).out
    again = inside(*trace, "--verify", made)
    assert again.code == 10
    assert "Wang" in again.out
    assert "2025-04-01" in again.out
    late = log(tmp_path / "accesses.csv", ["2025-01-05T06:00:00Z,u-9,YT4,old"], "at,actor,waybill,access")
    assert inside("ingest", path, late).code == 0
    assert json.loads(inside("show", path, "--format", "json").out)["rejected"] == {"purged": 1}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_compact_says_before_and_after(kept: Path, tmp_path: Path, lang: str) -> None:
    path = copied(kept, tmp_path)
    made = report(path, kept, tmp_path)
    before = json.loads(made.read_text())
    ran = inside("ledger", "compact", path, "--lang", lang)
    count = len(list((path / "data").rglob("*.parquet")))
    (tmp_path / "again").mkdir()
    assert (ran.code, f" {count:,} " in ran.out) == (0, True)
    after = json.loads(report(path, kept, tmp_path / "again").read_text())
    assert {k for k in before if before[k] != after[k]} == {"inputs", "checkpoint"}
    again = inside("ledger", "compact", path, "--lang", lang)
    assert again.out == worded(lang, "nothing to do: each kind and bucket has one file") + "\n"
    assert inside("trace", path, "--leaks", kept / "leaks.csv", "-q", "--verify", made).code == 0


def test_files_that_somebody_reads_are_said(kept: Path, tmp_path: Path) -> None:
    from wayseal.ledger import open_ledger

    path = copied(kept, tmp_path)
    with open_ledger(path):
        purged = inside("ledger", "purge", path, "--before", "2025-02-01", *BY)
        assert "still being read" in purged.out
        late = log(tmp_path / "accesses.csv", ["2025-12-28T06:00:00Z,u-9,YT0,x"], "at,actor,waybill,access")
        inside("ingest", path, late)
        assert "still being read" in inside("ledger", "compact", path).out
