"""Rights against use in words, as blocks that are shown as text or as a page."""

import shlex

from wayseal.detect.rights._json import document as json_document
from wayseal.detect.rights._result import RightsResult
from wayseal.detect.rights._sections import RightsSections
from wayseal.model.times import day_name
from wayseal.page import Document, Section, render_blocks
from wayseal.page.words import Voice


def render_rights(result: RightsResult, format: str, lang: str, *, color: bool = False, width: int = 88) -> str:  # noqa: A002
    """The report as "text", "json" or "html". ValueError for another format or language. color, width: for text."""
    return render_blocks(
        lambda voice: _document(result, voice),
        lambda _: json_document(result),
        __package__,
        format,
        lang,
        color=color,
        width=width,
    )


def _document(r: RightsResult, voice: Voice) -> Document:
    def say(key: str, **values: object) -> str:
        return voice.say(f"rights.{key}", **values)

    lists = RightsSections(r, voice)
    sections = [] if r.period is None else lists.sections()
    if r.not_judged:
        points = tuple(say(f"lacks_{name.replace('.', '_')}") for name in r.not_judged)
        sections.append(Section(title=say("lacks"), note=say("lacks_note"), points=points))
    unused = sum(right.unused for role in r.roles for right in role.rights)
    return Document(
        title=say("title"),
        headline=say("headline_none") if r.period is None else say("headline", rights=unused, accounts=len(noted(r))),
        lede=(_lede(r, voice),),
        facts=tuple(_facts(r, voice)),
        sections=tuple(sections),
        version=r.wayseal,
        origin=((say("digest"), voice.id(r.ledger_digest)),),
        command=shlex.join(
            ["wayseal", "rights", "LEDGER", "--days", str(r.days), "--format", "html", "--out", "rights.html"]
        ),
        footer=say("footer"),
    )


def noted(r: RightsResult) -> frozenset[str]:
    """Accounts that a list about single accounts names, but those whose rights are merely unused."""
    found = {d.actor for d in r.dormant} | {w.actor for w in r.wider} | {s.actor for s in r.shared}
    found |= {u.actor for u in r.untrained} | {m.actor for m in r.mandates if m.needless}
    return frozenset(found)


def _lede(r: RightsResult, voice: Voice) -> str:
    if r.period is None:
        return voice.say("rights.lede_none")
    key = "lede_whole" if r.period.whole else "lede_short"
    return voice.say(f"rights.{key}", days=r.period.asked, covered=r.period.covered)


def _facts(r: RightsResult, voice: Voice) -> list[tuple[str, str]]:
    if r.period is None:
        return []
    first, last = day_name(r.period.first), day_name(r.period.last)
    rows = [
        ("period", voice.say("rights.period_value", first=first, last=last, n=r.period.covered)),
        ("accounts", f"{r.accounts:,}"),
        ("reads", f"{r.reads:,}"),
    ]
    if r.period.silent:
        rows.append(("silent", f"{r.period.silent:,}"))
    return [(voice.say(f"rights.{key}"), value) for key, value in rows]
