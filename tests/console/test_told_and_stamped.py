"""What jobs do with others: notices of new cases, time stamps on packs; and files of a case in its pack."""

import io
import json
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cases.making import alert
from tests.cli.detecting import Notices
from tests.cli.running import inside
from tests.console.working import confirm, run_all, state
from tests.console.world import World, text
from tests.proofs import tsa
from wayseal.cases import open_cases
from wayseal.cases.notices import noticing
from wayseal.cases.types import Observable, ObservableKind
from wayseal.console import ConsoleSettings
from wayseal.console.errors import JobStoppedError
from wayseal.console.jobs import JobContext, JobState
from wayseal.console.jobs import _kinds as detection

pytestmark = pytest.mark.usefixtures("people")
SECRET = "s3cr3t-token"


def found_and_died(world: World, ledger: Path, to: list[str], actor: str) -> None:
    """What a worker leaves that was killed after it had registered a new case, and before it told of it."""

    def dies() -> None:
        with noticing(ledger, ledger / "detect", to, world.clock):
            with open_cases(ledger / "detect") as cases:
                cases.register([alert(actor, at=1_772_413_200_000_000)], world.clock.at)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dies()


def test_new_cases_are_told_of_once(
    world: World,
    settings: ConsoleSettings,
    ledger: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    world.site = replace(world.site, settings=replace(world.site.settings, notices=tmp_path / "notices"))
    jobs, browser, file = world.site.jobs, world.signed_in("ann"), tmp_path / "notices"
    told = replace(settings, notices=file)
    with Notices() as away:
        port, address = away.port, away.address()
    with Notices() as there:
        addresses = [there.address(), address]
        file.write_text("# of the security team\n" + "\n".join(addresses), encoding="utf-8")
        found_and_died(world, ledger, addresses, "courier-7")

        def stops(values: Mapping[str, str], work: JobContext) -> Mapping[str, str]:
            detection.detect_cases(values, work)
            raise JobStoppedError("stopped")

        # The console stops after it told; tried again, the job tells nobody twice, and says who couldn't be told.
        browser.post("/jobs/detect")
        run_all(jobs, told, kinds={"detect": stops})
        assert state(world, "j-1") is JobState.BROKEN_OFF
        assert len(there.heard) == 1
        assert json.loads(there.heard[0])["cases"][0]["case"] == "c-1"
        assert "courier-7" not in there.heard[0]
        assert browser.post("/jobs/j-1/retry").status_code == 303
        run_all(jobs, told)
        page = text(browser.get("/jobs/j-1"))
        assert "1 notice to address 1 (json)" in page
        assert page.count("address 2 (json) couldn't be told") == 2
        assert "1 address couldn't be told: see the log" in page
        assert "1 notice waits" in text(browser.get("/jobs/new"))
        assert len(there.heard) == 1
        with Notices(port=port) as back:
            browser.post("/jobs/notices")
            run_all(jobs, told)
            assert state(world, "j-2") is JobState.DONE
            assert [len(back.heard), len(there.heard)] == [1, 1]
        assert "Send what waits" not in text(browser.get("/jobs/new"))
    for wrong in (f"pigeon://{SECRET}", "\xff"):
        file.write_text(wrong, encoding="latin-1")
        browser.post("/jobs/detect")
        run_all(jobs, told)
    assert "address 1 is none that Apprise knows" in text(browser.get("/jobs/j-3"))
    assert "the file of addresses can't be read" in text(browser.get("/jobs/j-4"))
    for id_ in ("j-1", "j-2", "j-3", "j-4"):
        assert SECRET not in browser.get(f"/jobs/{id_}").text


@pytest.mark.needs("openssl")
def test_a_pack_with_files_of_the_case_and_a_stamp(
    world: World,
    settings: ConsoleSettings,
    ledger: Path,
    case: str,
    tmp_path: Path,
) -> None:
    del ledger
    files, jobs = world.site.jobs.folder.parent / "files", world.site.jobs
    world.site = replace(world.site, files=files)
    browser, place = world.signed_in("chen"), f"/cases/{case}/evidence"
    for name, content in (("通话:记录?.txt", b"call"), ("con", b"photo"), ("gone.txt", b"lost")):
        sent = browser.post(f"/cases/{case}/files", data={"why": "handed in"}, files={"file": (name, content)})
        assert sent.status_code == 303, text(sent)
    digests = [path.name for path in sorted(files.glob("*/*"))]
    assert len(digests) == 3
    lost = next(path for path in files.glob("*/*") if path.read_bytes() == b"lost")
    lost.unlink()
    on_sale = Observable(kind=ObservableKind.NUMBER, value="YT0000000000002")
    world.cases.link(case, on_sale, "ann", "bought on Monday", world.clock.at)
    confirm(world, browser)
    browser.post(place, data={"why": "notice 7"})
    run_all(jobs, replace(settings, stamp_url="http://127.0.0.1:9/"))
    job = jobs.find("j-1")
    assert job is not None
    assert job.state is JobState.DONE, job.error
    assert job.result["waiting"] == "1"
    assert "no time stamp yet: the time-stamping service can't be reached" in text(browser.get("/jobs/j-1"))
    assert "The time-stamping service couldn't be asked" in text(browser.get(place))
    seal = job.result["seal"]
    assert browser.get(f"{place}/{seal}/stamp").status_code == 404
    made = tmp_path / "tsa"
    made.mkdir()
    tsa.make(made)
    with tsa.serving(made) as service:
        assert browser.post(f"{place}/{seal}/stamp").headers["location"] == "/jobs/j-2"
        run_all(jobs, replace(settings, stamp_url=service.url))
        assert state(world, "j-2") is JobState.DONE
        (tmp_path / "pack.zip").write_bytes(browser.post(f"{place}/{seal}").content)
        assert "Time stamp of Test TSA" in text(browser.get(place))
        (tmp_path / "pack.zip.tsr").write_bytes(browser.get(f"{place}/{seal}/stamp").content)
        verified = inside("evidence", "verify", tmp_path / "pack.zip", "--seal", seal, "--stamp-ca", service.root)
        assert (verified.code, "Test TSA" in verified.out) == (0, True), verified.out + verified.err
    with zipfile.ZipFile(io.BytesIO((tmp_path / "pack.zip").read_bytes())) as pack:
        top = pack.namelist()[0].partition("/")[0]
        listed = {one["path"]: one for one in json.loads(pack.read(f"{top}/pack.json"))["items"]}
        acts = [json.loads(line) for line in pack.read(f"{top}/custody.jsonl").splitlines()]
        readme = pack.read(f"{top}/pack.json").decode()
        (path,) = (path for path in listed if path.endswith("reads.jsonl"))
        reads = [json.loads(line)["waybill"] for line in pack.read(f"{top}/{path}").splitlines()]
    assert reads == [on_sale.value]
    mine = {path: one for path, one in listed.items() if path.startswith("data/files/")}
    assert {path.partition("-")[2] for path in mine} == {"通话_记录_.txt", "_con"}
    for path, one in mine.items():
        assert one["sha256"] in digests
        assert path.removeprefix("data/files/")[:12] == one["sha256"][:12]
        (received,) = (act for act in acts if act["item"] == path)
        assert (received["act"], received["who"], received["hash_after"]) == ("received", "chen", one["sha256"])
    assert "no longer where they were kept" in readme
    # A file that is another now stops the export, and names it.
    next(path for path in files.glob("*/*") if path.read_bytes() == b"call").write_bytes(b"cell")
    jobs.start("export", {"case": case, "why": "again"}, "chen", subject=case)
    run_all(jobs, settings)
    assert state(world, "j-3") is JobState.FAILED
    assert "this is no longer what was taken in" in text(browser.get("/jobs/j-3"))
    # Nothing waits any more; what is asked for all finds nothing to do.
    jobs.start("stamp", {}, "chen")
    run_all(jobs, settings)
    assert state(world, "j-4") is JobState.DONE
