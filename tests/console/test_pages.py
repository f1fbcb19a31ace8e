"""Pages of a ledger, and what auditors and administrators look up: what they tell, and what they never tell."""

from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.console.casework import NAMES, Bench, said
from tests.console.world import World, text
from wayseal.cases.types import CaseState, Observable, ObservableKind
from wayseal.console import Role
from wayseal.merkle import VerifyKey


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    rows = "".join(f"2026-03-02T0{hour}:00:00+08:00,courier-7,YT000000000000{hour}\n" for hour in range(1, 9))
    (tmp_path / "accesses.csv").write_text("at,actor,waybill\n" + rows, encoding="utf-8")
    made = tmp_path / "ledger"
    assert inside("ingest", made, tmp_path / "accesses.csv").code == 0
    return made


def test_the_ledger_is_held_against_what_was_signed(world: World, ledger: Path, tmp_path: Path) -> None:
    world.person("zhang", Role.AUDITOR)
    assert "<code>wayseal serve console LEDGER</code>" in world.signed_in("zhang").get("/ledger").text
    world.give(ledger)
    said = text(world.signed_in("zhang").get("/ledger"))
    assert "Not held against a checkpoint" in said
    assert "Reads 8" in said
    key, kept = tmp_path / "keeper.key", tmp_path / "kept"
    kept.mkdir()
    assert inside("ledger", "key", "new", "--out", key).code == 0
    assert inside("ledger", "checkpoint", ledger, "--key", key, "--out", kept / "2026-03-02.checkpoint").code == 0
    public = VerifyKey.parse((tmp_path / "keeper.key.pub").read_text("utf-8").strip())
    world.give(ledger, kept, public)
    browser = world.signed_in("zhang")
    assert "goes on from what was signed (2026-03-02)" in text(browser.get("/ledger"))
    # A newer one of another ledger, and one that somebody else signed.
    other = tmp_path / "other"
    assert inside("ingest", other, tmp_path / "accesses.csv").code == 0
    assert inside("ledger", "checkpoint", other, "--key", key, "--out", kept / "2026-03-03.checkpoint").code == 0
    assert "does not go on" in text(browser.get("/"))
    assert inside("ledger", "key", "new", "--out", tmp_path / "b.key").code == 0
    strange = kept / "2026-03-04.checkpoint"
    assert inside("ledger", "checkpoint", ledger, "--key", tmp_path / "b.key", "--out", strange).code == 0
    assert "isn't signed by the key" in text(browser.get("/ledger"))
    (ledger / "manifest.json").rename(ledger / "gone")
    page = browser.get("/ledger")
    assert page.status_code == 503
    assert str(tmp_path) not in page.text


def test_an_auditor_sees_every_act_and_nothing_of_a_case(bench: Bench) -> None:
    """Who, what, when, before and after; no account, no thing, nothing that somebody wrote; others see none of it."""
    case = bench.alert(*NAMES)
    secret = "王芳 said that shop 7 pays her"
    bench.cases.add_note(case, secret, "ann", bench.now)
    bench.cases.rename(case, secret, "ann", bench.now)
    bench.cases.hear(case, "chen", secret, bench.now, actor=NAMES[0])
    bench.cases.link(case, Observable(kind=ObservableKind.SELLER, value="shop 7"), "ann", secret, bench.now)
    bench.item((ObservableKind.SELLER, "shop 7"), reason=secret)
    bench.cases.set_state(case, CaseState.WAITING, "ann", secret, bench.now)
    bench.cases.forget(bench.now, "nobody", secret, bench.now)
    bench.world.person("zhang", Role.AUDITOR)
    bench.world.person("root", Role.ADMINISTRATOR)
    answer = bench.browser("zhang").get("/acts/cases")
    for words in (
        f"detection found {case}".capitalize(),
        f"wrote a note in {case}",
        f"heard the person concerned in {case}",
        f"changed the state of {case}: New → Waiting",
        "into the queue",
        case,
        "ann",
    ):
        assert words in said(answer), words
    hidden = (*NAMES, secret, "shop 7", *(bench.cases.pseudonyms.of(name) for name in NAMES))
    assert not [word for word in hidden if word in answer.text]
    for line in range(70):
        bench.cases.assign(case, f"p-{line}", "ann", bench.now)
    newest = bench.browser("zhang").get("/acts/cases")
    assert newest.text.count('aria-current="page"') == 1
    older = newest.text.split("/acts/cases?before=")[1].split('"')[0]
    assert f">{int(older) - 1}</td>" in bench.browser("zhang").get(f"/acts/cases?before={older}").text
    # Nor is a case counted for whoever sees none; and a case that is there is refused as one that isn't.
    for login in ("zhang", "root"):
        browser = bench.browser(login)
        assert "wait for a decision" not in said(browser.get("/"))
        for path in ("/cases/{}", "/cases/{}/reads.csv", "/cases/{}/timeline"):
            there, nowhere = (browser.get(path.format(one)) for one in (case, "c-77"))
            assert (there.status_code, there.text.replace(case, "c-77")) == (403, nowhere.text)
    # What is set, by whom what may be called, and keys by their ids alone.
    page = bench.browser("root").get("/rules")
    key = bench.cases.pseudonyms.check
    assert key[:16] in page.text
    assert key not in page.text
    assert said(page).count("POST /cases/{case}/open asks for a proof again — ✓") == 1
    assert case not in page.text
    for word in hidden:
        assert word not in page.text
