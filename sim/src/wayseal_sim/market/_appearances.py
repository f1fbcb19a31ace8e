"""What a seller's shop shows, and how it changes: renamed, rewritten, one address at a time, pictures turned over.

An appearance never changes; each step gives the next one. What of an old one can be seen in a new one is `kept_of`.
"""

from dataclasses import dataclass, replace

import numpy as np

from wayseal_sim.market._grammars import Trade
from wayseal_sim.market._texts import (
    Advert,
    Contact,
    Style,
    compose,
    draw_contact,
    draw_contacts,
    shop_name,
    token,
)
from wayseal_sim.market._types import Picture

Rng = np.random.Generator
_VARIANTS = ("plain", "mirrored", "cropped", "dimmed")
WAYS = ("reopened", "same", "one_kept", "text", "picture", "code", "style")
WAY_SHARES = (0.1, 0.3, 0.2, 0.13, 0.12, 0.08, 0.07)
_PICTURED = ("picture", "code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """What a shop shows. tests: numbers that stand in the text as a sample."""

    trade: Trade
    style: Style
    name: str
    contacts: tuple[Contact, ...]
    adverts: tuple[Advert, ...]
    pictures: tuple[Picture, ...]
    tests: tuple[str, ...] = ()


def first_appearance(rng: Rng, trade: Trade, style: Style) -> Appearance:
    """What a new seller shows."""
    many = 1 + int(rng.choice(3, p=(0.5, 0.35, 0.15)))
    pictured = int(rng.choice(3, p=(0.45, 0.4, 0.15)))
    return Appearance(
        trade=trade,
        style=style,
        name=shop_name(rng, trade),
        contacts=draw_contacts(rng),
        adverts=tuple(compose(rng, trade, style) for _ in range(many)),
        pictures=tuple(new_picture(rng, trade) for _ in range(pictured)),
    )


def invented_number(rng: Rng) -> str:
    """A number in a courier's format that nobody issued."""
    return "YT" + token(rng, 13, "0123456789")


def new_picture(rng: Rng, trade: Trade, number: str = "", code: str = "") -> Picture:
    """A picture as the trade takes them: sellers of numbers and labels show a number, many put a QR code in."""
    if not number and trade in (Trade.NUMBERS, Trade.LABELS, Trade.EMPTY_PARCELS) and rng.random() < 0.7:
        number = invented_number(rng)
    if not code and rng.random() < 0.6:
        pay = rng.random() < 0.4
        code = "wxp://f2f0" + token(rng, 24) if pay else "https://qr.example/" + token(rng, 14)
    return Picture(motif=int(rng.integers(2**31)), variant="plain", number=number, code=code)


def turned(rng: Rng, picture: Picture) -> Picture:
    """The same picture in another variant."""
    others = [variant for variant in _VARIANTS if variant != picture.variant]
    return replace(picture, variant=str(rng.choice(others)))


def changed(rng: Rng, shown: Appearance) -> Appearance:
    """One change in the life of a shop."""
    way = float(rng.random())
    if way < 0.2:
        return replace(shown, name=shop_name(rng, shown.trade))
    if way < 0.45:
        return replace(shown, contacts=_one_changed(rng, shown.contacts))
    if way < 0.65:
        return replace(shown, adverts=_rewritten(rng, shown, 1))
    if way < 0.8 and shown.pictures:
        first, *rest = shown.pictures
        return replace(shown, pictures=(turned(rng, first), *rest))
    adverts = tuple(replace(a, yuan=max(0.1, round(a.yuan * float(rng.uniform(0.8, 1.25)), 1))) for a in shown.adverts)
    return replace(shown, adverts=adverts)


def come_back(rng: Rng, shown: Appearance) -> tuple[str, Appearance]:
    """How a seller comes back, and what they show then. A way that needs pictures is the way of texts without any."""
    way = str(rng.choice(WAYS, p=WAY_SHARES))
    if way in _PICTURED and not shown.pictures:
        way = "text"
    named = shown.name if way == "reopened" or rng.random() < 0.15 else shop_name(rng, shown.trade)
    shown = replace(shown, name=named)
    match way:
        case "reopened":
            return way, shown
        case "same":
            some = 1 if rng.random() < 0.4 else 0
            return way, replace(shown, adverts=_rewritten(rng, shown, some))
        case "one_kept":
            return way, _but_one(rng, shown)
        case "text":
            return way, replace(shown, contacts=draw_contacts(rng), pictures=_new_pictures(rng, shown))
        case "picture":
            pictures = tuple(turned(rng, picture) for picture in shown.pictures)
            return way, replace(_anew(rng, shown), pictures=pictures)
        case "code":
            codes = [picture.code for picture in shown.pictures]
            pictures = tuple(new_picture(rng, shown.trade, code=code) for code in codes)
            return way, replace(_anew(rng, shown), pictures=pictures)
        case _:
            return way, replace(_anew(rng, shown), pictures=_new_pictures(rng, shown))


def kept_of(before: Appearance, after: Appearance) -> tuple[str, ...]:
    """What of an appearance can be seen in a later one: kinds of signals."""
    pairs = {"name": before.name == after.name, "contact": bool(set(before.contacts) & set(after.contacts))}
    pairs["text"] = bool({a.body for a in before.adverts} & {a.body for a in after.adverts})
    pairs["picture"] = bool({p.motif for p in before.pictures} & {p.motif for p in after.pictures})
    pairs["code"] = bool({p.code for p in before.pictures if len(p.code) > 1} & {p.code for p in after.pictures})
    return tuple(name for name, same in pairs.items() if same)


def _one_changed(rng: Rng, contacts: tuple[Contact, ...]) -> tuple[Contact, ...]:
    place = int(rng.integers(len(contacts)))
    fresh = draw_contact(rng, contacts[place].kind)
    return (*contacts[:place], fresh, *contacts[place + 1 :])


def _rewritten(rng: Rng, shown: Appearance, many: int) -> tuple[Advert, ...]:
    new = tuple(compose(rng, shown.trade, shown.style) for _ in range(many))
    return new + shown.adverts[many:]


def _new_pictures(rng: Rng, shown: Appearance) -> tuple[Picture, ...]:
    return tuple(new_picture(rng, shown.trade) for _ in shown.pictures)


def _anew(rng: Rng, shown: Appearance) -> Appearance:
    """New addresses, new texts; the style stays."""
    adverts = _rewritten(rng, shown, len(shown.adverts))
    return replace(shown, contacts=draw_contacts(rng), adverts=adverts, tests=())


def _but_one(rng: Rng, shown: Appearance) -> Appearance:
    """All is new but one address."""
    kept = shown.contacts[int(rng.integers(len(shown.contacts)))]
    fresh = [contact for contact in draw_contacts(rng) if contact.kind != kept.kind]
    pictures = _new_pictures(rng, shown)
    return replace(_anew(rng, shown), contacts=(kept, *fresh), pictures=pictures)
