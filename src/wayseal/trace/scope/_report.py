"""A scope in words, as blocks that are shown as text or as a page.

The waybills to be told, as CSV, written while the ledger is walked over: millions are no problem.

Columns: waybill, first, last, reads, fields (joined by ";"), origin, destination (cities), basis (log, or
query for what a replayed query showed; those stand behind the others). Sorted by the ledger's key of the number,
which says nothing about it.
"""

import shlex
from codecs import BOM_UTF8
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger import Snapshot
from wayseal.model.arrays import Longs
from wayseal.model.kinds import SourceKind
from wayseal.model.times import clock_hours, day_name, iso, offset_text
from wayseal.page import Document, Report, Section, Table, numbers
from wayseal.page.charts import columns_chart
from wayseal.page.languages import known_lang
from wayseal.page.programs import dump_row
from wayseal.page.spreadsheet import csv_blocks
from wayseal.page.visible import shorten, visible
from wayseal.page.words import headings, words
from wayseal.trace.scope._holdings import FieldNames, FieldSets, Holdings, Places, Routes
from wayseal.trace.scope._result import NamedCount, ScopeResult

_DAY_S = 86_400
COLUMNS = ("waybill", "first_time", "last_time", "reads", "fields", "origin", "destination", "basis")


class Listing:
    """Writes to a binary file, which stays open, for readers of a language."""

    def __init__(self, out: IO[bytes], lang: str = "en") -> None:
        self._out = out
        self._values = words(known_lang(lang), "unit.values")
        (head,) = csv_blocks(headings(COLUMNS, known_lang(lang)), ())
        out.write(head.removeprefix(BOM_UTF8))

    def write(
        self,
        snapshot: Snapshot,
        holdings: Holdings,
        routes: Routes,
        places: Places,
        sets: FieldSets,
        names: FieldNames,
        by: str = "log",
    ) -> None:
        """Adds the waybills of a key range."""
        if not len(holdings.keys):
            return
        cities = pa.array(places.cities, pa.string())
        reads = None if holdings.reads is None else holdings.counts
        columns = [
            snapshot.texts("waybill", holdings.keys),
            _times(holdings.first),
            _times(holdings.last),
            pa.nulls(len(holdings.keys), pa.string()) if reads is None else pa.array(reads).cast(pa.string()),
            self._said(names.texts(sets.of_waybill)),
            cities.take(pa.array(routes.origin)),
            cities.take(pa.array(routes.destination)),
            pa.repeat(self._values[by], len(holdings.keys)),
        ]
        _, *pieces = csv_blocks(COLUMNS, [[column.fill_null("") for column in columns]])
        self._out.writelines(pieces)

    def _said(self, texts: pa.Array) -> pa.Array:
        coded = texts.dictionary_encode()
        named = [";".join(self._values.get(one, one) for one in t.split(";")) for t in coded.dictionary.to_pylist()]
        return pa.array(named, pa.string()).take(coded.indices)


