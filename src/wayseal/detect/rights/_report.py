"""Rights against use in words, as blocks that are shown as text or as a page."""

import shlex
from collections.abc import Mapping

from wayseal.detect.rights._json import document as json_document
from wayseal.detect.rights._result import RightsResult
from wayseal.detect.rights._sections import RightsSections
from wayseal.model.times import day_name
from wayseal.page import Document, Section


class _ReportBuilder(RightsSections):
    def keys(self) -> Mapping[str, object]:
        return json_document(self.r)

    def document(self) -> Document:
        r, say = self.r, self.say
        sections = [] if r.period is None else self.sections()
        if r.not_judged:
            points = tuple(say(f"lacks_{name.replace('.', '_')}") for name in r.not_judged)
            sections.append(Section(title=say("lacks"), note=say("lacks_note"), points=points))
        unused = sum(right.unused for role in r.roles for right in role.rights)
        known = r.period is not None
        return Document(
            title=say("title"),
            headline=say("headline", rights=unused, accounts=len(noted(r))) if known else say("headline_none"),
            lede=(self._lede(),),
            facts=tuple(self._facts()),
            sections=tuple(sections),
            version=r.wayseal,
            origin=((say("digest"), self.voice.id(r.ledger_digest)),),
            command=shlex.join(
                ["wayseal", "rights", "LEDGER", "--days", str(r.days), "--format", "html", "--out", "rights.html"]
            ),
            footer=say("footer"),
        )

    def _lede(self) -> str:
        period = self.r.period
        if period is None:
            return self.say("lede_none")
        return self.say("lede_whole" if period.whole else "lede_short", days=period.asked, covered=period.covered)

    def _facts(self) -> list[tuple[str, str]]:
        r, period = self.r, self.r.period
        if period is None:
            return []
        first, last = day_name(period.first), day_name(period.last)
        rows = [
            ("period", self.say("period_value", first=first, last=last, n=period.covered)),
            ("accounts", f"{r.accounts:,}"),
            ("reads", f"{r.reads:,}"),
        ]
        if period.silent:
            rows.append(("silent", f"{period.silent:,}"))
        return [(self.say(key), value) for key, value in rows]


render_rights = _ReportBuilder.render


def noted(r: RightsResult) -> frozenset[str]:
    """Accounts that a list about single accounts names, but those whose rights are merely unused."""
    found = {d.actor for d in r.dormant} | {w.actor for w in r.wider} | {s.actor for s in r.shared}
    found |= {u.actor for u in r.untrained} | {m.actor for m in r.mandates if m.needless}
    return frozenset(found)
