"""The page of deployment and deploy/ say the same; of the proxy's file, what can be seen without a proxy."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from tests.deploy.test_deploy import DEPLOY, JOBS, ROOT, SERVICES, UNITS
from tests.docs.pages import blocks, read, rows, sections
from tests.docs.test_commands import COMMANDS, parameters
from tests.tables import each
from wayseal.server.settings import Settings

PAGES = ("docs/deployment.md", "docs/deployment.zh.md")
DEFAULTS: dict[str, Any] = {one.name: one.default for one in fields(Settings)}
_CALLS = {"wayseal": "", "wayseal-vault": "vault ", "wayseal-owner": "vault "}


def shell(page: str) -> str:
    return "".join(blocks(read(page), "sh")).replace("\\\n", " ")


def calls() -> Iterator[list[str]]:
    """Each call of Wayseal in the page's commands, in the scripts and in the units."""
    texts = [shell(PAGES[0]), *(file.read_text(encoding="utf-8").replace("\\\n", " ") for file in DEPLOY.glob("*.sh"))]
    for line in "\n".join(texts).splitlines():
        if found := re.match(r"(?:exec )?(?:\S*/)?(wayseal(?:-vault|-owner)?) (\w.*)", line.strip()):
            yield [*_CALLS[found[1]].split(), *shlex.split(found[2].split(" > ")[0])]
    for name in SERVICES:
        for words in UNITS[name].commands({"d": "D", "S": "S", "C": "C"}):
            if words[0].endswith("/wayseal"):
                yield words[1:]


def test_every_command_and_option_is_there() -> None:
    seen = 0
    for words in calls():
        name = max((known for known in COMMANDS if words[: len(known.split())] == known.split()), key=len, default=None)
        assert name, words
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert options <= set(parameters(name)), words
        seen += 1
    assert seen > 20


def test_both_languages_have_the_same_commands() -> None:
    assert list(blocks(read(PAGES[0]), "sh")) == list(blocks(read(PAGES[1]), "sh"))
    assert list(blocks(read(PAGES[0]), "ini")) == list(blocks(read(PAGES[1]), "ini"))


@pytest.mark.parametrize("page", PAGES)
def test_files_are_where_the_page_says_and_none_is_left_out(page: str) -> None:
    text = read(page)
    named = set(re.findall(r"/opt/wayseal/(deploy/[\w./-]*\w)", text)) | set(re.findall(r"`(deploy/[\w./-]+)`", text))
    assert [name for name in named if not (ROOT / name).exists()] == []
    started = " ".join(line for name in SERVICES for line in UNITS[name].all("ExecStart"))
    for file in DEPLOY.rglob("*"):
        if file.is_file() and file.suffix != ".pyc" and file.name not in {"Containerfile", "healthcheck.py"}:
            inside = {str(p.relative_to(ROOT)) for p in (file, *file.parents) if ROOT in p.parents} - {"deploy"}
            assert named & inside or file.name in started or f"`{file.name}`" in text, file


@pytest.mark.parametrize("page", PAGES)
def test_the_page_has_each_job_with_its_time(page: str) -> None:
    table = next(found for body in sections(read(page)).values() if "retain" in (found := rows(body)))
    assert sorted(f"wayseal-{name}.service" for name in table) == JOBS
    for name, row in table.items():
        at = UNITS[f"wayseal-{name}.timer"].last("OnCalendar").split()[-1]
        assert at in row[1] or name == "purge", name


def nginx() -> dict[str, Any]:
    """The file as nginx reads it: directives with their words, blocks with what is in them. A name may come again."""
    text = re.sub(r"#.*", "", (DEPLOY / "nginx.conf").read_text(encoding="utf-8"))
    root: dict[str, Any] = {}
    open_blocks = [root]
    for words, end in re.findall(r"([^;{}]*)([;{}])", text):
        if end == "}":
            assert not words.strip(), words
            open_blocks.pop()
            continue
        name, *rest = shlex.split(words)
        inner: Any = {} if end == "{" else rest
        open_blocks[-1].setdefault(" ".join([name, *rest]) if end == "{" else name, []).append(inner)
        if end == "{":
            open_blocks.append(inner)
    assert open_blocks == [root]
    return root


def test_the_proxy_keeps_nothing_and_is_no_narrower_than_the_vault() -> None:
    plain, secure = nginx()["server"]
    assert plain["return"] == [["403"]]
    (location,) = secure["location /"]
    assert nginx()["upstream wayseal"][0]["server"] == [[f"127.0.0.1:{DEFAULTS['port']}"]]
    assert location["proxy_pass"] == [["http://wayseal"]]
    # Bodies fit into memory, answers never go to a file, and only the proxy says from where a request comes.
    megabytes = f"{DEFAULTS['most_bytes'] >> 20}m"
    assert secure["client_max_body_size"] == secure["client_body_buffer_size"] == [[megabytes]]
    assert location["proxy_max_temp_file_size"] == [["0"]]
    assert secure["access_log"] == plain["access_log"] == [["off"]]
    assert ["X-Forwarded-For", "$remote_addr"] in location["proxy_set_header"]
    assert float(location["proxy_read_timeout"][0][0].removesuffix("s")) > DEFAULTS["answer_seconds"]
    assert float(secure["client_body_timeout"][0][0].removesuffix("s")) >= DEFAULTS["body_seconds"]
    assert location["proxy_next_upstream"] == [["off"]]
    assert secure["location = /metrics"] == [{"return": [["404"]]}]
    assert secure["ssl_protocols"] == [["TLSv1.2", "TLSv1.3"]]


@each("page", PAGES)
def test_what_to_watch_is_there(page: str) -> None:
    """Metrics and events that the page tells of are those of the code."""
    files = [file for room in ("server", "detect") for file in (ROOT / "src/wayseal" / room).rglob("*.py")]
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    watched = next(body for body in sections(read(page)).values() if "`wayseal_signing_errors`" in body)
    names = re.findall(r"`wayseal_(\w+)`", watched)
    assert len(names) > 7
    for name in (*names, "log_memory_unsaved"):
        assert name.removeprefix("detect_") in code, name
    assert "`log_memory_unsaved`" in watched
