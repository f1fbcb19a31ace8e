"""The papers of a pack as data: what stands in them is decided here, how they look in `templates`.

1. A company never writes a record of extraction (提取笔录): that is for investigators. What it gives is a list of what
   it provides, a statement, and for data in electronic form a certificate on top. Blanks stay for the notice's number,
   the seal and the signatures.
2. What a paper says of the pack it computes from the pack.
"""

from collections.abc import Mapping, Sequence

from wayseal.cases.evidence._pack import payload_value
from wayseal.cases.evidence.types import (
    CaseFacts,
    LedgerFacts,
    Pack,
    PackHead,
    RecordedAct,
    Role,
    TakenItem,
)
from wayseal.cases.views import MarkedRead
from wayseal.model.messages import N_, filled
from wayseal.model.times import clock_name, micros, time_at
from wayseal.page import numbers
from wayseal.page.languages import ByLanguage, known_lang
from wayseal.page.visible import visible
from wayseal.page.words import Translator, times

HANDOVER_TEXTS = ByLanguage(
    {
        "certificate": N_("Certificate of electronic evidence"),
        "list": N_("List of electronic data provided"),
        "statement": N_("Statement on the electronic data"),
        "running": N_("Electronic data provided"),
        "certificate_note": N_("Goes with data that is provided in electronic form (法发〔2022〕23号, art. 14)"),
        "certificate_says": N_(
            "The unit states that the electronic data of this pack was exported from its own systems as the statement "
            "says, and that its integrity can be checked with the values above."
        ),
        "notice": N_("Number of the notice"),
        "authority": N_("Authority"),
        "unit": N_("Providing unit"),
        "case": N_("Case, by the unit's number"),
        "pack": N_("Pack"),
        "contents": N_("Electronic data"),
        "contents_value": N_("{items:,} items, {files:,} files, {size:,} bytes; see the list"),
        "period": N_("Made"),
        "made_value": N_("{at} ({zone}), by {who}"),
        "value_sha256": N_("Integrity value, SHA-256"),
        "value_sm3": N_("Integrity value, SM3"),
        "value_of": N_("Method of checking"),
        "value_how": N_(
            "The values are those of the files manifest-sha256.txt and manifest-sm3.txt, which list each file with its "
            "value. In the unpacked folder: sha256sum manifest-sha256.txt; sha256sum -c manifest-sha256.txt; "
            "find data ! -type d -o -empty | wc -l, which gives as many files as stated above. Or: "
            "wayseal evidence verify PACK.zip"
        ),
        "ledger": N_("Access ledger"),
        "ledger_signed": N_(
            "{origin}: {size:,} leaves, root {root}, signed by {keys}. {proofs:,} reads are proven to stand in it."
        ),
        "ledger_unsigned": N_("The ledger was not signed at this time; this pack holds no proofs of its reads."),
        "stamp": N_("Time stamp"),
        "stamp_how": N_("If there is one it lies beside the pack, in PACK.zip.tsr (RFC 3161)."),
        "provider": N_("Provided by (signature)"),
        "phone": N_("Telephone"),
        "position": N_("Position"),
        "date": N_("Date"),
        "investigator": N_("Investigator (signature)"),
        "seal_place": N_("Seal of the providing unit, or its electronic signature"),
        "list_note": N_(
            "Every file was hashed by the program when it was taken in. Sizes are in bytes; pieces of 4 KiB are hashed "
            "one by one in chunks.bin, so that a change can be located."
        ),
        "list_end": N_("End of the list; nothing follows."),
        "col_number": N_("No."),
        "col_name": N_("Name, file"),
        "col_kind": N_("Kind, format"),
        "col_size": N_("Bytes"),
        "col_value": N_("Integrity value"),
        "proofs_title": N_("Proofs that reads stand in the ledger, {count:,} files"),
        "proofs_note": N_("Value of each file: see manifest-sha256.txt and manifest-sm3.txt"),
        "made_by": N_("Made with Wayseal {wayseal}"),
        "source": N_("From: {source}"),
        "s_origin": N_("1. Where the data is from"),
        "s_origin_1": N_(
            "The reads are rows of the unit's own access logs, as they were taken into the access ledger of Wayseal; "
            "each names its source and row. The reports were made from them by the commands below. The ledger holds no "
            "names, phones or addresses of senders and recipients."
        ),
        "s_origin_2": N_("Ledger: digest {digest}, generation {generation:,}. Days looked at: {since} to {until}."),
        "s_method": N_("2. How it was extracted"),
        "s_method_1": N_(
            "On {at} ({zone}) {who} exported case {case} with Wayseal {wayseal}. Reason: {why}. The export was "
            "recorded in the casebook before anything was shown; its head then was {head}."
        ),
        "s_method_2": N_(
            "The same ledger and these commands give the same result; a command that uses random numbers names their "
            "seed:"
        ),
        "s_integrity": N_("3. How integrity is protected"),
        "s_integrity_1": N_(
            "Each file has its SHA-256 and SM3 in the manifests, and a SHA-256 of each 4 KiB in chunks.bin. Acts of "
            "custody are chained in custody.jsonl. All of it hangs on one value, the seal: the SHA-256 of "
            "tagmanifest-sha256.txt, which the program told at the export."
        ),
        "s_people": N_("4. Persons"),
        "s_people_1": N_(
            "Accounts of this case stand under their ids, since it was opened with the reason recorded; all others "
            "are left out or under pseudonyms. What the persons concerned said is in the pack; so far {heard:,} "
            "statements are recorded."
        ),
        "s_limits": N_("5. What it shows and what not"),
        "s_limits_1": N_(
            "The data shows which account read which waybill, when, and through what. It does not show which natural "
            "person sat at the account, and it does not show that a waybill was sold. What detection says is a lead "
            "for an investigation."
        ),
        "s_limits_2": N_(
            "The integrity values show that nothing was changed after the export. What stood in the ledger before that "
            "is proven by the signed checkpoint alone, for the reads whose proofs are in the pack."
        ),
        "s_remarks": N_("6. Remarks"),
    }
)
CASE_TEXTS = ByLanguage(
    {
        "running": N_("Report of a case"),
        "title": N_("Report of case {case}"),
        "headline": N_("{accounts:,} {accounts:account|accounts}, {waybills:,} waybills, probability {score}"),
        "lead": N_("A lead for an investigation, never a verdict: the person concerned can be heard at any time."),
        "heard": N_("What the person concerned said"),
        "not_heard": N_("Nobody has been heard so far."),
        "said": N_("{at}, written down by {who}"),
        "facts": N_("The case"),
        "f_case": N_("Case"),
        "f_state": N_("State"),
        "f_alerted": N_("Alerted"),
        "f_score": N_("Probability"),
        "f_days": N_("Days looked at"),
        "f_reads": N_("Reads in the list"),
        "f_waybills": N_("Distinct waybills"),
        "f_accounts": N_("Accounts"),
        "days_value": N_("{since} to {until}"),
        "f_verdict": N_("Verdict on {account}"),
        "verdict_true": N_("the reads were not work"),
        "verdict_false": N_("the reads were work"),
        "verdict_lacking": N_("the reads were not work; the hearing lacks: {points}"),
        "point_told": N_("telling what it is about"),
        "point_shared": N_("asking who else uses login and device"),
        "point_shown": N_("showing the reads"),
        "point_witnesses": N_("asking for witnesses and tickets"),
        "point_statement": N_("a statement taken down"),
        "people": N_("Accounts"),
        "account": N_("Account"),
        "role": N_("Role"),
        "place": N_("Place"),
        "strength": N_("Strength"),
        "reasons": N_("Reasons"),
        "count": N_("Count"),
        "peers": N_("Others (5 % to 95 %)"),
        "days": N_("Days", context="days"),
        "strength_value": N_("{word} (×{times})"),
        "weak": N_("weak"),
        "clear": N_("clear"),
        "strong": N_("strong"),
        "very_strong": N_("very strong"),
        "law": N_("Counts beside marks of the law"),
        "law_note": N_("{waybills:,} distinct waybills were read. 法释〔2017〕10号, art. 5, counts items so:"),
        "law_kind": N_("Kind of personal information"),
        "law_mark": N_("From"),
        "law_half": N_("Got at work: half"),
        "law_where": N_("whereabouts, content of communication, credit, property"),
        "law_trade": N_("lodging, communication records, health, trade"),
        "law_other": N_("other"),
        "law_lawyer": N_("Which kind it is, and whether anything was got or sold, is for the lawyer to say."),
        "acts": N_("What was done with the case"),
        "time": N_("Time ({zone})"),
        "what": N_("What"),
        "act_opened": N_("{who} opened the case and saw its names: {why}"),
        "act_unmasked": N_("{who} saw its names in a list: {why}"),
        "act_reads": N_("{who} looked at its reads: {why}"),
        "act_heard": N_("{who} heard the person concerned"),
        "act_verdict": N_("{who} gave a verdict: {why}"),
        "act_proposed": N_("{who} proposed what a second person answers: {why}"),
        "act_answered": N_("{who} answered a proposal: {why}"),
        "act_changed": N_("{who} changed it: {why}"),
        "act_note": N_("{who} wrote a note"),
        "act_task": N_("{who} set a task"),
        "act_mark": N_("{who} marked a read"),
        "act_tag": N_("{who} set a tag"),
        "act_link": N_("{who} linked it: {why}"),
        "act_file": N_("{who} named a file: {why}"),
        "act_pack": N_("{who} sealed, fetched or handed on a pack of evidence: {why}"),
        "act_merge": N_("{who} merged it: {why}"),
        "act_split": N_("{who} split it: {why}"),
        "act_undone": N_("{who} took an act back"),
        "act_promoted": N_("{who} made it a case: {why}"),
        "state_new": N_("new"),
        "state_opened": N_("opened"),
        "state_in_progress": N_("in progress"),
        "state_waiting": N_("waiting for somebody"),
        "state_reopened": N_("opened anew after it was closed"),
        "state_duplicate": N_("closed: known already"),
        "state_no_case": N_("closed: no case"),
        "state_merged": N_("gone into another case"),
        "state_true": N_("closed: the reads were not work"),
        "state_false": N_("closed: the reads were work, or it can't be said"),
        "made": N_("How this was made"),
        "m_wayseal": N_("Program"),
        "m_ledger": N_("Ledger"),
        "m_ledger_value": N_("digest {digest}, generation {generation:,}"),
        "m_seed": N_("Seeds"),
        "m_seed_value": N_("none: detection uses no random numbers"),
        "m_seed_trace": N_("{seed} for the trace; detection uses no random numbers"),
        "m_head": N_("Head of the casebook"),
        "m_checkpoint": N_("Checkpoint"),
        "marked": N_("Reads that people marked"),
        "marked_note": N_("Marked by those who worked on the case; the list below, or the ledger, has the reads."),
        "mark": N_("Mark"),
        "starred": N_("★ starred"),
        "by": N_("By whom"),
        "reads": N_("Reads", context="reads"),
        "reads_all": N_("All {count:,} reads that the reasons count, by time."),
        "reads_some": N_("The first {shown:,} of {count:,} reads, by time; all stand in reads.csv and reads.jsonl."),
        "reads_none": N_("No read could be listed."),
        "read": N_("Read"),
        "waybill": N_("Waybill"),
        "way": N_("Way"),
        "work": N_("Work near"),
    }
)


