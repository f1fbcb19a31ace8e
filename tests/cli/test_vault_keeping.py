"""Backups and restores of a vault, what runs without its packages, and `wayseal serve vault`."""

import io
import json
import signal
import subprocess
import time
from contextlib import redirect_stdout
from pathlib import Path

import httpx
import pytest

from tests.cli.running import inside, run, started
from tests.cli.test_vault import deliver, made, ran, vault
from tests.database.places import fresh
from tests.docs.pages import blocks, read
from wayseal.cli.vault import NUMBERS

__all__ = ["made", "vault"]


def emptied(vault: Path, *names: str) -> None:
    for name in names:
        for file in vault.glob(f"{name}.db*"):
            file.unlink()


def test_both_come_back_without_what_was_erased(vault: Path, tmp_path: Path) -> None:
    ran("backup", "main", tmp_path / "m")
    told = json.loads(ran("backup", "keys", tmp_path / "k", "--format", "json").out)
    assert told["rows"]["data_keys"] == 4
    ran("erase", NUMBERS[0])
    assert "1 erased number" in ran("erased", "--out", tmp_path / "list").out
    emptied(vault, "keys")
    assert "they are brought back" not in ran("restore", "keys", tmp_path / "k").out
    emptied(vault, "main")
    done = ran("restore", "main", tmp_path / "m").out
    assert "1 erased number is known, 1 of them in the backup: it was not brought back" in done
    assert "Only one of this vault" in done
    deliver(NUMBERS[0], code=13)
    deliver(NUMBERS[1])
    assert ran("verify").out.count("Nothing was changed") == 1


def test_both_lost_needs_a_list_or_a_word(vault: Path, tmp_path: Path) -> None:
    for which in ("main", "keys"):
        ran("backup", which, tmp_path / which)
    ran("erase", NUMBERS[0])
    ran("erased", "--out", tmp_path / "list")
    assert "the list can't be written" in ran("erased", "--out", tmp_path / "list", code=6).err
    emptied(vault, "main", "keys")
    refused = ran("restore", "keys", tmp_path / "keys", code=6).err
    assert "--erased, or --nothing-erased" in refused
    assert "请给出" in ran("restore", "keys", tmp_path / "keys", "--lang", "zh", code=6).err
    ran("restore", "keys", tmp_path / "keys", "--erased", tmp_path / "list")
    ran("restore", "main", tmp_path / "main")
    deliver(NUMBERS[0], code=13)
    emptied(vault, "main", "keys")
    ran("restore", "keys", tmp_path / "keys", "--nothing-erased")
    ran("restore", "main", tmp_path / "main", "--nothing-erased")
    deliver(NUMBERS[0])


