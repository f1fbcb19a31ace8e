"""Adverts out of grammars, in a seller's own style, and addresses as sellers write them.

No address here is meant to be anybody's: QQ numbers have eleven digits and begin with 9, phones begin with 154, mail
goes to a host under `.example`, and names of accounts and invitations hold a run of ten or more drawn characters.
"""

from dataclasses import dataclass

import numpy as np

from wayseal_sim.market._altered import alter, hide_digits
from wayseal_sim.market._grammars import ABOUT, CITIES, COURIERS, GRAMMARS, SORTS, Trade

Rng = np.random.Generator
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_CONTACT = "\x00"
_SEPARATORS = ("\n", ",", "。", " ", "!", "\n-", ";", "|", "\n◆", "~")
_EMOJI = ("", "", "🔥", "📦", "✅", "💰", "‼️", "🚚", "⭐", "👉")
_LABELS = {
    "qq": ("QQ", "扣扣", "Q", "企鹅", "q q", "🐧"),
    "wechat": ("微信", "V信", "薇信", "wx", "VX", "卫星", "绿泡泡"),
    "telegram": ("TG", "飞机", "电报", "纸飞机", "Telegram"),
    "phone": ("电话", "手机", "tel", "☎", "热线"),
    "email": ("邮箱", "mail", "Email"),
    "invite": ("进群", "频道", "群", "交流群"),
}
_KINDS = ("qq", "wechat", "telegram", "phone", "invite", "email")
_KIND_SHARES = (0.3, 0.28, 0.22, 0.1, 0.06, 0.04)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An address: what it is, and its clean spelling."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a seller writes, whatever they write.

    Attributes:
        separator: Between phrases.
        emoji: Before the title or the offers; "" for none.
        about: What they say of themselves, everywhere.
        closer: Which of the trade's closers, as a share of the list.
        contact: Which of a kind's labels, as a share of the list.
        joint: Between label and address.
        hides: Share of addresses that are written otherwise.
        altered: Share of characters that are.
        contact_first: Addresses stand before the rest.
    """

    separator: str
    emoji: str
    about: str
    closer: float
    contact: float
    joint: str
    hides: float
    altered: float
    contact_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Advert:
    """What is said of one thing on offer; `body` has a mark where addresses go. yuan: the price of one."""

    title: str
    body: str
    yuan: float


def token(rng: Rng, length: int, letters: str = _LETTERS) -> str:
    """Drawn characters."""
    return "".join(letters[i] for i in rng.integers(0, len(letters), length))


def draw_contact(rng: Rng, kind: str = "") -> Contact:
    """An address of a kind; "": of any."""
    kind = kind or str(rng.choice(_KINDS, p=_KIND_SHARES))
    match kind:
        case "qq":
            value = "9" + token(rng, 10, "0123456789")
        case "phone":
            value = "154" + token(rng, 8, "0123456789")
        case "wechat":
            value = str(rng.choice(("wx", "kd", "a", "md", "vip"))) + token(rng, 10)
        case "telegram":
            value = str(rng.choice(("kd", "md", "boss", "data", "x"))) + "_" + token(rng, 10)
        case "invite":
            value = "t.me/+" + token(rng, 16)
        case _:
            value = token(rng, 10) + "@mail.example"
    return Contact(kind=kind, value=value)


def draw_contacts(rng: Rng) -> tuple[Contact, ...]:
    """One to three addresses, each of another kind."""
    many = 1 + int(rng.choice(3, p=(0.45, 0.4, 0.15)))
    kinds = rng.choice(_KINDS, many, replace=False, p=_KIND_SHARES)
    return tuple(draw_contact(rng, str(kind)) for kind in kinds)


def draw_style(rng: Rng, altered: float) -> Style:
    """A seller's style; nobody alters more than `altered`, and many nothing."""
    return Style(
        separator=str(rng.choice(_SEPARATORS)),
        emoji=str(rng.choice(_EMOJI)),
        about=str(rng.choice(ABOUT)) if rng.random() < 0.7 else "",
        closer=float(rng.random()),
        contact=float(rng.random()),
        joint=str(rng.choice((":", "：", " ", "➡", "=", ""))),
        hides=float(rng.choice((0.0, 0.3, 0.8))) if altered else 0.0,
        altered=float(rng.choice((0.0, 0.3, 0.6, 1.0))) * altered,
        contact_first=bool(rng.random() < 0.15),
    )


