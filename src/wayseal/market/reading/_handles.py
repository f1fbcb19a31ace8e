"""Addresses in a text: chat services, invitations, phones, mail, links, payment.

1. A handle has one clean spelling: lower case, without marks; invitations and payment addresses keep their case.
2. Where a text says of what service a handle is (微信, qq, 飞机), it is of that one; a number that is a phone's as well
   is told as that, too.
3. Chinese digits inside or at the end of a handle, and a space inside, belong to it: what stands before the space is
   too short to be one, or only a few digits follow that say nothing else.
4. Every pattern looks at each character a bounded number of times.
"""

import re
from collections.abc import Iterator

from wayseal.market.reading._hints import (
    CHINESE_DIGITS,
    DIGITS,
    LETTERS,
    LINK,
    MENTION,
    NAME,
    PHONE,
    SERVICE,
    SITE,
    SPACES,
    Need,
    need_words,
)
from wayseal.market.reading._view import PLAIN_DIGITS, View
from wayseal.market.types import Handle, HandleKind

_HAN = r"\u3007\u3400-\u9fff"
_CHINESE = f"[{CHINESE_DIGITS}]"
_READ = (
    rf"{_CHINESE}(?:(?={_CHINESE}{{0,7}}(?:[0-9_]|[a-z][a-z0-9_]|(?![{_HAN}a-z])))"
    rf"|(?={_CHINESE}{{2}})|(?<={_CHINESE}{{3}})|(?<={_CHINESE}{{2}})(?={_CHINESE}))"
)
"""Chinese digits in a handle (rule 3)."""
_FIGURE = f"[0-9{CHINESE_DIGITS}]"
_LETTER = rf"(?:[a-z0-9_-]|{_READ})"
_NAME = rf"(?:(?!https?:|t\.me/)[a-z0-9_]|{_READ}){{4,32}}"
_COUNTED = "个条张单件份票次组元块毛角万千百起岁年月点u"
_CUT = rf"[a-z][a-z0-9_]{{1,4}}\s(?=[a-z0-9_]*[0-9_])(?:[a-z0-9_]|{_READ}){{2,12}}(?!\s?[{_COUNTED}])"
_CUT_NAME = r"[a-z][a-z0-9_]{1,3}\s(?=[0-9_]*[a-z])(?=[a-z]*[0-9_])[a-z0-9_]{2,12}"
_MORE = rf"(?:\s[0-9]{{1,4}}(?!\s?[{_HAN}a-z0-9.%]))?"
"""A handle that is cut at a space (rule 3): after a service's name, after @ alone; and what may follow a whole one."""
_LINKS = re.compile(
    r"(?P<invite>(?:https?://)?(?:t|telegram)\.me/(?:\+|joinchat/)(?:(?!https?:)[a-z0-9_-]){8,40}"
    r"|(?:https?://)?(?:chat\.whatsapp\.com|discord\.gg|qm\.qq\.com|jq\.qq\.com|u\.wechat\.com)/(?:(?!https?:)[!-~]){4,200})"
    rf"|(?:https?://)?(?:t|telegram)\.me/(?:s/)?(?P<chat>{_NAME})"
    r"|(?P<mail>[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{2,62}){1,4})"
    rf"|@\s?(?P<at>[a-z]{_NAME}|{_CUT_NAME})"
    r"|(?P<link>https?://(?:(?!https?:)[!-~]){3,2000}|(?<![a-z0-9.])www\.[a-z0-9-]{1,63}(?:\.[a-z0-9-]{2,63}){1,4}[!-~]{0,200})"
    r"|(?<![a-z0-9])(?P<wallet>t[1-9a-z]{33}|0x[0-9a-f]{40})(?![a-z0-9])"
)
_BETWEEN = r"(?:号码|账号|帐号|群号|客服|号|群)?[\s:;=+/是为加→➡➜👉>-]{0,4}"
_SAID = re.compile(
    rf"(?:(?P<qq>qq|扣扣|抠抠|企鹅|(?<![a-z0-9])q(?=[\s:➡→])){_BETWEEN}(?P<qq_is>{_FIGURE}(?:[ ·.-]?{_FIGURE}){{4,10}})"
    rf"|(?P<wechat>微信|wechat|weixin|加微|微号|绿泡泡|绿泡|卫星|(?<![a-z0-9])(?:v|w|wx|vx)(?=[\s:+]))(?!群)"
    rf"{_BETWEEN}(?P<wechat_is>[a-z]{_LETTER}{{5,19}}{_MORE}|{_CUT}|1[3-9][0-9]{{9}}|[0-9]{{6,12}})"
    rf"|(?P<telegram>飞机|电报|telegram|(?<![a-z0-9])tg){_BETWEEN}(?P<telegram_is>[a-z]{_NAME}|{_CUT})"
    rf"|(?P<payment>支付宝){_BETWEEN}(?P<payment_is>1[3-9][0-9]{{9}}))(?![a-z0-9_@])"
)
_SERVICES = (
    ("qq", HandleKind.QQ),
    ("wechat", HandleKind.WECHAT),
    ("telegram", HandleKind.TELEGRAM),
    ("payment", HandleKind.PAYMENT),
)
_PHONE = re.compile(r"(?<![0-9a-z])(?:(?:\+|00)?86[ -]?)?(1[3-9][0-9](?:[ .-]?[0-9]){8})(?![0-9])")
_SERVICE_WORDS = "qq 扣扣 抠抠 企鹅 微信 we 加微 微号 绿泡 卫星 wx vx 飞机 电报 te tg 支付".split()
NEEDS = (
    Need(hint=LINK, any_of="/", after="emg/"),
    Need(hint=MENTION, any_of=DIGITS + LETTERS + SPACES, after="@"),
    Need(hint=SITE, any_of=".", after="w"),
    need_words(SERVICE, _SERVICE_WORDS),
    Need(hint=SERVICE, any_of=SPACES + ":+➡→", after="qvw"),
)
ADDRESSED = LINK | MENTION | SITE | NAME | SERVICE | PHONE
_NO_NAMES = frozenset({"https", "http", "gmail", "qq", "admin"})


