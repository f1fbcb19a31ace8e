"""Pages of jobs and of packs of evidence: who sees what, what is refused, and what stands on record."""

import gzip
import io
import re
import time
import zipfile
from dataclasses import replace
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest

from tests.cases.making import alert
from tests.cli.running import inside
from tests.console.working import HEAD, confirm, look, reads, rows, run_all, state, take_in, worker
from tests.console.world import HOUR, PASSWORD, World, hidden, text
from wayseal.cases import open_cases, read_casebook, verify
from wayseal.cases.evidence import verify_pack
from wayseal.cases.ledger.detection import Detection, find_cases
from wayseal.cases.types import NamesShown, PackHeld
from wayseal.console import ConsoleSettings, Role
from wayseal.console.errors import JobError
from wayseal.console.jobs import JobState
from wayseal.console.jobs.logs import find_log, find_upload, list_logs, refuse_bomb, upload_place


@pytest.mark.usefixtures("people")
def test_a_log_that_is_sent(world: World, settings: ConsoleSettings, ledger: Path) -> None:
    browser = world.signed_in("ann")
    assert "Nothing was asked for yet" in text(browser.get("/jobs"))
    content = (HEAD + rows(1, 7)).encode()
    answer = browser.post("/jobs/look", files={"log": ("../../accesses.csv", content)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs/j-1/look")
    waiting = browser.get("/jobs/j-1/look")
    assert 'hx-trigger="every 2s"' in waiting.text
    assert "Nothing of it is in the ledger" in text(waiting)
    (sent,) = (world.site.jobs.folder / "uploads").glob("*/*")
    assert sent.name == "accesses.csv"
    assert sent.parent.stat().st_mode & 0o777 == 0o700
    run_all(world.site.jobs, settings)
    assert "every 2s" not in browser.get("/jobs/j-1/look").text
    assert reads(ledger) == 4
    assert browser.post("/jobs/j-1/ingest").headers["location"] == "/jobs/j-2"
    assert "It begins as soon as a worker is free" in text(browser.get("/jobs/j-2"))
    run_all(world.site.jobs, settings)
    page = browser.get("/jobs/j-2")
    assert "every 2s" not in page.text
    assert "accesses: 3 rows from accesses.csv" in text(page)
    assert reads(ledger) == 7
    assert not sent.exists()
    # Once more: nothing is doubled, and it is said.
    again = take_in(world, settings, browser, log=("accesses.csv", content))
    assert "is in the ledger already; nothing changed" in text(browser.get(f"/jobs/{again}"))
    assert reads(ledger) == 7


@pytest.mark.usefixtures("people")
def test_a_log_of_the_folder_with_a_mapping(world: World, settings: ConsoleSettings, ledger: Path) -> None:
    assert settings.logs_folder is not None
    assert settings.mappings_folder is not None
    (settings.logs_folder / "2026" / "网关.csv").write_text(
        "time,who,no\n2026-03-03 09:00:00,courier-8,YT0000000000021\n", encoding="utf-8"
    )
    (settings.mappings_folder / "gateway.toml").write_text(
        'table = "accesses"\noffset = "+08:00"\n[columns]\nat = "time"\nactor = "who"\nwaybill = "no"\n',
        encoding="utf-8",
    )
    browser = world.signed_in("ann")
    form = text(browser.get("/jobs/new"))
    assert "2026/网关.csv" in form
    assert "gateway.toml" in form
    named = {"file": (None, "2026/网关.csv"), "mapping": (None, "gateway.toml")}
    taken = take_in(world, settings, browser, **named)
    assert state(world, taken) is JobState.DONE, text(browser.get(f"/jobs/{taken}"))
    assert reads(ledger) == 5
    # With a mapping that doesn't fit, nothing of it is a read: that is said before, and where it is so by then.
    seen = look(world, settings, browser, **named)
    wrong = settings.logs_folder / "2026" / "网关.csv"
    wrong.write_text("time,who,no\nnever,courier-8,?\n", encoding="utf-8")
    browser.post(f"/jobs/{seen}/ingest")
    run_all(world.site.jobs, settings)
    assert state(world, "j-4") is JobState.FAILED
    assert "was the right mapping chosen?" in text(browser.get("/jobs/j-4"))
    seen = look(world, settings, browser, **named)
    assert "No row of the sample would be taken in" in text(browser.get(f"/jobs/{seen}/look"))
    refused = browser.post(f"/jobs/{seen}/ingest")
    assert (refused.status_code, "look at it in another way first" in text(refused)) == (409, True)


@pytest.mark.usefixtures("people")
def test_what_can_not_be_taken_in(world: World, settings: ConsoleSettings, tmp_path: Path) -> None:
    browser = world.signed_in("ann")
    logs = settings.logs_folder
    assert logs is not None
    (tmp_path / "secret.csv").write_text(HEAD)
    (logs / "link.csv").symlink_to(tmp_path / "secret.csv")
    (logs / "away").symlink_to(tmp_path)
    (logs / ".hidden.csv").write_text(HEAD)
    names = ("../secret.csv", "link.csv", "away/secret.csv", str(tmp_path / "secret.csv"), "none.csv", "a\0b", ".")
    for name in (*names, "a" * 300):
        answer = browser.post("/jobs/look", files={"file": (None, name)})
        assert answer.status_code == 400, name
        assert "there is no such log in the folder" in text(answer).lower()
        with pytest.raises(JobError):
            find_log(logs, name)
    assert list_logs(logs) == list_logs(None) == ()
    (logs / "a.csv").write_text(HEAD)
    for more, told in (
        ({"mapping": "../x.toml"}, "no such mapping"),
        ({"table": "people"}, "no such table"),
        ({"offset": "+99:00"}, "no such offset"),
    ):
        answer = browser.post("/jobs/look", files={"file": (None, "a.csv"), **{k: (None, v) for k, v in more.items()}})
        assert told in text(answer)
        assert answer.status_code == 400
    nothing = browser.post("/jobs/look", files={"file": (None, "")})
    both = browser.post("/jobs/look", files={"file": (None, "a.csv"), "log": ("b.csv", b"x")})
    assert [a.status_code for a in (nothing, both)] == [400, 400]
    assert "send a file, or name one of the folder" in text(both).lower()
    assert world.site.jobs.list() == ()
    assert not (world.site.jobs.folder / "uploads").exists()
    world.site = replace(world.site, upload_most=1000)
    world._app = None
    browser = world.signed_in("ann")
    answer = browser.post("/jobs/look", files={"log": ("b.csv", b"x" * 2000)})
    assert answer.status_code == 400
    assert "more than the page takes" in text(answer)


def test_names_of_files_that_are_sent(tmp_path: Path) -> None:
    for name, plain in (
        ("..", "log"), (".hidden", "hidden"), ("a/b\\c.csv.gz", "a_b_c.csv.gz"), ("", "log"),
        ("运" * 200 + ".csv", None), ("x." + "y" * 300, None), ("运." + "😀" * 200, "运." + "😀" * 30),
    ):  # fmt: skip
        value, place = upload_place(tmp_path, name)
        assert place.parent.parent == tmp_path / "uploads"
        assert len(place.name.encode()) <= 160
        assert plain in (None, place.name)
        place.write_text("x")
        assert find_upload(tmp_path, value) == place
    for value in ("", "x", "0" * 16 + "/none", "../../etc/passwd", "0" * 16 + "/../x"):
        with pytest.raises(JobError, match="send it again"):
            find_upload(tmp_path, value)


def test_a_packed_file_that_is_a_bomb(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []

    def step(*now: object) -> None:
        told.append(now)  # type: ignore[arg-type]

    bomb, fine, broken = tmp_path / "a.csv.gz", tmp_path / "b.csv.gz", tmp_path / "c.csv.gz"
    bomb.write_bytes(gzip.compress(b"0" * (8 << 20)))
    fine.write_bytes(gzip.compress((HEAD + rows(1, 9)).encode()))
    broken.write_bytes(fine.read_bytes()[:-20])
    refuse_bomb(fine, step, 1000)
    refuse_bomb(bomb, step)
    refuse_bomb(tmp_path / "none.csv", step)
    with pytest.raises(JobError, match=r"a.csv.gz: unpacks to more"):
        refuse_bomb(bomb, step, 1 << 20)
    with pytest.raises(JobError, match="is damaged"):
        refuse_bomb(broken, step)
    assert {stage for stage, _, _ in told} == {"unpack"}


@pytest.mark.parametrize("kind", ["ingest", "detect", "verify", "export"])
def test_each_kind_ends_where_it_is_cancelled(
    world: World, settings: ConsoleSettings, ledger: Path, case: str, kind: str
) -> None:
    jobs = world.site.jobs
    assert settings.logs_folder is not None
    (settings.logs_folder / "more.csv").write_text(HEAD + rows(5, 9), encoding="utf-8")
    jobs.start(kind, {"file": "more.csv", "case": case, "why": "notice"}, "ann")
    queue = worker(jobs, settings)
    task = queue.dequeue()
    assert jobs.cancel("j-1", "ann")
    queue.execute(task)
    assert state(world, "j-1") is JobState.CANCELLED
    assert reads(ledger) == 4
    assert not jobs.folder_of("j-1").exists()
    assert not any(isinstance(act, PackHeld) for act in read_casebook(ledger / "detect").case(case).acts)
    assert jobs.retry("j-1", "ann")
    run_all(jobs, settings)
    assert state(world, "j-1") is JobState.DONE
    assert reads(ledger) == (9 if kind == "ingest" else 4)


@pytest.mark.usefixtures("people")
def test_a_ledger_that_vanished(world: World, settings: ConsoleSettings, ledger: Path) -> None:
    browser = world.signed_in("ann")
    seen = look(world, settings, browser, log=("accesses.csv", (HEAD + rows(1, 7)).encode()))
    ledger.rename(ledger.with_name("moved"))
    asked = [browser.post(f"/jobs/{what}") for what in ("detect", "verify", f"{seen}/look", f"{seen}/ingest")]
    ids = [answer.headers["location"].split("/")[2] for answer in asked]
    run_all(world.site.jobs, settings)
    for id_ in ids:
        page = text(browser.get(f"/jobs/{id_}"))
        assert "isn't there any more: bring it back, and try again" in page
        assert str(ledger.parent) not in page
    assert not ledger.exists()
    ledger.with_name("moved").rename(ledger)
    for id_ in ids:
        assert browser.post(f"/jobs/{id_}/retry").status_code == 303
    run_all(world.site.jobs, settings)
    assert {state(world, id_) for id_ in ids} == {JobState.DONE}
    assert reads(ledger) == 7


@pytest.mark.usefixtures("people")
def test_a_ledger_that_is_locked_by_an_ingest(world: World, settings: ConsoleSettings, ledger: Path) -> None:
    """What is looked at is let in; what would write waits, and is done once the other has ended."""
    browser, jobs = world.signed_in("ann"), world.site.jobs
    with (ledger / "lock").open("a") as held:
        flock(held, LOCK_EX)
        seen = look(world, settings, browser, log=("accesses.csv", (HEAD + rows(1, 7)).encode()))
        world.clock.at = time.time_ns() // 1000  # the queue's library counts from the machine's clock
        taken = browser.post(f"/jobs/{seen}/ingest").headers["location"].rpartition("/")[2]
        run_all(jobs, settings)
        assert state(world, taken) is JobState.QUEUED
        assert "tried again in 60 seconds" in str(jobs.lines(taken)[-1].text)
    assert reads(ledger) == 4
    world.clock.sleep(70)
    run_all(jobs, settings)
    assert state(world, taken) is JobState.DONE
    assert reads(ledger) == 7


def test_what_was_signed_counts(
    world: World, settings: ConsoleSettings, ledger: Path, case: str, tmp_path: Path
) -> None:
    """The newest checkpoint of the folder: for a check of the ledger, and in a pack of evidence."""
    key, kept = tmp_path / "keeper.key", tmp_path / "kept"
    kept.mkdir()
    assert inside("ledger", "key", "new", "--out", key).code == 0
    assert inside("ledger", "checkpoint", ledger, "--key", key, "--out", kept / "2026-03-02.checkpoint").code == 0
    signed = replace(settings, checkpoint_folder=kept, checkpoint_key=tmp_path / "keeper.key.pub")
    jobs = world.site.jobs
    jobs.start("verify", {}, "chen")
    jobs.start("export", {"case": case, "why": "notice"}, "chen", subject=case)
    run_all(jobs, signed)
    checked, exported = jobs.find("j-1"), jobs.find("j-2")
    assert checked is not None
    assert exported is not None
    assert (checked.result["findings"], checked.result["checkpoints"]) == ("0", "1")
    with zipfile.ZipFile(jobs.folder_of("j-2") / "pack.zip") as pack:
        names = [name.partition("/")[2] for name in pack.namelist()]
    assert "data/ledger/checkpoint.txt" in names
    assert "data/ledger/key-1.pub" in names
    (tmp_path / "keeper.key.pub").write_text("no key\n", encoding="ascii")
    jobs.start("verify", {}, "chen")
    run_all(jobs, signed)
    assert state(world, "j-3") is JobState.FAILED


@pytest.mark.usefixtures("people")
def test_a_ledger_that_was_changed(world: World, settings: ConsoleSettings, ledger: Path) -> None:
    browser = world.signed_in("ann")
    changed = next(path for path in sorted(ledger.rglob("*")) if path.suffix == ".parquet")
    changed.write_bytes(changed.read_bytes()[:-1] + b"x")
    browser.post("/jobs/verify")
    run_all(world.site.jobs, settings)
    page = text(browser.get("/jobs/j-1"))
    assert re.search(r"What isn't as it was [1-9]", page)
    assert "was changed: its SHA-256 is not the manifest's" in page
    browser.post("/preferences", data={"lang": "zh"})
    assert "SHA-256 与清单不符" in text(browser.get("/jobs/j-1")) or "SHA-256" in text(browser.get("/jobs/j-1"))


@pytest.mark.usefixtures("people")
def test_detection_now_and_each_day(world: World, settings: ConsoleSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    costs = []

    def find(request: Detection, *given: Any) -> Any:
        costs.append(request.options.false_alarm)
        return find_cases(request, *given)

    monkeypatch.setattr("wayseal.console.jobs._kinds.find_cases", find)
    browser = world.signed_in("ann")
    assert browser.post("/jobs/detect").status_code == 303
    run_all(world.site.jobs, replace(settings, false_alarm=250.0))
    assert costs == [250], "as policy has it"
    assert "Cases found 0" in text(browser.get("/jobs/j-1"))
    assert browser.post("/jobs/schedule", data={"kind": "detect", "hour": "3"}).status_code == 303
    assert "Each day at 03:00: Detection, as ann set it" in text(browser.get("/jobs"))
    for hour in ("24", "-1", "x", "²", "100"):
        assert browser.post("/jobs/schedule", data={"kind": "detect", "hour": hour}).status_code == 400
    for kind in ("ingest", "export", "none"):
        assert browser.post("/jobs/schedule", data={"kind": kind, "hour": "3"}).status_code == 404
    assert browser.post("/jobs/schedule", data={"kind": "detect", "hour": ""}).status_code == 303
    assert world.site.jobs.schedules() == ()


@pytest.mark.usefixtures("people")
def test_cancel_and_retry(world: World) -> None:
    browser = world.signed_in("ann")
    browser.post("/jobs/verify")
    assert "Cancel" in text(browser.get("/jobs/j-1"))
    assert browser.post("/jobs/j-1/cancel").status_code == 303
    assert state(world, "j-1") is JobState.CANCELLED
    again = browser.post("/jobs/j-1/cancel")
    assert (again.status_code, "come to its end already" in text(again)) == (409, True)
    assert browser.post("/jobs/j-1/retry").status_code == 303
    again = browser.post("/jobs/j-1/retry")
    assert (again.status_code, "can be tried again" in text(again)) == (409, True)
    for way in ("cancel", "retry"):
        assert browser.post(f"/jobs/j-99/{way}").status_code == 404
    assert browser.get("/jobs/j-99").status_code == 404


@pytest.mark.usefixtures("people")
def test_a_page_that_nobody_sits_at_keeps_no_session(world: World) -> None:
    browser = world.signed_in("ann")
    browser.post("/jobs/verify")
    asked = re.search(r'hx-get="(/jobs[^"]*)"', browser.get("/jobs/j-1").text)
    assert asked is not None
    for _ in range(7):
        answer = browser.get(asked[1], headers={"hx-request": "true"})
        world.clock.sleep(HOUR / 6)
    assert answer.status_code in (204, 303)
    assert "/sign-in" in (answer.headers.get("hx-redirect") or answer.headers["location"])


@pytest.mark.usefixtures("people")
def test_lists_are_cut_filtered_and_given_out(world: World) -> None:
    jobs = world.site.jobs
    for n in range(55):
        jobs.start("verify" if n else "export", {"case": "c-9"} if not n else {}, "=cmd" if n == 54 else "ann")
    browser = world.signed_in("ann")
    first = browser.get("/jobs")
    assert len(re.findall(r"<tr data-row>", first.text)) == 50
    assert 'href="/jobs?state=&amp;kind=&amp;before=j-6"' in first.text
    assert len(re.findall(r"<tr data-row>", browser.get("/jobs?before=j-6").text)) == 5
    assert len(re.findall(r"<tr data-row>", browser.get("/jobs?kind=export").text)) == 1
    assert "No such job" in text(browser.get("/jobs?state=failed"))
    # What there isn't is as good as nothing, and comes back in no address.
    odd = browser.get('/jobs?state="><b>&kind=<i>&before=%00')
    assert odd.status_code == 200
    assert "<b>&" not in odd.text
    assert "&lt;i&gt;" not in odd.text
    part = browser.get("/jobs", headers={"hx-request": "true"})
    assert part.text.lstrip().startswith('<div id="jobs"')
    table = browser.get("/jobs.csv")
    assert table.headers["content-disposition"] == 'attachment; filename="jobs.csv"'
    assert "j-55,Check of the ledger,,'=cmd,Waits" in table.text
    assert len(table.text.splitlines()) == 56


@pytest.mark.usefixtures("people")
def test_who_sees_what(world: World, settings: ConsoleSettings) -> None:
    """Auditors see that there was a job; an analyst sees nothing of what an export was asked."""
    world.site.jobs.start("export", {"case": "c-1", "why": "Zebra notice"}, "chen", subject="c-1")
    run_all(world.site.jobs, settings)
    for login, open_ in (("zhang", False), ("ann", False), ("chen", True)):
        world.clock.sleep(HOUR)
        browser = world.signed_in(login)
        for page in (browser.get("/jobs/j-1"), browser.get("/jobs"), browser.get("/jobs.csv")):
            assert page.status_code == 200
            assert "chen" in page.text
            assert ("c-1" in page.text) is open_, (login, page.url)
        assert ("Zebra" in browser.get("/jobs/j-1").text) is open_
        assert browser.post("/jobs/j-1/retry").status_code == (303 if open_ else 403)


@pytest.mark.usefixtures("people")
def test_a_pack_is_tried_again_in_no_other_name_and_with_a_fresh_proof(world: World, settings: ConsoleSettings) -> None:
    world.person("dora", Role.INVESTIGATOR)
    world.site.jobs.start("export", {"case": "c-1", "why": "notice"}, "chen", subject="c-1")
    run_all(world.site.jobs, settings)
    other = world.signed_in("dora")
    assert "Try again" not in text(other.get("/jobs/j-1"))
    assert other.post("/jobs/j-1/retry").status_code == 403
    own = world.signed_in("chen")
    world.clock.sleep(HOUR / 2)
    asked = own.post("/jobs/j-1/retry")
    assert (asked.status_code, state(world, "j-1")) == (401, JobState.FAILED)
    back = own.post("/confirm", data={"proof": PASSWORD, "kept": hidden(asked, "kept")})
    assert 'action="/jobs/j-1/retry"' in back.text
    assert own.post("/jobs/j-1/retry").status_code == 303
    assert state(world, "j-1") is JobState.QUEUED


def test_a_pack_from_the_form_to_its_return(world: World, settings: ConsoleSettings, ledger: Path, case: str) -> None:
    browser = world.signed_in("chen")
    place = f"/cases/{case}/evidence"
    assert "No pack of this case was made yet" in text(browser.get(place))
    world.clock.sleep(HOUR // 2)
    kept = browser.post(place, data={"why": "notice 2026-041", "to": "西湖分局"})
    assert kept.status_code == 401
    confirm(world, browser)
    assert browser.post(place, data={"why": " ", "to": ""}).status_code == 400
    asked = browser.post(place, data={"why": "notice 2026-041", "to": "西湖分局"})
    assert asked.headers["location"] == "/jobs/j-1"
    assert read_casebook(ledger / "detect").case(case).acts == ()
    run_all(world.site.jobs, settings)
    job = world.site.jobs.find("j-1")
    assert job is not None
    assert job.state is JobState.DONE, job.error
    seal = job.result["seal"]
    looked, sealed = read_casebook(ledger / "detect").case(case).acts
    assert isinstance(looked, NamesShown)
    assert isinstance(sealed, PackHeld)
    assert (sealed.who, sealed.why, sealed.to, sealed.seal) == ("chen", "notice 2026-041", "西湖分局", seal)
    assert "To the pack" in text(browser.get("/jobs/j-1"))
    got = browser.post(f"{place}/{seal}")
    assert got.status_code == 200
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert verify_pack(io.BytesIO(got.content), keys=[], against=None, seal=seal).findings == ()
    with zipfile.ZipFile(io.BytesIO(got.content)) as pack:
        (acts_file,) = (name for name in pack.namelist() if name.endswith("casebook/acts.json"))
        assert b"courier-7" in pack.read(acts_file)
    for step, to in (("handed_over", "西湖分局 王警官"), ("returned", "王警官")):
        data = {"step": step, "to": to, "why": "receipt 7"}
        assert browser.post(f"{place}/{seal}/custody", data=data).status_code == 303
    acts = read_casebook(ledger / "detect").case(case).acts
    assert [a.step.value for a in acts if isinstance(a, PackHeld)] == ["sealed", "copied", "handed_over", "returned"]
    page = text(browser.get(place))
    for told in ("Sealed", "Fetched", "Handed over", "Returned", "王警官", seal):
        assert told in page
    assert f"wayseal evidence verify {job.result['name']} --seal {seal}" in page
    assert "handed a pack of evidence over to 西湖分局 王警官" in text(browser.get(f"/cases/{case}"))
    assert verify(ledger / "detect").faults == ()


def test_packs_that_can_not_be_fetched(world: World, settings: ConsoleSettings, ledger: Path, case: str) -> None:
    browser = world.signed_in("chen")
    place = f"/cases/{case}/evidence"
    assert browser.get("/cases/c-99/evidence").status_code == 404
    assert browser.post("/cases/c-99/evidence", data={"why": "x"}).status_code == 404
    assert browser.post(f"{place}/{'0' * 64}").status_code == 404
    custody = {"step": "handed_over", "to": "x", "why": "y"}
    assert browser.post(f"{place}/{'0' * 64}/custody", data=custody).status_code == 404
    browser.post(place, data={"why": "notice"})
    run_all(world.site.jobs, settings)
    job = world.site.jobs.find("j-1")
    assert job is not None
    seal = job.result["seal"]
    assert browser.post(f"{place}/{seal}/custody", data=custody | {"step": "sealed"}).status_code == 404
    assert browser.post(f"{place}/{seal}/custody", data=custody | {"to": ""}).status_code == 400
    # Another case's address gives nothing of it.
    with open_cases(ledger / "detect") as cases:
        (other,) = cases.register([alert("clerk-1", at=1_772_413_200_000_000)], world.clock.at)
    assert browser.post(f"/cases/{other}/evidence/{seal}").status_code == 404
    assert browser.post(f"/cases/{other}/evidence/{seal}/custody", data=custody).status_code == 404
    pack = world.site.jobs.folder_of("j-1") / "pack.zip"
    content = pack.read_bytes()
    pack.write_bytes(content[:-1] + b"x")
    refused = browser.post(f"{place}/{seal}")
    assert (refused.status_code, "isn't what was sealed any more" in text(refused)) == (409, True)
    pack.unlink()
    assert browser.post(f"{place}/{seal}").status_code == 404
    assert "The file isn't kept here any more" in text(browser.get(place))
    acts = read_casebook(ledger / "detect").case(case).acts
    assert [a.step.value for a in acts if isinstance(a, PackHeld)] == ["sealed"]


def test_an_export_of_a_case_that_is_not_there(world: World, settings: ConsoleSettings, people: None) -> None:
    del people
    world.site.jobs.start("export", {"case": "c-9", "why": "x"}, "chen", subject="c-9")
    run_all(world.site.jobs, settings)
    assert state(world, "j-1") is JobState.FAILED
