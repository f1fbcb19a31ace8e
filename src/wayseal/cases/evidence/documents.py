"""The papers of a pack as data: what stands in them is decided here, how they look in `templates`.

1. A company never writes a record of extraction (提取笔录): that is for investigators. What it gives is a list of what
   it provides, a statement, and for data in electronic form a certificate on top. Blanks stay for the notice's number,
   the seal and the signatures.
2. What a paper says of the pack it computes from the pack.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wayseal.cases.evidence._pack import payload_value
from wayseal.cases.evidence._words import CASE_TEXTS, HANDOVER_TEXTS
from wayseal.cases.evidence.types import Pack, PackHead, Role, TakenItem
from wayseal.model.messages import filled
from wayseal.model.times import clock_name, micros, time_at
from wayseal.page import numbers
from wayseal.page.languages import known_lang
from wayseal.page.visible import visible
from wayseal.page.words import Voice, times

MOST_READS = 400
"""Reads that a paper lists; the files list all."""
MARKS = (("law_where", 50), ("law_trade", 500), ("law_other", 5000))
"""Numbers of items in 法释〔2017〕10号, art. 5; for what was got at work half of each counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFacts:
    """What is known of the ledger. origin "" and keys (): it was not signed."""

    digest: str
    generation: int
    origin: str = ""
    root: str = ""
    size: int = 0
    keys: tuple[str, ...] = ()
    proofs: int = 0

    @property
    def signed(self) -> bool:
        """Whether a checkpoint was given."""
        return bool(self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAct:
    """An act on the case. kind: as the casebook calls it; statement: what was said, of an act of hearing."""

    kind: str
    at: int
    who: str
    why: str = ""
    statement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What a pack is about.

    Attributes:
        head: The pack's head.
        state: How the case stands.
        alerted_at: When it was alerted.
        accounts: Its accounts, under the names that may be shown.
        since: First day looked at.
        until: Last day looked at.
        ledger: What is known of the ledger.
        book_head: Head of the casebook after the export was recorded.
        acts: What was done with the case.
        found: Detection's JSON of the case, by language; empty where detection doesn't find it any more.
        reads: By language the columns `read`, `at`, `waybill`, `actor`, `action`, `via` and `work` of each read.
        waybills: How many distinct ones were read.
        commands: What makes the reports again.
    """

    head: PackHead
    state: str
    alerted_at: int
    accounts: tuple[str, ...]
    since: str
    until: str
    ledger: LedgerFacts
    book_head: str
    acts: tuple[RecordedAct, ...]
    found: Mapping[str, Mapping[str, object]]
    reads: Mapping[str, Sequence[Mapping[str, str]]]
    waybills: int
    commands: tuple[str, ...]


def clock(us: int) -> str:
    """A moment as papers show it."""
    return numbers.clock(time_at(us), seconds=True)


def handover_document(pack: Pack, facts: CaseFacts, lang: str) -> dict[str, object]:
    """Certificate, list and statement (rule 1)."""
    head, words = pack.head, HANDOVER_TEXTS[lang]
    size = sum(one.print.size for one in pack.items)
    listed = [one for one in pack.items if one.item.role is not Role.PROOF]
    proofs = [one for one in pack.items if one.item.role is Role.PROOF]
    rows = [_listed(one, lang) for one in listed] + ([_proofs_row(proofs, words)] if proofs else [])
    return {
        **_frame(head, lang, words),
        "unit": visible(head.unit) if head.unit else "",
        "case": visible(head.case),
        "contents": filled(words["contents_value"], items=len(rows), files=len(pack.items), size=size),
        "made_at": filled(words["made_value"], at=clock(head.at), who=visible(head.who)),
        "value_sha256": payload_value(pack.items),
        "value_sm3": payload_value(pack.items, "sm3"),
        "ledger": _ledger(facts.ledger, words),
        "items": rows,
        "statement": _statement(pack, facts, words, lang),
    }


def _frame(head: PackHead, lang: str, words: Mapping[str, str]) -> dict[str, object]:
    texts = {name: words[name] for name in words}
    by = filled(HANDOVER_TEXTS[lang]["made_by"], wayseal=head.wayseal)
    return {"words": texts, "lang": lang, "author": visible(head.unit or head.who), "number": head.name, "made_by": by}


def _listed(one: TakenItem, lang: str) -> dict[str, object]:
    item = one.item
    return {
        "title": item.title.zh if lang == "zh" else item.title.en,
        "path": item.path,
        "source": filled(HANDOVER_TEXTS[lang]["source"], source=visible(item.source)) if item.source else "",
        "format": item.format,
        "size": f"{one.print.size:,}",
        "sha256": one.print.sha256,
        "sm3": one.print.sm3,
        "note": "",
    }


def _proofs_row(proofs: Sequence[TakenItem], words: Mapping[str, str]) -> dict[str, object]:
    return {
        "title": filled(words["proofs_title"], count=len(proofs)),
        "path": proofs[0].item.path.rpartition("/")[0] + "/",
        "source": "",
        "format": proofs[0].item.format,
        "size": f"{sum(one.print.size for one in proofs):,}",
        "sha256": "",
        "sm3": "",
        "note": words["proofs_note"],
    }


def _ledger(ledger: LedgerFacts, words: Mapping[str, str]) -> str:
    if not ledger.signed:
        return words["ledger_unsigned"]
    keys = ", ".join(map(visible, ledger.keys))
    values = {"origin": visible(ledger.origin), "size": ledger.size, "root": ledger.root, "proofs": ledger.proofs}
    return filled(words["ledger_signed"], keys=keys, **values)


def _statement(pack: Pack, facts: CaseFacts, words: Mapping[str, str], lang: str) -> list[dict[str, object]]:
    head, ledger = pack.head, facts.ledger
    values = {
        "digest": ledger.digest,
        "generation": ledger.generation,
        "since": facts.since,
        "until": facts.until,
        "at": clock(head.at),
        "who": visible(head.who),
        "why": visible(head.why),
        "case": visible(head.case),
        "wayseal": head.wayseal,
        "head": facts.book_head,
        "heard": sum(1 for act in facts.acts if act.statement),
    }
    lines = {
        "s_origin": ("s_origin_1", "s_origin_2"),
        "s_method": ("s_method_1", "s_method_2"),
        "s_integrity": ("s_integrity_1",),
        "s_people": ("s_people_1",),
        "s_limits": ("s_limits_1", "s_limits_2"),
    }
    parts: list[dict[str, object]] = [
        {"title": words[title], "lines": [filled(words[line], **values) for line in some], "commands": []}
        for title, some in lines.items()
    ]
    parts[1]["commands"] = [*facts.commands, head.command]
    parts[2]["lines"] = [filled(words["s_integrity_1"], **values), _ledger(ledger, words)]
    remarks = [one.zh if lang == "zh" else one.en for one in head.remarks]
    return parts + ([{"title": words["s_remarks"], "lines": remarks, "commands": []}] if remarks else [])


def case_document(facts: CaseFacts, lang: str) -> dict[str, object]:
    """The report of a case on paper."""
    head, words = facts.head, CASE_TEXTS[lang]
    case = _found_case(facts, lang)
    people, reasons = _list_of(case, "people"), _list_of(case, "reasons")
    reads = facts.reads[lang]
    score = numbers.percent(float(str(case["score"]))) if case else ""
    counts = {"accounts": len(facts.accounts), "waybills": facts.waybills, "score": score}
    note = "reads_none" if not reads else "reads_some" if len(reads) > MOST_READS else "reads_all"
    return {
        **_frame(head, lang, words),
        "title": filled(words["title"], case=visible(head.case)),
        "headline": filled(words["headline" if case else "headline_none"], **counts),
        "heard": [
            {"said": filled(words["said"], at=clock(act.at), who=visible(act.who)), "statement": act.statement}
            for act in facts.acts
            if act.statement
        ],
        "facts": _case_rows(facts, words, score),
        "people": [_person(one, words, lang) for one in people],
        "reasons": [_reason(one, words, lang) for one in reasons],
        "law": [[words[name], f"{mark:,}", f"{mark // 2:,}"] for name, mark in MARKS],
        "acts": [_act(act, words) for act in facts.acts],
        "made": _made(facts, words, lang),
        "commands": list(facts.commands),
        "reads_note": filled(words[note], count=len(reads), shown=min(MOST_READS, len(reads))),
        "reads": [_read(one) for one in reads[:MOST_READS]],
        "words": {
            **words,
            "law_note": filled(words["law_note"], waybills=facts.waybills),
            "time": filled(words["time"], zone=clock_name()),
        },
    }


def _found_case(facts: CaseFacts, lang: str) -> Mapping[str, object]:
    cases = facts.found.get(lang, {}).get("cases", [])
    return cases[0] if isinstance(cases, list) and cases else {}


def _list_of(found: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    value = found.get(name, [])
    return value if isinstance(value, list) else []


def _case_rows(facts: CaseFacts, words: Mapping[str, str], score: str) -> list[list[str]]:
    days = filled(words["days_value"], since=facts.since, until=facts.until)
    rows = {
        "f_case": visible(facts.head.case),
        "f_state": words[f"state_{facts.state}"],
        "f_alerted": clock(facts.alerted_at),
        "f_score": score or words["score_none"],
        "f_days": days,
        "f_accounts": ", ".join(map(visible, facts.accounts)),
        "f_reads": f"{len(next(iter(facts.reads.values()), ())):,}",
        "f_waybills": f"{facts.waybills:,}",
    }
    return [[words[name], value] for name, value in rows.items()]


def _strength(worth: object, one: Mapping[str, object], words: Mapping[str, str], lang: str) -> str:
    shown = times(float(str(worth)), known_lang(lang))
    return filled(words["strength_value"], word=words[str(one["strength"])], times=shown)


def _person(one: Mapping[str, object], words: Mapping[str, str], lang: str) -> list[str]:
    voice = Voice(known_lang(lang))
    texts = [voice.value(str(one[name] or "")) for name in ("actor", "role", "place")]
    return [*texts, _strength(one["evidence"], one, words, lang)]


def _reason(one: Mapping[str, object], words: Mapping[str, str], lang: str) -> dict[str, object]:
    low, high = one["peers"] if isinstance(one["peers"], list) else (0, 0)
    days = [clock(micros(str(one[name])))[:10] for name in ("from", "to")]
    cells = [f"{one['value']:,}", f"{low:,} – {high:,}", _strength(one["weight"], one, words, lang)]
    return {
        "title": visible(str(one["title"])),
        "text": visible(str(one["text"])),
        "cells": [*cells, filled(words["days_value"], since=days[0], until=days[1])],
    }


def _act(act: RecordedAct, words: Mapping[str, str]) -> list[str]:
    said = filled(words[f"act_{act.kind}"], who=visible(act.who), why=visible(act.why))
    return [clock(act.at), said]


def _made(facts: CaseFacts, words: Mapping[str, str], lang: str) -> list[list[str]]:
    ledger = facts.ledger
    rows = {
        "m_wayseal": f"Wayseal {facts.head.wayseal}",
        "m_ledger": filled(words["m_ledger_value"], digest=ledger.digest, generation=ledger.generation),
        "m_checkpoint": _ledger(ledger, HANDOVER_TEXTS[lang]),
        "m_head": facts.book_head,
        "m_seed": words["m_seed_value"],
    }
    return [[words[name], value] for name, value in rows.items()]


def _read(one: Mapping[str, str]) -> list[str]:
    way = " · ".join(visible(one[name]) for name in ("action", "via") if one[name])
    texts = [visible(one[name]) for name in ("waybill", "actor")]
    return [one["read"], clock(micros(one["at"])), *texts, way, visible(one["work"])]
