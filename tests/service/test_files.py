"""Files of a service: its secret, the tokens of who asks it, and what its pages refer to."""

import gzip
from pathlib import Path

import pytest

from wayseal.model.errors import WaysealError
from wayseal.service.assets import Assets
from wayseal.service.keyfile import read_secret
from wayseal.service.tokens import TokenFile, add_token, remove_token

HEAD = "wayseal-some-key-1:"


class SomeError(WaysealError):
    """What a service of ours calls it."""


@pytest.mark.parametrize("size", [32, 48])
def test_a_secret_is_made_once_and_is_its_owners_alone(size: int, tmp_path: Path) -> None:
    path = tmp_path / "some.key"
    with pytest.raises(SomeError, match="missing"):
        read_secret(path, HEAD, make=False, error=SomeError, size=size)
    secret = read_secret(path, HEAD, make=True, error=SomeError, size=size)
    assert (len(secret), path.stat().st_mode & 0o777) == (size, 0o600)
    assert read_secret(path, HEAD, make=True, error=SomeError, size=size) == secret
    for mode in (0o640, 0o604):
        path.chmod(mode)
        with pytest.raises(SomeError, match="open to others"):
            read_secret(path, HEAD, make=False, error=SomeError, size=size)


@pytest.mark.parametrize(
    "wrong", ["", HEAD, "a" * 64, HEAD + "x" * 64, HEAD + "a" * 62, HEAD + "a" * 96, "another-key-1:" + "a" * 64, "ÿ"]
)
def test_what_is_no_key_file_is_refused_without_its_content(wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "some.key"
    path.touch(0o600)
    path.write_text(wrong, "utf-8")
    with pytest.raises(SomeError) as refused:
        read_secret(path, HEAD, make=True, error=SomeError)
    assert "aaaa" not in str(refused.value)
    assert path.read_text("utf-8") == wrong


def test_tokens_are_kept_as_hashes(tmp_path: Path) -> None:
    path = tmp_path / "t" / "tokens"
    first, second = add_token(path, "gw-1", SomeError), add_token(path, "gw-2", SomeError)
    tokens = TokenFile(path)
    assert (tokens.find(first), tokens.find(second), tokens.find("")) == ("gw-1", "gw-2", None)
    assert first not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    again = add_token(path, "gw-1", SomeError)
    assert (tokens.find(first), tokens.find(again)) == (None, "gw-1")
    remove_token(path, "gw-2", SomeError)
    assert (tokens.find(second), tokens.find(again)) == (None, "gw-1")
    with pytest.raises(SomeError, match="no token has this name"):
        remove_token(path, "gw-2", SomeError)
    path.write_text(path.read_text() + "damaged\n")
    assert tokens.find(again) is None
    for name in ("", "a b", "../x"):
        with pytest.raises(SomeError):
            add_token(tmp_path / "u" / "tokens", name, SomeError)
    with pytest.raises(SomeError, match="line"):
        add_token(path, "gw-3", SomeError)


def test_nothing_but_the_table_is_given_out(tmp_path: Path) -> None:
    (tmp_path / "a.min.css").write_text("body{}")
    (tmp_path / "secret").write_text("x")
    assets = Assets((tmp_path, {"a.min.css": "text/css"}))
    address = assets.addresses["a.min.css"]
    name = address.removeprefix("/static/")
    assert address.startswith("/static/a-")
    assert address.endswith(".min.css")
    plain, packed = assets.answer(name, packed=False), assets.answer(name, packed=True)
    assert plain is not None
    assert packed is not None
    assert (plain.body, plain.media_type, "content-encoding" in plain.headers) == (b"body{}", "text/css", False)
    assert (gzip.decompress(bytes(packed.body)), packed.headers["content-encoding"]) == (b"body{}", "gzip")
    for asked in ("a.min.css", "secret", "../secret", f"../{tmp_path.name}/secret", ""):
        assert assets.answer(asked, packed=False) is None
    (tmp_path / "a.min.css").write_text("body{color:red}")
    assert Assets((tmp_path, {"a.min.css": "text/css"})).addresses["a.min.css"] != address
    with pytest.raises(FileNotFoundError):
        Assets((tmp_path, {"b.css": "text/css"}))