MOST_READS = 400
"""Reads that a paper lists; the files list all."""
MARKS = (("law_where", 50), ("law_trade", 500), ("law_other", 5000))
"""Numbers of items in 法释〔2017〕10号, art. 5; for what was got at work half of each counts."""


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
    score = numbers.percent(float(str(case["score"])) if case else facts.score)
    counts = {"accounts": len(facts.accounts), "waybills": facts.waybills, "score": score}
    note = "reads_none" if not reads else "reads_some" if len(reads) > MOST_READS else "reads_all"
    return {
        **_frame(head, lang, words),
        "title": filled(words["title"], case=visible(head.case)),
        "headline": filled(words["headline"], **counts),
        "heard": [
            {"said": filled(words["said"], at=clock(act.at), who=visible(act.who)), "statement": act.statement}
            for act in facts.acts
            if act.statement
        ],
        "facts": _case_rows(facts, words, score, lang),
        "traced": facts.traced.get(lang),
        "people": [_person(one, words, lang) for one in people],
        "reasons": [_reason(one, words, lang) for one in reasons],
        "law": [[words[name], f"{mark:,}", f"{mark // 2:,}"] for name, mark in MARKS],
        "acts": [_act(act, words) for act in facts.acts],
        "marked": [_marked(one, words) for one in facts.marked],
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


def _case_rows(facts: CaseFacts, words: Mapping[str, str], score: str, lang: str) -> list[list[str]]:
    days = filled(words["days_value"], since=facts.since, until=facts.until)
    rows = {
        "f_case": visible(facts.head.case),
        "f_state": words[f"state_{facts.state}"],
        "f_alerted": clock(facts.alerted_at),
        "f_score": score,
        "f_days": days,
        "f_accounts": ", ".join(map(visible, facts.accounts)),
        "f_reads": f"{len(next(iter(facts.reads.values()), ())):,}",
        "f_waybills": f"{facts.waybills:,}",
    }
    verdicts = [_verdict(one, words, lang) for one in facts.verdicts]
    return [[words[name], value] for name, value in rows.items()] + verdicts


def _verdict(one: tuple[str, bool, tuple[str, ...]], words: Mapping[str, str], lang: str) -> list[str]:
    account, true, lacking = one
    points = Translator(known_lang(lang)).all_of(words[f"point_{point}"] for point in lacking)
    said = "verdict_lacking" if lacking else f"verdict_{true}".lower()
    return [filled(words["f_verdict"], account=visible(account)), filled(words[said], points=points)]


def _strength(worth: object, one: Mapping[str, object], words: Mapping[str, str], lang: str) -> str:
    shown = times(float(str(worth)), known_lang(lang))
    return filled(words["strength_value"], word=words[str(one["strength"])], times=shown)


def _person(one: Mapping[str, object], words: Mapping[str, str], lang: str) -> list[str]:
    translator = Translator(known_lang(lang))
    texts = [translator.value(str(one[name] or "")) for name in ("actor", "role", "place")]
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


def _marked(one: MarkedRead, words: Mapping[str, str]) -> list[str]:
    said = " · ".join([words["starred"]] * one.mark.starred + [visible(one.mark.comment)] * bool(one.mark.comment))
    return [one.read, visible(one.waybill), said, filled(words["said"], at=clock(one.at), who=visible(one.who))]


def _made(facts: CaseFacts, words: Mapping[str, str], lang: str) -> list[list[str]]:
    ledger = facts.ledger
    rows = {
        "m_wayseal": f"Wayseal {facts.head.wayseal}",
        "m_ledger": filled(words["m_ledger_value"], digest=ledger.digest, generation=ledger.generation),
        "m_checkpoint": _ledger(ledger, HANDOVER_TEXTS[lang]),
        "m_head": facts.book_head,
        "m_seed": filled(words["m_seed_trace"], **facts.traced[lang]) if facts.traced else words["m_seed_value"],
    }
    return [[words[name], value] for name, value in rows.items()]


def _read(one: Mapping[str, str]) -> list[str]:
    way = " · ".join(visible(one[name]) for name in ("action", "via") if one[name])
    texts = [visible(one[name]) for name in ("waybill", "actor")]
    return [one["read"], clock(micros(one["at"])), *texts, way, visible(one["work"])]
