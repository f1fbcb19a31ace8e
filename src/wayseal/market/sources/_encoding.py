"""Bytes as text: by what was declared, a byte order mark, or what fits best.

1. A byte order mark counts before what is declared, and that before a guess; UTF-8 is guessed before GB18030.
2. GB2312 and GBK are read as GB18030, which contains them: sites declare the old names and write the new signs.
3. A text that is mostly UTF-8 and partly not was put together from several: each piece between tags and lines is read
   by itself, and those that are no UTF-8 are counted.
4. Of what else doesn't fit the encoding with the fewest unreadable places is taken. Such places stand as U+FFFD and are
   counted; nothing raises.
"""

import codecs
import re

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_KNOWN = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "cp936", "x-gbk", "hz"), "gb18030"),
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("big5", "big5-hkscs", "cp950"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii", "windows-1252", "cp1252"), "cp1252"),
    **{name: name for name in ("utf-16", "utf-16-le", "utf-16-be", "shift_jis", "euc-jp", "euc-kr", "windows-1251")},
}
_IN_TYPE = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
_IN_PAGE = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
_IN_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}encoding\s*=\s*[\"']([A-Za-z0-9_-]{2,20})")
_HEAD = 4096
UNREADABLE = "\ufffd"


def decode(body: bytes, media_type: str = "") -> tuple[str, str, int]:
    """A text, its encoding, and how many places of it can't be read (rules 1 to 4).

    Args:
        body: The bytes.
        media_type: As the answer said, with its parameters.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return _read(body[len(mark) :], name)
    declared = _declared(body, media_type)
    found = {name: _read(body, name) for name in dict.fromkeys((*declared, "utf-8", "gb18030"))}
    first = next(iter(found.values()))
    if first[2] and found["utf-8"][2] and _is_mostly(found["utf-8"], 1 / 3 if "utf-8" in declared else 10):
        return _pieces(body)
    return min(found.values(), key=lambda one: one[2])


def _is_mostly(found: tuple[str, str, int], share: float) -> bool:
    """Whether it holds so many signs for each unreadable place; of another encoding hardly one happens to be."""
    text, _, unreadable = found
    return sum(sign > "\x7f" and sign != UNREADABLE for sign in text) >= share * unreadable


def _pieces(body: bytes) -> tuple[str, str, int]:
    """A text of several encodings (rule 3); no byte of a sign in GB18030 is one of those that part the pieces."""
    read = [_read(piece, "utf-8") for piece in re.split(rb"(?=[<\n])", body)]
    parts = [
        text if not wrong else min((text, wrong), _read(piece, "gb18030")[::2], key=lambda one: one[1])[0]
        for (text, _, wrong), piece in zip(read, re.split(rb"(?=[<\n])", body), strict=True)
    ]
    return "".join(parts), "utf-8", sum(wrong > 0 for _, _, wrong in read)


def _declared(body: bytes, media_type: str) -> list[str]:
    head = body[:_HEAD]
    said = [match[1] for match in [_IN_TYPE.search(media_type)] if match]
    said += [match[1].decode() for match in (_IN_PAGE.search(head), _IN_XML.search(head)) if match]
    return [_KNOWN[name] for one in said if (name := one.lower().replace("_", "-")) in _KNOWN]


def _read(body: bytes, name: str) -> tuple[str, str, int]:
    try:
        return body.decode(name), name, 0
    except UnicodeDecodeError:
        text = body.decode(name, "replace")
        return text, name, max(1, text.count(UNREADABLE))