def _times(us: Longs) -> pa.Array:
    """To the second, on the clock of people: 2026-03-02T08:00:00+08:00."""
    days, seconds = np.divmod(us // 1_000_000 + clock_hours() * 3600, _DAY_S)
    first = int(days.min())
    dates = np.datetime_as_string(np.arange(first, int(days.max()) + 1).astype("datetime64[D]"))
    date = pa.array(dates, pa.string()).take(pa.array(days - first))
    offset = offset_text(clock_hours())
    return pc.binary_join_element_wise(
        date, pc.binary_join_element_wise(_clock().take(pa.array(seconds)), offset, ""), "T"
    )


@cache
def _clock() -> pa.Array:
    """The seconds of a day as texts."""
    texts = np.datetime_as_string(np.arange(_DAY_S).astype("datetime64[s]"))
    return pa.array([text[11:] for text in texts.tolist()], pa.string())


TO_FILL_IN = ("causes", "possible_harm", "measures_taken", "advice_to_people", "contact")
"""Matters that article 57 of China's Personal Information Protection Law asks for and no ledger knows."""


def document(result: ScopeResult) -> dict[str, Any]:
    """The whole scope as JSON can hold it; times in UTC, days of UTC+8."""
    r = result
    reads = r.work.reason != "no_reads"
    return {
        "wayseal": r.wayseal,
        "inputs": {"ledger": r.ledger_digest},
        "source": {"id": r.source, "kind": r.kind.value, "role": r.role, "outlet": r.outlet},
        "period": {"from": _moment(r.since), "to": _moment(r.until)},
        "waybills": r.waybills,
        "reads": r.reads if reads else None,
        "first": _moment(r.first),
        "last": _moment(r.last),
        "days": [{"day": day_name(d), "waybills": n, "reads": m if reads else None} for d, n, m in r.days],
        "hours": list(r.hours),
        **{name: [dump_row(row) for row in getattr(r, name)] for name in ("routes", "actions", "vias", "fields")},
        "reads_without_fields": r.unsaid,
        "queries": r.queries,
        "by_query": dump_row(r.by_query),
        "work": dump_row(r.work),
        "authorities": {
            "waybills": r.waybills,
            "from": _moment(r.first),
            "to": _moment(r.last),
            "categories": [c.name for c in r.fields],
            "regions": [dump_row(region) for region in r.regions],
            "to_fill_in": list(TO_FILL_IN),
        },
        "missing_tables": list(r.missing),
    }


def _moment(us: int | None) -> str | None:
    return None if us is None else iso(us)


MOST_ROUTES = 20
MOST_DAYS = 62
_CELL = 40


class _ReportBuilder(Report[ScopeResult]):
    texts, area = __package__, "scope"

    def keys(self) -> Mapping[str, object]:
        return document(self.r)

    def document(self) -> Document:
        r = self.r
        source = self.translator.named(r.source, r.kind)
        none = "lede_asked" if r.queries else "lede_none"
        lede = none if r.first is None else "lede_reads" if r.reads else "lede_routes"
        sections = [self._days(), self._hours(), self._routes()] if r.waybills else []
        if r.reads:
            sections += [self._counted("action", r.actions), self._counted("via", r.vias), self._fields()]
        if r.waybills and r.work.reason != "no_reads":
            sections.append(self._work())
        if r.waybills:
            sections += [self._told(), self._authorities()]
        elif r.by_query.waybills:
            sections.append(self._told())
        if r.queries:
            sections.insert(0, Section(title=self.say("asked"), **self._asked()))
        if r.missing:
            tables = self.translator.all_values(r.missing)
            sections.append(Section(title=self.say("missing"), note=self.say("missing_note", tables=tables)))
        return Document(
            title=self.say("title"),
            headline=self.say(self._headline(), source=source, n=r.waybills),
            lede=(self.say(lede, reads=r.reads, first=moment(r.first), last=moment(r.last)),),
            facts=tuple(self._facts()),
            sections=tuple(sections),
            version=r.wayseal,
            origin=((self.say("digest"), self.translator.id(r.ledger_digest)),),
            command=self._command("html"),
            footer=self.say("footer"),
        )

    def _asked(self) -> dict[str, Any]:
        q, by = self.r.queries, self.r.by_query
        points = [self.say("asked_shown", n=by.waybills)]
        if by.uncertain:
            points.append(self.say("asked_soft", n=by.uncertain, expected=round(by.expected)))
        return {"note": self.say("asked_note", n=q), "points": tuple(points) if by.replayed else ()}

    def _headline(self) -> str:
        if not self.r.waybills:
            return "headline_asked" if self.r.queries else "headline_none"
        kinds = {SourceKind.CHANNEL: "headline_issued", SourceKind.OUTLET: "headline_passed"}
        kinds[SourceKind.REGION] = "headline_passed"
        return kinds.get(self.r.kind, "headline_reads")

    def _facts(self) -> list[tuple[str, str]]:
        r, say = self.r, self.say
        asked = say("period_all")
        if r.since is not None or r.until is not None:
            ends = [say("period_open") if t is None else numbers.clock(_time(t)) for t in (r.since, r.until)]
            asked = say("period_value", first=ends[0], last=ends[1])
        rows = [(say("waybills"), f"{r.waybills:,}")]
        if r.reads:
            rows.append((say("reads"), f"{r.reads:,}"))
        rows += [(say(k), numbers.clock(_time(t))) for k, t in (("first", r.first), ("last", r.last)) if t is not None]
        if about := self.translator.values(r.role, r.outlet):
            rows.append((say("account"), about))
        return [*rows, (say("period"), asked)]

    def _days(self) -> Section:
        rows = [(day_name(day), waybills, reads) for day, waybills, reads in self.r.days]
        columns = [(name[5:], waybills) for name, waybills, _ in rows]
        top = max(waybills for _, waybills, _ in rows)
        desc = self.say("days_desc", n=top)
        shown = rows[:MOST_DAYS]
        head = (self.say("day"), self.say("column"), *([self.say("reads")] if self.r.reads else []))
        cells = tuple((n, f"{w:,}", *([f"{m:,}"] if self.r.reads else [])) for n, w, m in shown)
        table = Table(head=head, rows=cells, numbers=frozenset({1, 2}), bars=tuple(w / top for _, w, _ in shown))
        chart = columns_chart("days", self.say("days"), desc, columns)
        fold = self.translator.say("ui.as_table")
        return Section(title=self.say("days"), note=self.say("days_note"), chart=chart, table=table, fold=fold)

    def _hours(self) -> Section:
        rows = [(f"{hour:02d}", n) for hour, n in enumerate(self.r.hours)]
        top = max(self.r.hours)
        chart = columns_chart("hours", self.say("hours"), self.say("hours_desc", n=top), rows)
        cells = tuple((hour, f"{n:,}") for hour, n in rows if n)
        bars = tuple(n / top for _, n in rows if n)
        table = Table(head=(self.say("hour"), self.say("count")), rows=cells, numbers=frozenset({1}), bars=bars)
        fold = self.translator.say("ui.as_table")
        return Section(title=self.say("hours"), note=self.say("hours_note"), chart=chart, table=table, fold=fold)

    def _routes(self) -> Section:
        r, say = self.r, self.say
        lacking = [self.translator.value(name) for name in ("waybills", "outlets") if name in r.missing]
        if lacking:
            return Section(title=say("routes"), note=say("routes_none", tables=self.translator.all_of(lacking)))
        shown, rest = r.routes[:MOST_ROUTES], r.routes[MOST_ROUTES:]
        head = (say("origin"), say("destination"), say("column"))
        rows = tuple((self._place(x.origin), self._place(x.destination), f"{x.waybills:,}") for x in shown)
        top = max(x.waybills for x in shown)
        table = Table(head=head, rows=rows, numbers=frozenset({2}), bars=tuple(x.waybills / top for x in shown))
        more = say("routes_more", n=len(rest), waybills=sum(x.waybills for x in rest))
        return Section(title=say("routes"), note=say("routes_note"), table=table, points=(more,) if rest else ())

    def _place(self, name: str | None) -> str:
        return self.say("unknown") if name is None else shorten(visible(name), _CELL)

    def _counted(self, what: str, counted: tuple[NamedCount, ...]) -> Section:
        rows = [(self.translator.value(c.name, "scope.action_none"), c) for c in counted]
        head = (self.say(what), self.say("column"), self.say("reads"))
        cells = tuple((name, f"{c.waybills:,}", f"{c.reads:,}") for name, c in rows)
        return Section(title=self.say(f"{what}s"), table=Table(head=head, rows=cells, numbers=frozenset({1, 2})))

    def _fields(self) -> Section:
        section = self._counted("field", self.r.fields)
        if not self.r.fields:
            return Section(title=section.title, note=self.say("fields_none"))
        unsaid = (self.say("fields_unsaid", n=self.r.unsaid),) if self.r.unsaid else ()
        return Section(title=section.title, note=self.say("fields_note"), table=section.table, points=unsaid)

    def _work(self) -> Section:
        work = self.r.work
        if work.reason:
            return Section(title=self.say("work"), note=self.say(f"work_{work.reason}"))
        all_ = max(work.checked, 1)
        points = [
            self.say("work_checked", n=work.checked),
            self.say("work_passed", n=work.passed, share=work.passed / all_),
            *([self.say("work_ticket", n=work.ticket)] if work.ticket else []),
            *([self.say("work_assigned", n=work.assigned)] if work.assigned else []),
            self.say("work_left", n=work.unexplained, share=work.unexplained / all_),
            *([self.say("work_unknown", n=work.unknown)] if work.unknown else []),
        ]
        return Section(title=self.say("work"), note=self.say("work_note"), points=tuple(points))

    def _told(self) -> Section:
        return Section(title=self.say("told"), note=self.say("told_note"), points=(self._command("csv"),))

    def _authorities(self) -> Section:
        r, say = self.r, self.say
        names = self.translator.all_values(c.name for c in r.fields)
        categories = (
            "auth_categories_none" if not r.fields else "auth_categories_some" if r.unsaid else "auth_categories"
        )
        regions = [x for x in r.regions if x.name]
        points = [
            say("auth_waybills", n=r.waybills),
            say("auth_period", first=moment(r.first), last=moment(r.last)),
            say(categories, list=names, n=r.unsaid),
            *(
                say("auth_region", name=shorten(visible(x.name), _CELL), sent=x.sent, received=x.received)
                for x in regions
            ),
            *([] if regions else [say("auth_regions_none")]),
            *(say(f"auth_{key}") for key in ("article", "kinds", "measures", "contact")),
        ]
        return Section(title=say("authorities"), note=say("authorities_note"), points=tuple(points))

    def _command(self, form: str) -> str:
        """The command that makes this report, or the list, again."""
        r = self.r
        words = ["wayseal", "scope", "LEDGER", "--source", visible(r.source), "--kind", r.kind.value]
        for option, t in (("--from", r.since), ("--to", r.until)):
            words += [] if t is None else [option, _time(t).isoformat()]
        return shlex.join([*words, "--format", form, "--out", {"csv": "list.csv"}.get(form, "scope.html")])


render_scope = _ReportBuilder.render


def _time(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1_000_000, UTC)


def moment(us: int | None) -> str:
    """Microseconds since 1970 as ISO 8601 in UTC; "" for none."""
    return "" if us is None else _time(us).isoformat()
