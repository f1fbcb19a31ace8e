"""What columns of foreign files are called, and what words stand in them: the lists of `headings.toml`.

A name is compared in lower case and without signs. A word of a list of words also stands for itself with what is put
before or behind it without changing it (已签收, 签收扫描).
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from wayseal.store.tables import TABLES

OUTRIGHT = 2.5
"""From this score on a name says what the column is, whatever it holds."""
PERSONAL = re.compile(
    r"phone|mobile|tel(?![a-z])|idcard|realname|fullname|receiver(?!site)|consignee|sendman|recman"
    r"|电话|手机号|身份证|联系方式|姓名|收件人|寄件人|收货人|联系人|(?<!ip)地址|来电",
    re.IGNORECASE,
)
"""Names of columns that hold what belongs to people."""
_NEIGHBOUR = re.compile(r"上一|下一|上级|上站|下站|next|prev|(?<![a-z])pre(?![a-z])", re.IGNORECASE)
"""Names of columns that speak of another place than the row's own."""
_INNER = frozenset({"id", "code", "no", "key", "value", "account", "accountid"})  # last: assignee.accountId
_CODE = re.compile(r"(?:号|编码|代码|标识|id|no|code|number)$", re.IGNORECASE)
_AROUND = re.compile(r"^(?:已|快件|包裹|网点|快递)|(?:扫描|操作|登记|成功|完成)$")
_KINDS = ("scans", "actors", "outlets")


@cache
def _read() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(resources.files(__package__).joinpath("headings.toml").read_text("utf-8"))


def time_formats() -> Sequence[str]:
    """Ways in which times are written, to be tried in this order."""
    found: Sequence[str] = _read()["times"]["formats"]
    return found


@cache
def _lists() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    """Section → name → each of its words, squeezed, and how well it says it (the first best)."""
    sections = {key: lists for key, lists in _read().items() if key not in {"words", "times"}}
    sections |= {f"words.{key}": lists for key, lists in _read()["words"].items()}
    return {
        section: {name: _ranked([name, *words.split()]) for name, words in lists.items()}
        for section, lists in sections.items()
    }


def _ranked(words: list[str]) -> Mapping[str, float]:
    ranked: dict[str, float] = {}
    for place, word in enumerate(words):
        ranked.setdefault(squeezed(word), 1.0 / (1 + place))
    return MappingProxyType(ranked)


def squeezed(text: str) -> str:
    """A name in lower case and without signs."""
    return re.sub(r"[\W_]+", "", text.casefold())


def words_of(column: str, table: str = "accesses") -> frozenset[str]:
    """Names that say outright which column of the contract they are."""
    return frozenset(own_words(column, table)) | frozenset(_lists()["any"].get(column, ()))


def own_words(column: str, table: str) -> Mapping[str, float]:
    """Of these the ones that a column is called by in this table, and not in any."""
    return _lists().get(table, {}).get(column, {})


def name_score(column: str, name: str, table: str = "accesses") -> float:
    """How clearly a name says what the column is: 3 a known word, 2.5 one after a dot, 1.5 a part of it, else 0."""
    return max(_score(own_words(column, table), name), _score(_lists()["any"].get(column, {}), name) - 0.01, 0.0)


def is_own(column: str, name: str, table: str) -> bool:
    """True if a name says it by a word of this table, and not by one that is used in any."""
    return _score(own_words(column, table), name) >= name_score(column, name, table) > 0


def _score(words: Mapping[str, float], name: str) -> float:
    # A unit or a remark in brackets is no part of a name.
    plain, last = squeezed(re.sub(r"[(（\[【].*", "", name)), squeezed(name.rpartition(".")[2])
    if plain in words:
        return 3.0 + words[plain] + (0.5 if _CODE.search(plain) else 0.0)  # a number goes before a name
    if last in words:
        return OUTRIGHT + words[last] / 3
    if PERSONAL.search(name) or _NEIGHBOUR.search(name):
        return 0.0
    outer, plain = squeezed("".join(name.split(".")[-2:-1])), last if "." in name else plain
    if outer in words and last in {*_INNER, "name"}:
        return OUTRIGHT + words[outer] / 4 if last in _INNER else 1.5
    parts = [w for w in words if len(w) >= (2 if w > "\x7f" else 4) and w in plain]
    ends = 0.5 if any(plain.endswith(w) for w in parts) else 0.0
    return 1.5 + ends + max(map(len, parts)) / 100 if parts else 0.0


@cache
def synonyms(column: str, table: str) -> Mapping[str, str]:
    """Words, squeezed, of a column of words → the contract's word for each; empty for other columns."""
    if column == "column":
        names = TABLES["waybills"].names
        return MappingProxyType({word: name for name in reversed(names) for word in words_of(name, "waybills")})
    lists = _lists().get(f"words.{table if column == 'kind' and table in _KINDS else column}", {})
    return MappingProxyType({word: ours for ours, words in lists.items() for word in words})


def word_of(text: str, words: Mapping[str, str]) -> str | None:
    """The contract's word for a word of a file; None for one that nobody knows."""
    plain = squeezed(text)
    last = squeezed(text.rpartition(".")[2])  # waybill.detail
    return words.get(plain) or words.get(_AROUND.sub("", plain) or plain) or words.get(last)


def means_nothing(text: str) -> bool:
    """True if a cell says that there is no value (未称), or no end (长期, 99999999)."""
    return squeezed(text) in _lists()["words.nothing"]["nothing"]


def ended(word: str) -> bool | None:
    """True if what ended in this word was shown; False if it was refused, failed or sent elsewhere; None: not known."""
    plain = word.strip().casefold()
    if re.fullmatch("[1-5][0-9]{2}", plain):
        return plain[0] == "2" or plain == "304"
    lists = _lists()["words.ended"]
    return True if plain in lists["fine"] else False if plain in lists["refused"] else None


def hints_at(table: str, text: str) -> bool:
    """True if the name of a file or a sheet speaks of this table."""
    plain = squeezed(text)
    parts = set(re.findall(r"[a-z]+", text.casefold()))
    return any(w in parts or (w > "\x7f" and w in plain) for w in _lists()[table]["files"])
