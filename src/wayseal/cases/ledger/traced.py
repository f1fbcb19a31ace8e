"""The trace that a case was opened from, as a part of its pack of evidence.

1. Accounts of the case stand under their ids, as everywhere in the pack; other sources under pseudonyms.
2. With the numbers as they were traced, the seed and the ledger of then anybody can trace again: the command is there.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wayseal.cases.evidence.types import PAYLOAD, Item, Title
from wayseal.model.messages import N_, Message, filled
from wayseal.model.times import iso, time_at
from wayseal.page import numbers
from wayseal.page.languages import LANGS, ByLanguage, known_lang
from wayseal.page.visible import visible
from wayseal.page.words import catalogue
from wayseal.trace import TraceResult, render
from wayseal.trace.report import render_parts

FOLDER = "trace"
NUMBERS = f"{FOLDER}/numbers.jsonl"
IN_PACK = N_("This case was opened from a trace, whose reports, numbers and seed are in the pack.")
NOT_IN_PACK = N_("This case was opened from a trace, whose run isn't kept where the pack was made.")
TEXTS = ByLanguage(
    {
        "title": N_("The trace that the case was opened from"),
        "answer": N_("Answer"),
        "saw": N_("Read before they were on sale"),
        "saw_value": N_("{saw:,} of {n:,} numbers; {expected} would be expected by chance"),
        "probability": N_("Probability"),
        "ratio": N_("Likelihood ratio"),
        "ratio_value": N_("{ratio}: so many times as likely are the records if the account is among the sources"),
        "alike": N_("Can't be told from"),
        "sold": N_("On sale"),
        "days": N_("{since} to {until}"),
        "basket": N_("Basket"),
        "basket_value": N_("{basket}, version {version:,}: {name}"),
        "run": N_("Run"),
        "run_value": N_("{run}, begun {at} by {who}, with Wayseal {wayseal}"),
        "seed": N_("Seed"),
        "ledger": N_("Ledger of then"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A run, its basket, and what came out.

    Attributes:
        run: Its id.
        at: When it was begun (µs).
        who: By whom.
        seed: Of all randomness.
        offset: Of times, such as +08:00.
        basket: Id of the basket.
        version: Of the basket.
        name: Of the basket.
        since: When the first of the numbers was seen (µs).
        until: When the last was.
        bought: Price and buyer, by number.
        leaks: The numbers as they were traced, byte for byte.
        result: What came out, sources under pseudonyms.
        ids: Ids of the sources, by pseudonym.
    """

    run: str
    at: int
    who: str
    seed: int
    offset: str
    basket: str
    version: int
    name: str
    since: int
    until: int
    bought: Mapping[str, tuple[str, str]]
    leaks: bytes
    result: TraceResult
    ids: Mapping[str, str]

    @property
    def command(self) -> str:
        """The command that gives the same result, in the pack's folder `data`."""
        return f"wayseal trace LEDGER --leaks {NUMBERS} --offset {self.offset} --seed {self.seed} --format json"

    def shown(self, name: Callable[[str], str]) -> "Traced":
        """The same under the names that may be shown (rule 1). name: of an account."""
        named = {alias: id_ for alias, id_ in self.ids.items() if name(id_) == id_}
        return replace(self, result=self.result.renamed(lambda alias, kind: named.get(alias, alias)))


def trace_items(traced: Traced) -> Iterator[Item]:
    """The reports, the numbers, and what basket and run they are of."""
    titles = {
        "zh": N_("Report of the trace, as a page (Chinese)"),
        "en": N_("Report of the trace, as a page (English)"),
    }
    result = traced.result
    for lang in LANGS:
        page = render(result, "html", lang).encode()
        yield _item(f"{FOLDER}/report.{lang}.html", titles[lang], page, "text/html")
    told = render(result, "json", "en").encode()
    yield _item(f"{FOLDER}/report.json", N_("Report of the trace, for programs"), told, "application/json")
    yield _item(NUMBERS, N_("The numbers as they were traced"), traced.leaks, "application/x-ndjson")
    made = json.dumps(settings_of(traced) | {"bought": _bought(traced)}, ensure_ascii=False, indent=1) + "\n"
    yield _item(f"{FOLDER}/basket.json", N_("The basket and the run"), made.encode(), "application/json")


def settings_of(traced: Traced) -> dict[str, object]:
    """What the result depends on, and who began it."""
    lead, result = traced.result.lead, traced.result
    return {
        "run": traced.run,
        "begun_at": iso(traced.at),
        "begun_by": traced.who,
        "basket": traced.basket,
        "version": traced.version,
        "name": traced.name,
        "seed": traced.seed,
        "command": traced.command,
        "wayseal": result.wayseal,
        "ledger_digest": result.ledger_digest,
        "numbers_digest": result.leaks_digest,
        "verdict": result.verdict.value,
        "saw": None if lead is None else lead.saw,
        "numbers": result.found,
        "expected": None if lead is None else round(lead.expected, 3),
        "probability": None if lead is None else lead.chance,
        "log10_likelihood_ratio": None if lead is None else round(lead.log10_lr, 3),
    }


def trace_section(traced: Traced, lang: str) -> dict[str, object]:
    """The same on paper: a title, and rows of name and value."""
    words, result, lead = TEXTS[lang], traced.result, traced.result.lead
    headline = render_parts(result, lang).headline
    rows = {"answer": headline.striptags() if hasattr(headline, "striptags") else headline}
    if lead is not None:
        ratio = numbers.ratio(lead.log10_lr, catalogue(known_lang(lang))["unit.scales"].split(","))
        expected = numbers.expected(lead.expected)
        rows["saw"] = filled(words["saw_value"], saw=lead.saw, n=result.found, expected=expected)
        rows["probability"] = numbers.percent(lead.chance)
        rows["ratio"] = filled(words["ratio_value"], ratio=ratio)
        others = [one for one in lead.set if one != lead.source]
        rows |= {"alike": ", ".join(map(visible, others))} if others else {}
    began = numbers.clock(time_at(traced.at))
    values = {"basket": traced.basket, "version": traced.version, "name": visible(traced.name)}
    rows["sold"] = filled(words["days"], since=_clock(traced.since), until=_clock(traced.until))
    rows["basket"] = filled(words["basket_value"], **values)
    rows["run"] = filled(words["run_value"], run=traced.run, at=began, who=visible(traced.who), wayseal=result.wayseal)
    rows["seed"] = str(traced.seed)
    rows["ledger"] = result.ledger_digest
    told = [[words[name], value] for name, value in rows.items()]
    return {"title": words["title"], "rows": told, "seed": traced.seed}


def _clock(us: int) -> str:
    return numbers.clock(time_at(us))


def _bought(traced: Traced) -> Sequence[Mapping[str, str]]:
    return [
        {"waybill": waybill, "price": price, "bought_by": by}
        for waybill, (price, by) in traced.bought.items()
        if price or by
    ]


def _item(path: str, title: str, content: bytes, kind: str) -> Item:
    return Item(path=f"{PAYLOAD}{path}", title=Title.of(Message(title)), content=content, format=kind)