def compose(rng: Rng, trade: Trade, style: Style) -> Advert:
    """A new advert of a trade, in a style."""
    grammar = GRAMMARS[trade]
    low, high = grammar.yuan
    yuan = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))), 1)
    blanks = {
        "origin": str(rng.choice(CITIES)), "city": str(rng.choice(CITIES)), "courier": str(rng.choice(COURIERS)),
        "sort": str(rng.choice(SORTS)), "many": str(rng.choice(("500", "2000", "3000", "5千", "1万", "两三万", "3w"))),
        "price": f"{yuan:g}", "hour": str(int(rng.integers(11, 19))),
    }  # fmt: skip
    phrases = [
        *_some(rng, grammar.offers, 1, 3),
        *_some(rng, grammar.details, 0, 3),
        str(rng.choice(grammar.prices)),
        style.about,
        grammar.closers[int(style.closer * len(grammar.closers))],
    ]
    body = style.separator.join(phrase for phrase in phrases if phrase)
    body = _CONTACT + style.separator + body if style.contact_first else body + style.separator + _CONTACT
    title = style.emoji + str(rng.choice(grammar.titles))
    return Advert(title=title.format(**blanks), body=style.emoji + body.format(**blanks), yuan=yuan)


def _some(rng: Rng, phrases: tuple[str, ...], least: int, most: int) -> list[str]:
    return [str(p) for p in rng.choice(phrases, int(rng.integers(least, most + 1)), replace=False)]


def shop_name(rng: Rng, trade: Trade) -> str:
    """A shop's name: a stem of the trade, and something of its own."""
    stem = str(rng.choice(GRAMMARS[trade].names))
    own = str(rng.choice(("小", "老", "阿", "金", "大", "鑫", "顺", "宏", "")))
    who = str(rng.choice(("王", "李", "杰", "宇", "达", "诚", "飞", "辉", "七", "九", "哥", "姐")))
    tail = str(rng.choice(("", "店", "铺", "工作室", "商行", "888", "01", "批发", "总店", "666")))
    return str(rng.choice((stem + tail, own + who + stem, stem + own + who + tail)))


def written(rng: Rng, advert: Advert, contacts: tuple[Contact, ...], style: Style, footer: str = "") -> tuple[str, str]:
    """Title and text as they are put on a site: altered as the style has it, addresses in, a footer at the end."""
    before, _, after = advert.body.partition(_CONTACT)
    told = style.separator.join(_told(rng, contact, style) for contact in contacts)
    text = alter(before, style.altered, rng) + told + alter(after, style.altered, rng)
    return alter(advert.title, style.altered, rng), text + ("\n" + footer if footer else "")


def _told(rng: Rng, contact: Contact, style: Style) -> str:
    labels = _LABELS[contact.kind]
    label, value = labels[int(style.contact * len(labels))], contact.value
    match contact.kind:
        case "telegram":
            value = "@" + value
        case "invite":
            value = "https://" + value
        case "qq" | "phone" if rng.random() < style.hides:
            value = hide_digits(value, rng, words=True)
        case "wechat" if rng.random() < style.hides / 2:
            value = hide_digits(value, rng, words=False)
        case _:
            pass
    return f"{label}{style.joint or ' '}{value}"


def draw_footer(rng: Rng) -> tuple[str, tuple[Contact, ...]]:
    """An agency's footer, and whose addresses stand in it."""
    contacts = (draw_contact(rng, "telegram"), draw_contact(rng, "invite"))
    head = str(rng.choice(("代发广告", "广告投放", "供需发布", "全网代发")))
    more = str(rng.choice(("一天50条", "全网{many}个群", "包月优惠", "效果好再付")))
    line = str(rng.choice(("————————", "=======", "▬▬▬▬▬▬", "")))
    text = f"{line}\n{head}联系 @{contacts[0].value}\n{more.format(many='3000')} https://{contacts[1].value}"
    return text.strip(), contacts
