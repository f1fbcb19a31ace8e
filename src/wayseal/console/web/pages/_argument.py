"""The case that argues: what each account did in one sentence, how strong that is, and what would refute it.

1. Accounts are called by their pseudonyms; beside them stands the name where a look on record shows it (`_casework`).
2. All numbers come of what was laid out of the case; what isn't laid out is not argued with.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from wayseal.cases.types import ObservableKind
from wayseal.cases.views import Dossier, ObservableRow, UnmaskingOnRecord
from wayseal.console.reading import count_parcels, weigh
from wayseal.console.web._ask import Ask, alias_of
from wayseal.console.web._reads_view import Called, call
from wayseal.console.web._render import translator_of
from wayseal.console.web.pages._casework import look_at
from wayseal.detect.report import ReasonTeller
from wayseal.detect.timeline import CaseTimeline, TimelinePerson
from wayseal.page.charts import strength_chart
from wayseal.page.words import Translator, catalogue

_DETECTION = "wayseal.detect.report"
_LN10 = math.log(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An account of a case. place: among those of its timeline; sentences: what it did, with numbers."""

    place: int
    called: Called
    sentences: Sequence[str]


def teller_of(ask: Ask, timeline: CaseTimeline) -> ReasonTeller:
    """Says why accounts of a case stand out, on a page."""
    translator = Translator(ask.lang, html=True, more=catalogue(ask.lang, _DETECTION))
    return ReasonTeller(translator, timeline.head.offset)


def people_of(ask: Ask, case: str) -> tuple[Called, ...]:
    """The accounts of a case as it was laid out."""
    timeline, look, alias = _timeline(ask, case), look_at(ask, case), alias_of(ask)
    shown = frozenset() if look is None else look.accounts
    people = () if timeline is None else timeline.head.people
    return tuple(call(one, alias(one.about.actor), named=one.about.actor in shown) for one in people)


def named_by(ask: Ask, look: UnmaskingOnRecord | None) -> Mapping[str, str]:
    """Pseudonyms of the accounts that a look shows, by their names."""
    return {} if look is None else {actor: alias_of(ask)(actor) for actor in look.accounts}


def beside(things: Sequence[ObservableRow]) -> Mapping[str, str]:
    """Pseudonyms of the accounts that are named among the things of a case, by their names."""
    return {one.name: one.alias for one in things if one.kind is ObservableKind.ACCOUNT and not one.hidden}


def argument_of(ask: Ask, dossier: Dossier) -> dict[str, Any]:
    """Return what the page of a case says on top (rules 1 and 2); nothing where the case isn't laid out."""
    timeline = _timeline(ask, dossier.row.id)
    there = {one.alias: one for one in dossier.things if one.kind is ObservableKind.ACCOUNT}
    if timeline is None:
        return {"claims": (), "chosen": None, "scale": None, "about": {}}  # nothing is laid out
    alias, teller = alias_of(ask), teller_of(ask, timeline)
    people = [(place, one, alias(one.about.actor)) for place, one in enumerate(timeline.head.people)]
    numbers = frozenset(one.name for one in dossier.things if one.kind is ObservableKind.NUMBER)
    claims = []
    for place, person, called in people:
        if called in there:  # who left the case isn't argued about
            whose = call(person, called, named=not there[called].hidden)
            claims.append(Claim(place=place, called=whose, sentences=_sentences(ask, timeline, place, whose, numbers)))
    wanted = ask.number("account")
    chosen = next((one for one in claims if wanted is not None and one.place == wanted - 1), None)
    chosen = chosen or (claims[0] if claims else None)
    return {
        "claims": claims,
        "about": {one.called.alias: one.called for one in claims},
        "chosen": None if chosen is None else {"claim": chosen, **_refutation(timeline, chosen.place, teller)},
        "links": [f"/cases/{dossier.row.id}?account={one.place + 1}#refute" for one in claims],
        "asked_account": wanted is not None,
        "scale": draw_strength(ask, teller, [(one.called.shown, timeline.head.people[one.place]) for one in claims]),
    }


def draw_strength(ask: Ask, teller: ReasonTeller, people: Sequence[tuple[str, TimelinePerson]]) -> Markup | None:
    """The evidence against accounts on one scale; None where detection gives none."""
    say = translator_of(ask.lang, html=False).say
    bands, top = teller.bands(), max((one.about.evidence for _, one in people), default=0.0)
    while bands[-1][0] + 2 * _LN10 < top < math.inf:
        bands.append((bands[-1][0] + 2 * _LN10, ""))
    shown = [(least, word, say("unit.times", nats=round(least / _LN10) * _LN10)) for least, word in bands]
    rows = [
        (called, one.about.evidence, told_strength(ask, teller, one.about.evidence))
        for called, one in people
        if one.about.reasons
    ]
    return strength_chart("strength", say("case.strength"), say("case.strength_desc"), rows, shown)


def told_strength(ask: Ask, teller: ReasonTeller, nats: float) -> str:
    """How strong evidence is, in a word and as a factor."""
    return translator_of(ask.lang).say("case.strength_told", word=teller.strength(nats), nats=nats)


def _sentences(ask: Ask, timeline: CaseTimeline, place: int, called: Called, numbers: frozenset[str]) -> Sequence[str]:
    """Say what an account did: its strongest reason beside others, and how many of the case's numbers it read."""
    about = replace(timeline.head.people[place].about, actor=called.shown)
    told = [teller_of(ask, timeline).claim(about.reasons[0], about)] if about.reasons else []
    if told and not numbers:
        return told
    translator, counted = translator_of(ask.lang), count_parcels(timeline, place, numbers)
    values = {"id": translator.id(called.shown), "parcels": counted.parcels, "odd": counted.odd}
    told += [] if told else [translator.say("case.claim_reads", **values)]
    if counted.named:
        told.append(translator.say("case.claim_numbers", n=counted.named, of=len(numbers)))
    return told


def _refutation(timeline: CaseTimeline, place: int, teller: ReasonTeller) -> dict[str, Any]:
    """Return which work would explain an account's reads, what to ask, and which explanations were weighed."""
    names = [one.detector for one in timeline.head.people[place].about.reasons]
    return {
        "records": [(teller.translator.say(f"detector.{name}"), teller.say(f"refute_{name}")) for name in names],
        "questions": list(dict.fromkeys(teller.say(f"ask_{name}") for name in names)),
        "weighed": weigh(timeline, place),
        "missing": timeline.head.missing,
    }


def _timeline(ask: Ask, case: str) -> CaseTimeline | None:
    return None if ask.site.reading is None else ask.site.reading.timeline(case)
