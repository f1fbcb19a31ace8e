"""Reads a page back: its elements, its text, and whether it is well formed; words that no report may use."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "hr", "br", "link", "img", "input"})
SHOWN = re.compile(r"<(?:bdi|span) class=|&(?:lt|gt|amp|#34|#39);")
"""Markup that was escaped a second time, so that readers see it."""
BANNED = re.compile("guilty|culprit|perpetrator|offender|criminal|有罪|元凶|内鬼|罪犯|嫌疑人|犯罪|真凶", re.IGNORECASE)


def words(text: str) -> list[str]:
    return text.split()


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """Fails on a tag that is closed out of order or left open, and on markup that readers see."""

    html: str
    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(str(self.html))
        self.close()
        assert not self.open, [element.tag for element in self.open]
        assert not SHOWN.search(self.text), SHOWN.findall(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"attribute twice in <{tag}>"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data
        if not any(element.tag in ("style", "title", "desc") for element in self.open):
            self.text += data

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def styled(self, name: str) -> list[Element]:
        return [e for e in self.elements if name in e.attributes.get("class", "").split()]
