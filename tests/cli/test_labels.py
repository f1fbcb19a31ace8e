"""`wayseal labels`: printed of what the purpose discloses, after it stands in the log; opened with a day's key."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from tests.cli.running import Ran, inside
from wayseal.database import open_database
from wayseal.database.migrations import upgrade
from wayseal.vault.aliases.tables import CHAIN, stand_ins
from wayseal.vault.labels import LabelData

OUTLET = "深圳南山"
SHOWN = ("王样本", "李示例", "不存在街1", "1390000000", "1380000000", "样品")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labels")
    assert inside("vault", "init", folder / "vault", "--example", "--actor", "operator").code == 0
    clerks = folder / "clerks.csv"
    clerks.write_text(f"actor,kind,role,outlet,trained_until\nclerk-9,person,clerk,{OUTLET},2030-01-01T00:00+08:00\n")
    assert (
        inside("vault", "actor", "put", "--file", clerks, "--vault", folder / "vault", "--actor", "operator").code == 0
    )
    return folder


@pytest.fixture(autouse=True)
def settings(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYSEAL_VAULT", str(made / "vault"))
    monkeypatch.setenv("WAYSEAL_ACTOR", "clerk-9")


def printed(*words: object, code: int = 0) -> Ran:
    done = inside("labels", "print", "--outlet", OUTLET, "--reason", "run 7", *words)
    assert done.code == code, done
    return done


def test_labels_are_printed_and_opened_by_a_device(tmp_path: Path) -> None:
    rows = tmp_path / "run.csv"
    rows.write_text("waybill,route,alias\nYT0000000000001,755-A,小林\nYT0000000000002,,\n")
    assert "2 labels written" in printed("--file", rows, "--format", "png", "--out", tmp_path / "png").out
    assert sorted(file.name for file in (tmp_path / "png").iterdir()) == ["YT0000000000001.png", "YT0000000000002.png"]
    today = (datetime.now(UTC) + timedelta(hours=8)).date().isoformat()
    key, other = tmp_path / "day.key", tmp_path / "other.key"
    for file, when in ((key, today), (other, "2026-01-01")):
        done = inside("labels", "keys", "--outlet", OUTLET, "--day", when, "--out", file)
        assert done.code == 0, done
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert inside("labels", "keys", "--outlet", OUTLET, "--day", today, "--out", key).code == 5
    opened = inside("labels", "open", tmp_path / "png/YT0000000000001.png", "--key", other, "--key", key)
    assert opened.out == "YT0000000000001: 1号2栋301室\nto be called 小林\n"
    told = json.loads(
        inside("labels", "open", tmp_path / "png/YT0000000000002.png", "--key", key, "--format", "json").out
    )
    assert told == {"waybill": "YT0000000000002", "door": "2号2栋301室", "alias": "", "copies": 2}
    refused = inside("labels", "open", tmp_path / "png/YT0000000000001.png", "--key", other)
    assert refused.code == 3
    assert f"of {OUTLET} for 2026-01-01" in refused.err
    log = inside("vault", "log").out
    assert "label_key_taken" in log
    assert not [text for text in SHOWN if text in log]


def test_what_a_recipient_wishes_is_printed_instead_of_the_own(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the tables of stand-ins nothing was wished for.
    for name in ("aliases", "numbers"):
        monkeypatch.setenv(f"WAYSEAL_{name.upper()}", f"sqlite:///{tmp_path / name}.db")
    monkeypatch.setenv("WAYSEAL_NUMBERS_KEY", str(tmp_path / "numbers.key"))
    printed("YT0000000000001", "--format", "png", "--out", tmp_path / "own")
    with open_database(f"sqlite:///{tmp_path / 'aliases.db'}") as database:
        upgrade(database, CHAIN)
        row = ("YT0000000000001", "风清扬", "deliver-here", "18877771111-123", 1)
        database.write(lambda connection: connection.execute(stand_ins.insert().values(row)))
    with monkeypatch.context() as seen:
        drawn = list[LabelData]()
        seen.setattr("wayseal.cli.labels._write", lambda labels, *_: drawn.extend(labels))
        printed("YT0000000000001", "YT0000000000002", "--format", "png", "--out", tmp_path / "x")
    label, other = drawn
    assert (label.recipient.name, label.recipient.address) == ("风清扬", "deliver-here")
    assert (label.recipient.phone, label.route) == ("18877771111-123", "")
    assert "*" in other.recipient.phone
    printed("YT0000000000001", "--format", "png", "--out", tmp_path / "instead")
    today = (datetime.now(UTC) + timedelta(hours=8)).date().isoformat()
    inside("labels", "keys", "--outlet", OUTLET, "--day", today, "--out", tmp_path / "k")
    for folder, door in (("own", "1号2栋301室"), ("instead", "the whole address stands on the label")):
        done = inside("labels", "open", tmp_path / folder / "YT0000000000001.png", "--key", tmp_path / "k")
        assert (done.code, done.out) == (0, f"YT0000000000001: {door}\n")


def test_a_symbol_of_somebody_else_beside_it_is_passed_over(tmp_path: Path) -> None:
    printed("YT0000000000001", "--format", "png", "--out", tmp_path)
    today = (datetime.now(UTC) + timedelta(hours=8)).date().isoformat()
    inside("labels", "keys", "--outlet", OUTLET, "--day", today, "--out", tmp_path / "k")
    code = zxingcpp.create_barcode("https://shop.example/" + "x" * 60, zxingcpp.BarcodeFormat.QRCode)
    foreign = Image.fromarray(np.array(code.to_image(scale=4)))
    with Image.open(tmp_path / "YT0000000000001.png") as image:
        wide = Image.new("L", (image.width, image.height + foreign.height + 40), 255)
        wide.paste(foreign, (0, 20))
        wide.paste(image.convert("L"), (0, foreign.height + 40))
    wide.save(tmp_path / "wide.png")
    done = inside("labels", "open", tmp_path / "wide.png", "--key", tmp_path / "k", "--format", "json")
    assert (json.loads(done.out)["copies"], json.loads(done.out)["door"]) == (2, "1号2栋301室")


def test_one_copy_is_enough_and_said(tmp_path: Path) -> None:
    printed("YT0000000000001", "--format", "png", "--out", tmp_path)
    with Image.open(tmp_path / "YT0000000000001.png") as image:
        spoiled = image.convert("L")
    spoiled.paste(255, (0, 880, 200, 1040))
    spoiled.save(tmp_path / "spoiled.png")
    today = (datetime.now(UTC) + timedelta(hours=8)).date().isoformat()
    inside("labels", "keys", "--outlet", OUTLET, "--day", today, "--out", tmp_path / "k")
    done = inside("labels", "open", tmp_path / "spoiled.png", "--key", tmp_path / "k")
    assert (done.code, done.out) == (0, "YT0000000000001: 1号2栋301室\n")
    assert "only one of the two copies" in done.err


@pytest.mark.parametrize("form", ["pdf", "zpl", "tspl", "cpcl"])
def test_files_hold_nothing_personal(form: str, tmp_path: Path) -> None:
    printed("YT0000000000001", "YT0000000000002", "--format", form, "--size", "100x180", "--out", tmp_path / "out")
    raw = (tmp_path / "out").read_bytes()
    assert raw
    assert not [text for text in SHOWN if text.encode() in raw]


def test_what_is_refused_is_told_and_the_rest_printed(tmp_path: Path) -> None:
    done = printed("YT0000000000001", "YT9999999999999", "YT8888888888888", "--out", tmp_path / "x.pdf", code=13)
    assert "1 label written" in done.out
    assert done.err.count("is not shown") == 2
    none = printed("YT0000000000001", "--actor", "courier-12", "--out", tmp_path / "none.pdf", code=13)
    assert "[role]" in none.err
    assert not (tmp_path / "none.pdf").exists()


def test_a_label_that_can_not_be_printed_is_named(tmp_path: Path) -> None:
    rows = tmp_path / "run.csv"
    rows.write_text("waybill,route,alias\nYT0000000000001," + "x" * 99 + ",\nYT0000000000002,A,\n")
    done = printed("--file", rows, "--out", tmp_path / "x.zpl", "--format", "zpl", code=13)
    assert "YT0000000000001: route" in done.err
    assert "1 label written" in done.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("waybill,phone\nYT1,1\n", "column 2"),
        ("waybill\n\n \n", "run.csv:3: waybill"),
        ("waybill,route\nYT1\n", "run.csv:2: "),
    ],
)
def test_a_file_that_can_not_be_read_is_named(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text(text)
    assert said in printed("--file", tmp_path / "run.csv", "--out", tmp_path / "x", code=3).err


def test_numbers_or_a_file(tmp_path: Path) -> None:
    assert "--file" in printed("--out", tmp_path / "x", code=2).err
    (tmp_path / "run.csv").write_text("waybill\nYT1\n")
    assert "--file" in printed("YT1", "--file", tmp_path / "run.csv", "--out", tmp_path / "x", code=2).err
