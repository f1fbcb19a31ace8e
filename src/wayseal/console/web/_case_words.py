"""What was done with a case, and why there is one, as codes and values that templates say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from markupsafe import Markup

from wayseal.cases.types import ReadMark, Source, TaskContent
from wayseal.cases.views import Entry, ItemRow, ListingRow
from wayseal.console.web._links import href_of
from wayseal.console.web._render import translator_of
from wayseal.model.times import micros
from wayseal.page.languages import Lang
from wayseal.page.visible import visible
from wayseal.page.words import Translator, catalogue

_DETECTION = "wayseal.detect.report"
NOBODY: Mapping[str, str] = {}
_REVIEWS = ("wayseal.detect.partners", "wayseal.detect.rights")
"""Whose reasons are codes of their own catalogues."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A reason of detection. name: in words. refute: what would speak against it; "" where nothing is known."""

    name: str
    refute: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An act as a line. code, values: what it says; text: what somebody wrote in it. until: a time in it."""

    entry: Entry
    code: str
    values: Mapping[str, Any]
    text: str = ""
    until: int | None = None


def reasons_of(detectors: Sequence[str], lang: Lang) -> tuple[Reason, ...]:
    """Detectors, or what else put something into the queue, in words."""
    words = catalogue(lang, _DETECTION)
    return tuple(
        Reason(name=_name_of(name, words, lang), refute=words.get(f"detect.refute_{name}", "")) for name in detectors
    )


def name_of_reason(code: str, lang: Lang) -> str:
    """A reason in words: a code's, or as somebody wrote it."""
    return _name_of(code, catalogue(lang, _DETECTION), lang)


def _name_of(name: str, words: Mapping[str, str], lang: Lang) -> str:
    own = translator_of(lang)
    for code in (f"source.{name}", f"lead.{name}"):
        if own.has(code):
            return own.say(code)
    for place in _REVIEWS:
        if name.startswith(place.rpartition(".")[2] + "."):
            return catalogue(lang, place).get(name, name)
    return words.get(f"detector.{name}", name)


def reasons_of_item(row: ItemRow | ListingRow, lang: Lang) -> tuple[Reason, ...]:
    """Why something is in the queue, in words; empty where somebody wrote it down, who has said so."""
    if isinstance(row, ItemRow) and row.source is Source.DETECTION:
        return reasons_of(row.reason.split(", "), lang)
    codes = row.reason.split(", ")
    found = tuple(one for code, one in zip(codes, reasons_of(codes, lang), strict=True) if one.name != code)
    return found if len(found) == len(codes) else ()


def reason_of(row: ItemRow | ListingRow, lang: Lang) -> str:
    """The same in one line; what somebody wrote as it is."""
    return " · ".join(one.name for one in reasons_of_item(row, lang)) or row.reason


def line_of(entry: Entry, lang: Lang, beside: Mapping[str, str] = NOBODY) -> Line:
    """An act in words. beside: pseudonyms of accounts by the names that may be shown, which stand beside them."""
    translator, told = translator_of(lang), dict(entry.told)
    match entry.act:
        case "changed" | "item_changed" if told["field"] == "snoozed" and told["after"] is not None:
            return Line(entry=entry, code="told.snoozed", values={}, until=micros(str(told["after"])))
        case "changed" | "item_changed":
            code, values = _changed(translator, told, item=entry.act == "item_changed")
        case "note":
            text = str(told["text"])
            code = "told.note_out" if not text else "told.note_new" if told["version"] == 1 else "told.note_edit"
            return Line(entry=entry, code=code, values=_ids(told, "note") | {"version": told["version"]}, text=text)
        case "task":
            code, values = _task(translator, told)
        case _:
            code, values = _other(translator, entry, told, lang, beside)
    return Line(entry=entry, code=code, values=values)


def _changed(translator: Translator, told: Mapping[str, Any], *, item: bool) -> tuple[str, dict[str, Any]]:
    field, before, after = str(told["field"]), told["before"], told["after"]
    match field:
        case "state" | "priority":
            words = "priority" if field == "priority" else "item_state" if item else "case_state"
            return f"told.{field}", {
                "before": translator.say(f"{words}.{before}"),
                "after": translator.say(f"{words}.{after}"),
            }
        case _:
            return f"told.{field}" if after is not None else f"told.{field}_no", {"after": _id(after)}


