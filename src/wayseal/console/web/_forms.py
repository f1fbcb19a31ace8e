"""What comes with a request: a form, from where, and whether our own page sent it.

1. A form is read whole, up to `MOST` bytes and `SECONDS`, and is `application/x-www-form-urlencoded`; a name counts
   once. One that carries a form which wasn't done meanwhile has room for that, too: `MOST_CARRIED`. NUL, which no
   database keeps, is in none of its fields, but where a page says which line of a text has it.
2. A browser that says where a request comes from (`Sec-Fetch-Site`) is believed: what isn't of the same origin changes
   nothing. One that doesn't say has to send the token that our page holds, and no foreign `Origin`.
3. What is recorded in somebody's name though it is only asked for needs a link on a page of ours, not a foreign one,
   a message or an address that was typed: by that word, or by `Referer`. Pages that sign somebody in lead on to what
   an address named, and so are none of these.
4. What programs send is JSON: an object of texts, numbers and truths, which are the fields of the form of that act. Who
   they are stands in `Authorization`, which no browser adds by itself.
"""

import asyncio
import hmac
import json
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import parse_qsl

from starlette.requests import Request

from wayseal.console.access import AccessKeys
from wayseal.console.access.types import Visit
from wayseal.console.errors import AccessError
from wayseal.model.messages import N_

MOST, MOST_CARRIED = 262_144, 524_288
SECONDS = 10
KNOWN, _MOST_KNOWN = "-known-", 20
"""In names of cookies that tell for whom a browser is known, before the person's id."""
LINES = "typed"
"""The field whose lines a page tells of one by one."""
TOKEN = "csrf"  # noqa: S105 (the name of a field)
TOKEN_HEADER = "x-csrf"  # noqa: S105 (the name of a header)
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_BEARER = "bearer "
_NO_FORM = N_("the page takes forms alone")
_NO_JSON = N_("an object of JSON is needed, of texts, whole numbers and truths (application/json)")
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg/", "Edge"),
    ("QQBrowser", "QQ"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


async def read_form(request: Request, most: int = MOST) -> Mapping[str, str]:
    """Rule 1. AccessError where it isn't one."""
    body = await _read_body(request, _FORM, most, _NO_FORM)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=500, errors="strict")
    except ValueError:
        raise AccessError(_NO_FORM) from None
    if len(dict(pairs)) < len(pairs):
        raise AccessError("a name stands twice in the form")
    return _without_nul(dict(pairs))


async def read_json(request: Request, most: int = MOST) -> Mapping[str, str]:
    """Rule 4. AccessError where it isn't one."""
    body = await _read_body(request, _JSON, most, _NO_JSON)
    try:
        found = json.loads(body or b"{}", object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise AccessError(_NO_JSON) from None
    if not isinstance(found, dict) or not all(isinstance(one, str | int | None) for one in found.values()):
        raise AccessError(_NO_JSON)
    # What is false or null isn't ticked, and isn't in a form.
    given = {name: value for name, value in found.items() if value is not None and value is not False}
    return _without_nul({name: "1" if value is True else str(value) for name, value in given.items()})


def token_of(request: Request) -> str | None:
    """The token that a program shows (rule 4); None: none."""
    given = request.headers.get("authorization", "")
    return given[len(_BEARER) :].strip() or None if given.lower().startswith(_BEARER) else None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise AccessError("a name stands twice in the form")
    return dict(pairs)


def _without_nul(fields: dict[str, str]) -> dict[str, str]:
    if any("\0" in name + ("" if name == LINES else value) for name, value in fields.items()):
        raise AccessError("the page takes text that can be seen")
    return fields


async def _read_body(request: Request, form: str, most: int, wrong: str) -> bytes:
    """All that was sent; empty of what sends nothing. AccessError: too much, too slow, or not of that form."""
    if request.method not in ("POST", "PUT", "DELETE", "PATCH"):
        return b""
    parts, size = [], 0
    try:
        async with asyncio.timeout(SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise AccessError("this is more than the page takes: {most:,} bytes at most", most=most)
                parts.append(part)
    except TimeoutError:
        raise AccessError("what was sent didn't come to its end in time") from None
    body = b"".join(parts)
    if body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != form:
        raise AccessError(wrong)
    return body


def page_token(keys: AccessKeys, cookie: str) -> str:
    """Return what a page holds for whoever has this cookie."""
    return keys.mac("page", cookie)


def is_own(request: Request, form: Mapping[str, str], keys: AccessKeys, cookie: str | None) -> bool:
    """Rule 2, of a request that changes something."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        return False
    given = form.get(TOKEN) or request.headers.get(TOKEN_HEADER, "")
    return cookie is not None and hmac.compare_digest(given.encode(), page_token(keys, cookie).encode())


def is_followed(request: Request) -> bool:
    """Rule 3."""
    site, own = request.headers.get("sec-fetch-site"), f"//{request.headers.get('host')}/"
    came = request.headers.get("referer", "").partition(":")[2]
    if came.startswith((f"{own}sign-in", f"{own}confirm")):
        return False
    return came.startswith(own) if site is None else site == "same-origin"


def visit_of(request: Request, cookie: str) -> Visit:
    """From where a request comes; browser and system in two words, of those that we know. cookie: the session's."""
    agent = request.headers.get("user-agent", "")
    host = request.client.host if request.client else ""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return Visit(
        address=_network(host),
        device=" · ".join(part for part in (browser, system) if part),
        known=tuple(value for name, value in request.cookies.items() if name.startswith(cookie + KNOWN))[:_MOST_KNOWN],
    )


def _network(address: str) -> str:
    """An address as attempts are counted: of IPv6 the half that names a network, since one has all of the other."""
    try:
        whole = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network((whole, 64), strict=False)) if whole.version == 6 else str(whole)


def local_path(text: str | None) -> str:
    """A path of ours to go on to; "/" where it is none."""
    if not text or not text.startswith("/") or text.startswith("//") or "\\" in text or not text.isprintable():
        return "/"
    return text[:2000]
