"""`wayseal hotline`: keys and tokens; and what `wayseal serve portal` can't start with."""

from pathlib import Path

import pytest

from tests.cli.running import inside
from wayseal.cases.hotline.keyring import load_private_keys
from wayseal.cases.hotline.letters import Purpose, parse_public_keys
from wayseal.portal.settings import PortalSettings
from wayseal.service.tokens import TokenFile


def test_keys_are_made_and_added(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert "It holds 3 keys." in inside("hotline", "key", "new", folder).out
    first = parse_public_keys((folder / "hotline.public").read_bytes())
    assert "6 个密钥" in inside("--lang", "zh", "hotline", "key", "new", folder).out
    keys = parse_public_keys((folder / "hotline.public").read_bytes())
    assert keys.keys[:3] == first.keys
    assert keys.newest(Purpose.REPORTS) not in first.keys
    assert load_private_keys(folder / "hotline.private").keys() == {one.id for one in keys.keys}
    assert (folder / "hotline.private").stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


def test_a_token_is_shown_once_and_taken_back(tmp_path: Path) -> None:
    token = inside("hotline", "token", tmp_path, "console").out.strip()
    tokens = TokenFile(PortalSettings(folder=tmp_path).tokens_path)
    assert tokens.find(token) == "console"
    assert "no token any more" in inside("hotline", "token", tmp_path, "console", "--revoke").out
    assert tokens.find(token) is None
    ran = inside("hotline", "token", tmp_path, "console", "--revoke")
    assert (ran.code, ran.err) == (3, "wayseal: no token has this name\n")


@pytest.mark.parametrize(("port", "said"), [("8480", "hotline.public"), ("70000", "port")])
def test_a_portal_that_cant_start_says_why(
    tmp_path: Path, port: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.umask", lambda _: 0)
    monkeypatch.setattr("resource.setrlimit", lambda *_: None)
    ran = inside("serve", "portal", tmp_path / "portal", "--port", port)
    assert ran.code in (3, 5)
    assert said in ran.err
    assert "Traceback" not in ran.err