def _task(translator: Translator, told: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    before, after = told["before"], told["after"]
    if not isinstance(after, TaskContent):
        return "told.task_gone", {"text": _id(getattr(before, "text", ""))}
    if not isinstance(before, TaskContent):
        return "told.task_new", {"text": _id(after.text)}
    if before.state is not after.state:
        words = [translator.say(f"task_state.{one.state}") for one in (before, after)]
        return "told.task_state", {"text": _id(after.text), "before": words[0], "after": words[1]}
    return "told.task", {"text": _id(after.text)}


def _other(
    translator: Translator, entry: Entry, told: Mapping[str, Any], lang: Lang, beside: Mapping[str, str]
) -> tuple[str, dict[str, Any]]:
    match entry.act:
        case "case" | "alert":
            names = [reason.name for reason in reasons_of(told["detectors"], lang)]
            loss = told["score"] * told["parcels_a_day"]
            said = {"loss": loss, "score": told["score"], "reasons": translator.all_of(names)}
            return ("told.alert_loss" if loss else "told.alert"), said
        case "opened" | "unmasked" | "reads":
            return f"told.{entry.act}", {
                "accounts": translator.all_of(_called(translator, one, beside) for one in told["accounts"])
            }
        case "heard":
            whose = told["account"]
            return (
                ("told.heard", {})
                if whose is None
                else ("told.heard_of", {"account": _called(translator, whose, beside)})
            )
        case "verdict":
            code = "told.verdict_true" if told["true"] else "told.verdict_false"
            points = translator.all_of(translator.say(f"point.{point.value}") for point in told["lacking"])
            names = [_called(translator, one, beside) for one in told["accounts"]]
            said = {"accounts": translator.all_of(names), "points": points}
            return f"{code}_lacking" if points else f"{code}_of" if told["accounts"] else code, said
        case "proposed":
            verdict = translator.say("verdict.true" if told["true"] else "verdict.false")
            return f"told.proposed_{told['kind'].value}", _ids(told, "proposal") | {"verdict": verdict}
        case "answered":
            return "told.answered_yes" if told["yes"] else "told.answered_no", _ids(told, "proposal")
        case "mark":
            code, comment = _mark(told)
            return code, {"read": _id(told["read"]), "comment": _id(comment)}
        case "tag":
            return ("told.tag" if told["on"] else "told.tag_no"), {"tag": _id(told["tag"])}
        case "link":
            return ("told.link" if told["on"] else "told.link_no"), {"thing": _things(translator, told["things"])}
        case "file":
            return ("told.file" if told["on"] else "told.file_no"), {"name": _id(told["name"])}
        case "pack":
            return f"told.pack_{told['step']}", {"to": _id(told["to"]), "seal": _id(str(told["seal"])[:16])}
        case "merge":
            way = "into" if entry.case == told["case"] else "from"
            cases = {name: _matter(told[name]) for name in ("case", "into")}
            return f"told.merge_{way}" if told["on"] else f"told.unmerge_{way}", cases
        case "split":
            return "told.split", {"made": _matter(told["made"]), "things": _things(translator, told["things"])}
        case "promoted":
            return "told.promoted", {"item": _matter(told["item"])}
        case "item":
            codes = str(told["reason"]).split(", ")
            reason = _id(", ".join(_name_of(code, {}, lang) for code in codes))
            return "told.item", {"source": translator.say(f"source.{told['source']}"), "reason": reason}
        case _:
            return "told.undone", {}


def _mark(told: Mapping[str, Any]) -> tuple[str, str]:
    before, after = (told[name] or ReadMark(starred=False, comment="") for name in ("before", "after"))
    if before.comment != after.comment:
        return ("told.read_comment" if after.comment else "told.read_comment_no"), after.comment
    return ("told.read_star" if after.starred else "told.read_star_no"), ""


def _id(text: object) -> Markup:
    """A text of somebody: what hides in it is made visible, and nothing of it turns its surroundings."""
    return Markup("<bdi>{}</bdi>").format(visible(str(text or "")))


def _matter(id_: object) -> Markup:
    """A case, or something in the queue, as a link."""
    return Markup('<a href="{}">{}</a>').format(href_of("matter", str(id_)), visible(str(id_)))


def _ids(told: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: _id(told[name]) for name in names}


def _called(translator: Translator, account: str, beside: Mapping[str, str]) -> str:
    """An account, its pseudonym beside the name."""
    if account not in beside:
        return translator.id(account)
    return translator.say("case.called", name=translator.id(account), alias=translator.id(beside[account]))


def _things(translator: Translator, things: Sequence[tuple[str, str]]) -> str:
    named = [
        translator.say("thing.named", kind=translator.say(f"thing.{kind}"), name=translator.id(name))
        for kind, name in things
    ]
    return translator.all_of(named)


_MOST_PAIRS = 250_000
"""Pairs of lines that are compared; longer texts stand beside each other line by line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """A line of each text; None: that text has none here. same: both say it."""

    left: str | None
    right: str | None
    same: bool


def compare_texts(left: str, right: str) -> tuple[SideBySide, ...]:
    """Lines of two texts, those beside each other that belong together."""
    one, other = left.split("\n"), right.split("\n")
    if len(one) * len(other) > _MOST_PAIRS:
        return tuple(SideBySide(left=a, right=b, same=a == b) for a, b in zip_longest(one, other))
    return tuple(
        SideBySide(
            left=one[i + at] if i + at < j else None,
            right=other[k + at] if k + at < m else None,
            same=kind == "equal",
        )
        for kind, i, j, k, m in SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
        for at in range(max(j - i, m - k))
    )
