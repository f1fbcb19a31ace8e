"""A very small SVG writer: elements as escaped markup. Text and attributes can't break out of their place."""

from markupsafe import Markup, escape

from wayseal.page.visible import shorten, visible

_SHEET = 700.0
"""From this height on a picture may need more than the rest of a printed page."""


def el(tag: str, *children: str, **attributes: str | float | None) -> Markup:
    """`<tag …>children</tag>`. Attribute names: `text_anchor` → text-anchor, `class_` → class; None is left out."""
    written = Markup("").join(
        Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), _value(value))
        for name, value in attributes.items()
        if value is not None
    )
    inside = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(tag, written, inside)


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def pct(part: float) -> str:
    """A share of the width, clamped to the picture: .25 → 25%."""
    return f"{100 * min(max(part, 0.0), 1.0):.2f}%"


def plain(text: str) -> str:
    """Strip a page's markup from a text: a picture's words carry none."""
    return text.striptags() if isinstance(text, Markup) else text


def picture(name: str, height: float, title: str, desc: str, *children: str) -> Markup:
    """A picture as wide as its place. Positions in it are shares of the width, so that text keeps its size."""
    return el(
        "svg",
        el("title", plain(title), id=f"{name}-title"),
        el("desc", plain(desc), id=f"{name}-desc"),
        *children,
        class_=f"picture {name}" + (" tall" if height > _SHEET else ""),
        width="100%",
        height=height,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def label(text: str, y: float, *, letter: str = "", class_: str = "label", wide: int = 16, narrow: int = 11) -> Markup:
    """A row's name at the left: shortened, more so on narrow screens, with the whole id as its tooltip.

    wide, narrow: the most cells on a wide and on a narrow screen.
    """
    shown = visible(plain(text))
    tip = el("title", shorten(shown, 400))
    mark = el("tspan", f"{letter} ", class_="letter") if letter else Markup("")
    long, short = shorten(shown, wide), shorten(shown, narrow)
    if long == short:
        return el("text", mark, long, tip, x=0, y=y, class_=class_)
    return el("text", mark, long, tip, x=0, y=y, class_=f"{class_} wide") + el(
        "text", mark, short, tip, x=0, y=y, class_=f"{class_} narrow"
    )