def find_handles(view: View) -> list[Handle]:
    """The handles of a text, in its order; the same one once (rules 1 and 2)."""
    hints = view.hints
    found: dict[tuple[HandleKind, str], Handle] = {}
    if hints & (LINK | MENTION | SITE | NAME):
        for handle in _linked(view):
            found.setdefault((handle.kind, handle.value), handle)
    if hints & SERVICE:
        for handle in _said(view):
            found.setdefault((handle.kind, handle.value), handle)
    if hints & PHONE:
        for handle in _phones(view):
            found.setdefault((handle.kind, handle.value), handle)
    if len(found) < 2:
        return list(found.values())
    return sorted(found.values(), key=lambda handle: handle.at or (0, 0))


def _linked(view: View) -> Iterator[Handle]:
    for match in _LINKS.finditer(view.text):
        at = view.place(*match.span())
        group = match.lastgroup
        if group == "invite":
            spelled = view.spelled(*match.span())
            yield Handle(kind=HandleKind.INVITE, value=re.sub(r"^(?i:https?://)?", "https://", spelled), at=at)
        elif group in {"chat", "at"}:
            name = _spell(match.group(group))
            if name not in _NO_NAMES:
                yield Handle(kind=HandleKind.TELEGRAM, value=f"@{name}", at=at)
        elif group == "mail":
            mail = match.group("mail")
            yield Handle(kind=HandleKind.EMAIL, value=mail, at=at)
            name, _, host = mail.partition("@")
            if host == "qq.com" and name.isdigit() and 5 <= len(name) <= 11:
                yield Handle(kind=HandleKind.QQ, value=name, at=at)
        elif group == "wallet":
            yield Handle(kind=HandleKind.PAYMENT, value=view.spelled(*match.span()), at=at)
        else:
            yield Handle(kind=HandleKind.LINK, value=view.spelled(*match.span()), at=at)


def _said(view: View) -> Iterator[Handle]:
    for match in _SAID.finditer(view.plain):
        for name, kind in _SERVICES:
            value = match.group(f"{name}_is")
            if value is not None:
                at = view.place(*match.span(f"{name}_is"))
                value = _spell(value)
                shown = f"@{value}" if kind is HandleKind.TELEGRAM else value
                shown = re.sub(r"[·.-]", "", value) if kind is HandleKind.QQ else shown
                yield Handle(kind=kind, value=shown, at=at)


def _spell(name: str) -> str:
    """A handle's clean spelling (rule 3)."""
    if name.isidentifier() and name.isascii():
        return name
    return re.sub(r"\s", "", name).translate(PLAIN_DIGITS)


def _phones(view: View) -> Iterator[Handle]:
    for match in _PHONE.finditer(view.plain):
        value = re.sub(r"[ .-]", "", match.group(1))
        yield Handle(kind=HandleKind.PHONE, value=value, at=view.place(*match.span(1)))
