"""What a site's answer becomes while one of its traps is set.

1. A trap says nothing about what is there: a shop that can't be seen behind it may be open or not.
2. Traps that put another page in the place of the asked one come before it is made; the others change what was made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from types import MappingProxyType
from zlib import crc32

from wayseal_sim.market._pages import shell
from wayseal_sim.market._plan import Site, Spell, Trap
from wayseal_sim.types import SECOND

RETRY_AFTER_S = 900
_LAST_S = 4_000_000_000
SLOW_S = (15.0, 120.0)
INSIDE = (
    "http://127.0.0.1:9/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:10.0.0.1]/",
    "file:///etc/hosts",
)
"""Where a trap leads; nobody who looks may follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a site answers.

    Attributes:
        status: HTTP's.
        headers: Names and values, as they are sent.
        body: As it is sent, packed if the headers say so.
        delay_s: Seconds until its first byte.
        cut: The connection ends in the middle of the body.
        endless: The body is sent again and again and never ends.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    delay_s: float = 0.0
    cut: bool = False
    endless: bool = False

    def header(self, name: str) -> str:
        """A header's value; "" if it isn't there."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An answer before it is encoded: media type, text or bytes."""

    status: int
    media: str
    content: str | bytes
    headers: tuple[tuple[str, str], ...] = ()


_CODES = {Trap.LOGIN: 4001, Trap.CAPTCHA: 4002, Trap.ERROR_PAGE: 5001}
_WORDS: Mapping[Trap, tuple[str, str]] = MappingProxyType(
    {
        Trap.CAPTCHA: (
            "安全验证",
            (
                '<div id="captcha" class="nc-slider"><p>请拖动滑块完成验证</p><form action="/verify" method="post">'
                '<input name="captcha" placeholder="验证码"></form></div>'
            ),
        ),
        Trap.LOGIN: (
            "登录",
            (
                '<form id="login-form" action="/login" method="post"><p>请登录后继续访问</p>'
                '<input name="user"><input type="password" name="pass"><button>登录</button></form>'
            ),
        ),
        Trap.ERROR_PAGE: ("系统繁忙", '<div class="error-box"><h2>系统繁忙,请稍后再试</h2><p>错误代码 10032</p></div>'),
    }
)


def login_page(site: Site) -> Page:
    """The page that asks who one is."""
    return _said(site, Trap.LOGIN, 200)


def instead(site: Site, spells: tuple[Spell, ...], path: str) -> Page | None:
    """What comes in the place of the asked page; None if nothing does."""
    for spell in spells:
        match spell.trap:
            case Trap.CAPTCHA:
                return _said(site, spell.trap, 403 if site.name == "arcade" else 200)
            case Trap.LOGIN if site.name == "bazaar":
                return Page(status=302, media="text/html", content="", headers=(("Location", "/login"),))
            case Trap.LOGIN | Trap.ERROR_PAGE:
                return _said(site, spell.trap, 200)
            case Trap.TOO_MANY:
                return Page(status=429, media="text/plain", content="", headers=(("Retry-After", str(RETRY_AFTER_S)),))
            case Trap.UNAVAILABLE:
                until = format_datetime(datetime.fromtimestamp(min(spell.until // SECOND, _LAST_S), UTC), usegmt=True)
                return Page(status=503, media="text/html", content="", headers=(("Retry-After", until),))
            case Trap.INWARDS:
                where = INSIDE[crc32(path.encode()) % len(INSIDE)]
                return Page(status=302, media="text/html", content="", headers=(("Location", where),))
            case _:
                continue
    return None


def changed(answer: Answer, spells: tuple[Spell, ...]) -> Answer:
    """An answer as it is sent while traps are set."""
    for spell in spells:
        match spell.trap:
            case Trap.SLOW:
                low, high = SLOW_S
                answer = replace(answer, delay_s=low + (high - low) * (crc32(answer.body[:64]) % 100) / 100)
            case Trap.CUT:
                answer = replace(answer, cut=True, body=answer.body[: len(answer.body) // 2])
            case Trap.ENDLESS_BODY:
                answer = replace(answer, endless=True)
            case _:
                continue
    return answer


def _said(site: Site, trap: Trap, status: int) -> Page:
    title, words = _WORDS[trap]
    if site.form == "json":
        text = f'{{"code": {_CODES[trap]}, "msg": "{title}"}}'
        return Page(status=status, media="application/json", content=text)
    content = shell(site.name, title, words, site.charset, declared=site.declares)
    return Page(status=status, media="text/html", content=content)
