"""The page of deployment and deploy/ say the same; of the proxy's file, what can be seen without a proxy."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from tests.deploy.test_deploy import DEPLOY, JOBS, ROOT, SERVICES, SYSTEMD, UNITS
from tests.docs.pages import blocks, read, rows, sections
from tests.docs.test_commands import COMMANDS, parameters
from tests.tables import each
from wayseal.console.settings import ConsoleSettings
from wayseal.portal.settings import PortalSettings
from wayseal.server.settings import Settings

PAGES = ("docs/how-to/deployment.md", "docs/how-to/deployment.zh.md")
LEDGER = ("docs/how-to/deployment-ledger.md", "docs/how-to/deployment-ledger.zh.md")
ON_SERVER = ("docs/how-to/deployment-console.md", "docs/how-to/deployment-console.zh.md")
PORTAL = ("docs/how-to/deployment-portal.md", "docs/how-to/deployment-portal.zh.md")
TRACKING = ("docs/how-to/tracking.md", "docs/how-to/tracking.zh.md")
TOGETHER = (PAGES, LEDGER, ON_SERVER, PORTAL, TRACKING)
DEFAULTS: dict[str, Any] = {one.name: one.default for one in fields(Settings)}
_CALLS = {"wayseal": "", "wayseal-vault": "vault ", "wayseal-owner": "vault "}


def shell(page: str) -> str:
    return "".join(blocks(read(page), "sh")).replace("\\\n", " ")


def calls() -> Iterator[list[str]]:
    """Each call of Wayseal in the page's commands, in the scripts and in the units."""
    texts = [
        *(shell(page) for page, _ in TOGETHER),
        *(file.read_text(encoding="utf-8").replace("\\\n", " ") for file in DEPLOY.glob("*.sh")),
    ]
    for line in "\n".join(texts).splitlines():
        if found := re.match(r"(?:exec )?(?:\S*/)?(wayseal(?:-vault|-owner)?) (\w.*)", line.strip()):
            yield [*_CALLS[found[1]].split(), *shlex.split(found[2].split(" > ")[0])]
    for name in SERVICES:
        for words in UNITS[name].commands({"d": "D", "S": "S", "C": "C", "i": "I"}):
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


@each("pages", TOGETHER)
def test_both_languages_have_the_same_commands(pages: tuple[str, str]) -> None:
    for language in ("sh", "ini", "toml"):
        assert list(blocks(read(pages[0]), language)) == list(blocks(read(pages[1]), language))


@each("at", [0, 1])
def test_files_are_where_the_pages_say_and_none_is_left_out(at: int) -> None:
    text = "".join(read(pages[at]) for pages in TOGETHER)
    named = set(re.findall(r"/opt/wayseal/(deploy/[\w./-]*\w)", text)) | set(re.findall(r"`(deploy/[\w./-]+)`", text))
    assert [name for name in named if not (ROOT / name).exists()] == []
    started = " ".join(line for name in SERVICES for line in UNITS[name].all("ExecStart"))
    for file in DEPLOY.rglob("*"):
        if file.is_file() and file.suffix != ".pyc" and file.name not in {"Containerfile", "healthcheck.py"}:
            inside = {str(p.relative_to(ROOT)) for p in (file, *file.parents) if ROOT in p.parents} - {"deploy"}
            assert named & inside or file.name in started or f"`{file.name}`" in text, file


@each("page", [*PAGES, *LEDGER])
def test_the_page_has_each_job_with_its_time(page: str) -> None:
    table = next(found for body in sections(read(page)).values() if "detect" in (found := rows(body)))
    jobs = JOBS if page in PAGES else [name for name in JOBS if (SYSTEMD / "watch" / name).exists()]
    assert sorted(f"wayseal-{name}.service" for name in table) == sorted(jobs)
    for name, row in table.items():
        at = UNITS[f"wayseal-{name}.timer"].last("OnCalendar").split()[-1]
        assert at in row[1] or name == "purge", name


def nginx(name: str = "nginx.conf") -> dict[str, Any]:
    """The file as nginx reads it: directives with their words, blocks with what is in them. A name may come again."""
    text = re.sub(r"#.*", "", (DEPLOY / name).read_text(encoding="utf-8"))
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


def test_the_proxy_of_the_console_keeps_nothing_and_lets_logs_through() -> None:
    settings: dict[str, Any] = {one.name: one.default for one in fields(ConsoleSettings)}
    plain, secure = nginx("nginx-console.conf")["server"]
    (location,) = secure["location /"]
    assert plain["return"] == [["301", "https://$host$request_uri"]]
    assert location["proxy_pass"] == [[f"http://127.0.0.1:{settings['port']}"]]
    assert secure["client_max_body_size"] == [[f"{settings['upload_megabytes']}m"]]
    assert secure["access_log"] == plain["access_log"] == [["off"]]
    assert location["proxy_request_buffering"] == [["off"]]
    assert location["proxy_max_temp_file_size"] == [["0"]]
    assert ["X-Forwarded-For", "$remote_addr"] in location["proxy_set_header"]


def test_the_proxy_of_the_portal_writes_nothing_and_passes_nobody_on() -> None:
    settings: dict[str, Any] = {one.name: one.default for one in fields(PortalSettings)}
    plain, secure = nginx("nginx-portal.conf")["server"]
    for server in (plain, secure):
        assert (server["access_log"], server["error_log"]) == ([["off"]], [["/dev/null"]])
        assert all("default_server" in words for words in server["listen"])
    (location,) = (secure[name][0] for name in secure if name.startswith("location"))
    assert not [name for name in plain if name.startswith("location")]
    assert location["proxy_pass"] == [[f"http://127.0.0.1:{settings['port']}"]]
    told = dict(location["proxy_set_header"])
    assert {name for name, value in told.items() if value} == {"Host"}
    assert {"X-Forwarded-For", "X-Real-IP", "Forwarded", "User-Agent", "Referer", "Cookie"} <= set(told)
    assert location["proxy_request_buffering"] == location["proxy_buffering"] == [["off"]]
    assert location["proxy_max_temp_file_size"] == [["0"]]
    assert secure["ssl_session_cache"] == secure["ssl_session_tickets"] == [["off"]]
    most = settings["letter_files"] * settings["file_megabytes"]
    assert most < int(secure["client_max_body_size"][0][0].removesuffix("m")) < most + 10
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