def test_old_backups_go(vault: Path, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    ran("backup", "keys", place / "k")
    assert "no backup is that old" in ran("prune", "keys", place, "--keep-days", 1).out
    time.sleep(0.01)
    assert ran("prune", "keys", place, "--keep-days", 0).out == f"deleted {place / 'k'}\n"
    assert list(place.iterdir()) == []
    assert "not empty" in ran("backup", "keys", vault, code=6).err


def test_the_environment_suffices(vault: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container: no folder, everything in variables."""
    monkeypatch.setenv("WAYSEAL_DATABASE", f"sqlite:///{vault}/main.db")
    monkeypatch.setenv("WAYSEAL_KEY_DATABASE", f"sqlite:///{vault}/keys.db")
    monkeypatch.setenv("WAYSEAL_KEYRING_FILE", str(vault / "keyring.json"))
    monkeypatch.setenv("WAYSEAL_VAULT", str(tmp_path / "none"))
    assert "Records: 4 sealed" in ran("status").out
    emptied(vault, "main", "keys")
    before = (vault / "keyring.json").read_bytes()
    ran("init", tmp_path / "other")
    assert "Records: 0 sealed" in ran("status").out
    assert (vault / "keyring.json").read_bytes() == before
    assert not (tmp_path / "other/keyring.json").exists()


def test_without_the_packages_of_the_vault_one_line_says_so(vault: Path, tmp_path: Path) -> None:
    """Every other command runs without them, and loads nothing of the vault where they are there."""
    names = ("sqlalchemy", "cedarpy", "fastapi", "uvicorn", "httpx", "structlog")
    code = f"""
import sys
from wayseal.cli import app, main

def call(*words):
    sys.argv = ["wayseal", *words]
    try:
        main()
    except SystemExit as stopped:
        print(stopped.code)

call("show", "none")
print([m for m in sys.modules if m.split(".")[0] in {names!r} or m.startswith("wayseal.vault")])
sys.modules.update(dict.fromkeys({names!r}))
call("vault", "status")
call("vault", "init", "new")
call("serve", "vault", {str(vault)!r})
call("show", "none")
"""
    done = run(cwd=tmp_path, code=code)
    assert done.out.split() == ["6", "[]", "2", "2", "2", "6"]
    missing = (
        "wayseal: packages that this command needs are not installed: pip install 'WHEEL[vault]', or "
        "`make setup-vault` in a checkout"
    )
    first, *refused, last = done.err.splitlines()
    assert refused == [missing] * 3
    assert first == last
    assert not (tmp_path / "new").exists()


def test_the_service_runs_until_it_is_told_to_stop(
    vault: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what the quick start says in Python."""
    for words in (("shop-a", "seal", "partner", "--as", "shop-a"), ("handhelds", "disclose", "courier")):
        client, scope, role, *more = words
        secret = ran("client", "add", client, "--scope", scope, "--acts-for", role, *more).out
        (tmp_path / f"{client}.secret").write_text(secret)
    ran("seal", vault / "parcels.csv")
    monkeypatch.setenv("WAYSEAL_PORT", "0")
    process = started("serve", "vault", vault, cwd=tmp_path)
    try:
        port = _port(process)
        ready = httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False)
        assert ready.status_code == 200
        monkeypatch.chdir(tmp_path)
        for page, refusal in (
            ("docs/tutorials/vault.md", "not in the custody"),
            ("docs/tutorials/vault.zh.md", "不在您的网点经手范围内"),
        ):
            [example] = blocks(read(page), "python")
            number = f"YT777{port}{len(page)}"
            code = example.replace("http://127.0.0.1:8443", f"http://127.0.0.1:{port}")
            out = io.StringIO()
            with redirect_stdout(out):
                exec(code.replace("YT0000000000008", number), {})
            assert "广东省深圳市南山区不存在街7号2栋301室" in out.getvalue()
            assert refusal in out.getvalue()
        process.send_signal(signal.SIGTERM)
        out_, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, out_) == (0, "")
    assert "Traceback" not in err
    assert "不存在街" not in err


def _port(process: "subprocess.Popen[str]") -> int:
    assert process.stderr
    for line in process.stderr:
        told = json.loads(line)
        if told["event"] == "serving":
            return int(told["port"])
    raise AssertionError("it ended")


def test_on_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYSEAL_VAULT", str(tmp_path / "v"))
    monkeypatch.setenv("WAYSEAL_ACTOR", "operator")
    with fresh("postgresql", tmp_path) as main, fresh("postgresql", tmp_path) as keys:
        ran("init", tmp_path / "v", "--database", main, "--key-database", keys, "--example")
        deliver()
        ran("key", "rotate", "wrap")
        assert "4 data keys" in ran("key", "rewrap").out
        ran("erase", NUMBERS[2])
        ran("retain")
        ran("checkpoint")
        done = ran("verify").out
        assert "3 opened in memory, 1 erased" in done
        assert "Nothing was changed" in done
        assert "route 12" in ran("log", "--reasons").out
        assert main not in ran("status").out
        ran("backup", "main", tmp_path / "m")


def test_serving_nothing(tmp_path: Path) -> None:
    assert "no vault here" in inside("serve", "vault", tmp_path).err
