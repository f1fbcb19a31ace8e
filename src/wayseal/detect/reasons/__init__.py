"""Reasons: why a read was work or was not."""

import shlex
from collections.abc import Iterator, Mapping
from datetime import timedelta

from wayseal.detect._odd_reads import ReadFilter
from wayseal.detect.reasons._judge import Outcome
from wayseal.detect.reasons._pair import (
    TABLES,
    JudgedRead,
    PairResult,
    TemplateStep,
    about,
    explain_pair,
    read_world,
)
from wayseal.detect.reasons._pair import document as json_document
from wayseal.detect.reasons._reads import ListedRead, ReadsResult, list_case_reads, list_waybill_reads
from wayseal.detect.reasons._world import Account, Post, World, is_work
from wayseal.model.kinds import Scope
from wayseal.model.times import EPOCH, HOUR_US, day_name, iso, stamp
from wayseal.page import Document, Report, Section, Table, numbers
from wayseal.page.languages import known_lang
from wayseal.page.programs import dump_row
from wayseal.page.spreadsheet import csv_lines
from wayseal.page.visible import visible
from wayseal.page.words import AreaTranslator, Translator, catalogue, headings

__all__ = [
    "READ_COLUMNS",
    "TABLES",
    "Account",
    "GroundWording",
    "JudgedRead",
    "ListedRead",
    "PairResult",
    "Post",
    "ReadFilter",
    "ReadsResult",
    "TemplateStep",
    "World",
    "explain_pair",
    "is_work",
    "list_case_reads",
    "list_rows",
    "list_waybill_reads",
    "read_world",
    "render_pair",
    "render_reads",
]  # fmt: skip


_GATES = {Outcome.ROLE: "role", Outcome.KIND: "kind", Outcome.RIGHT: "right", Outcome.ACTION: "action"}
_GATES[Outcome.COMMON] = "common"
_TIMES = {"at", "issued", "opened", "closed"}


class GroundWording(AreaTranslator):
    """Says the ground on which a template explains a read, or doesn't."""

    area = "explain"

    def why(self, step: TemplateStep) -> str:
        """A sentence or two."""
        if step.how in _GATES:
            wanted = self.translator.joined(map(self.translator.value, _texts(step, "wanted")), " / ")
            has = self.translator.value(str(step.values.get("has") or ""), "explain.gate_none")
            return self.say(f"gate_{_GATES[step.how]}", wanted=wanted, has=has)
        if step.how is Outcome.NOTHING:
            return self.say(f"nothing_{step.template.by}")
        if step.how is not Outcome.OTHER:
            return self.say(f"{step.what}_{step.how}", **self.values(step)) + self.since_when(step)
        bare = "instead" in step.values and not step.values["instead"]
        how = "own" if step.values.get("own") == "yes" else "nowhere" if bare else "other"
        return self.say(f"{step.what}_{how}", **self.values(step))

    def since_when(self, step: TemplateStep) -> str:
        """From when to when the account has the post that a ground needs, where that has bounds."""
        if step.how is Outcome.POST or step.post is None or step.post.since is None:
            return ""
        code = "assigned_then" if step.post.scope is Scope.OUTLET else "held_then"
        return self.translator.say("unit.gap") + self.say(code, span=self.span(step.post))

    def values(self, step: TemplateStep) -> dict[str, object]:
        """The values of a step as texts and hours."""
        out: dict[str, object] = {}
        for name, value in step.values.items():
            if name in _TIMES and isinstance(value, int):
                out[name] = iso(value)
            elif isinstance(value, int):
                out[name] = value / HOUR_US
            elif isinstance(value, str):
                out[name] = self.translator.id(value)
        out["instead"] = self.translator.all_of(self.translator.id(text) for text in _texts(step, "instead"))
        out |= {name: self.shown(_texts(step, name), "nobody") for name in ("theirs", "ours")}
        end = "closed" if "closed" in step.values else "still"
        out["open"] = self.say(f"{'over' if step.how is Outcome.LATE else 'open'}_{end}", **out)
        out["span"] = "" if step.post is None else self.span(step.post)
        return out

    def span(self, post: Post) -> str:
        """From when to when it is held; "" without bounds."""
        since = iso(post.since) if post.since is not None else ""
        if not since:
            return ""
        if post.until is None:
            return self.say("until_open", since=since)
        return self.say("until", since=since, until=iso(post.until))

    def shown(self, texts: tuple[str, ...], none: str) -> str:
        """Texts beside each other; a text of the area where there are none."""
        return self.translator.values(*texts) if texts else self.say(none)


def _texts(step: TemplateStep, name: str) -> tuple[str, ...]:
    found = step.values.get(name, ())
    return found if isinstance(found, tuple) else ()


MOST_READS = 10


class _PairReport(GroundWording, Report[PairResult]):
    texts = __package__

    def keys(self) -> Mapping[str, object]:
        return json_document(self.r)

    def document(self) -> Document:
        r, say = self.r, self.say
        first = next((read for read in r.reads if read.first), r.reads[0])
        names = {"actor": self.translator.id(r.account.actor), "waybill": self.translator.id(r.waybill)}
        times = {"first": iso(r.reads[0].at), "last": iso(r.reads[-1].at)}
        sections = [self.read(read) for read in r.reads[:MOST_READS]]
        if rest := r.reads[MOST_READS:]:
            sections.append(Section(title=say("more", n=len(rest)), note=say("more_note")))
        if r.missing:
            tables = self.translator.all_values(r.missing)
            sections.append(Section(title=say("missing"), note=say("missing_note", tables=tables)))
        return Document(
            title=say("title"),
            headline=say(f"headline_{first.verdict}", template=first.steps[-1].template.name if first.steps else ""),
            lede=(say("lede" if len(r.reads) == 1 else "lede_more", n=len(r.reads), **names, **times),),
            facts=tuple(self.facts()),
            sections=tuple(sections),
            version=r.wayseal,
            origin=((say("digest"), self.translator.id(r.ledger_digest)),),
            command=shlex.join(
                ["wayseal", "explain", "LEDGER", "--actor", visible(r.account.actor), "--waybill", visible(r.waybill)]
            ),
            footer=say("footer"),
        )

    def facts(self) -> Iterator[tuple[str, str]]:
        account, parcel, say = self.r.account, self.r.parcel, self.say
        yield say("account"), self.shown(about(account), "account_unknown")
        ever = {post.value for post in account.posts if post.scope is Scope.OUTLET and post.since is None}
        there = [post for post in account.posts if post.scope is Scope.OUTLET]
        work = dict.fromkeys(self.posted(post) for post in there if post.since is None or post.value not in ever)
        yield say("works"), self.translator.all_of(work) if work else say("nowhere")
        if other := [p for p in account.posts if p.scope is not Scope.OUTLET]:
            yield say("answers"), self.translator.all_of(self.posted(p) for p in other)
        if not parcel.known:
            yield say("parcel"), say("parcel_unknown")
            return
        if route := parcel.route:
            names = {name: self.translator.id(getattr(route, name)) for name in ("channel", "origin", "destination")}
            yield say("parcel"), say("issued", at=iso(route.issued), **names)
        yield "" if parcel.route else say("parcel"), say("counts", scans=len(parcel.scans), tickets=len(parcel.tickets))

    def posted(self, post: Post) -> str:
        return self.translator.id(post.value) + (
            self.say("assigned", span=self.span(post)) if post.since is not None else ""
        )

    def read(self, read: JudgedRead) -> Section:
        last = read.steps[-1].template.name if read.steps else ""
        points = [self.step(step) for step in read.steps] + ([self.say("early")] if read.early else [])
        title = self.say("read_first" if read.first else "read", at=iso(read.at))
        return Section(title=title, note=self.say(f"done_{read.verdict}", template=last), points=tuple(points))

    def step(self, step: TemplateStep) -> str:
        how = "step_fits" if step.how is Outcome.FITS else "step_no"
        return self.say(how, template=step.template.name, text=self.why(step))


render_pair = _PairReport.render


MOST_SHOWN = 100
"""Reads that a screen is given, the newest; JSON and CSV have all."""
DETECTORS = "wayseal.detect.report"
"""Whose catalogue has the names of detectors."""
READ_COLUMNS = (
    *("read", "file", "at", "waybill", "actor", "session", "ip", "device", "action", "via", "purpose", "reasons"),
    *("verdict", "template", "work"),
)


class _ReadsReport(Report[ReadsResult]):
    texts, area = __package__, "reads"

    def __init__(self, result: ReadsResult, translator: Translator) -> None:
        super().__init__(result, translator)
        self._ground = GroundWording(translator)
        self._detectors = catalogue(translator.lang, DETECTORS)

    def keys(self) -> Mapping[str, object]:
        return dump_row(self.r)

    def document(self) -> Document:
        r, say = self.r, self.say
        accounts = len({read.actor for read in r.reads})
        values = {"n": len(r.reads), "accounts": accounts, "case": r.case, "waybill": self.translator.id(r.waybill)}
        headline = "none" if not r.reads else "case" if r.case else "waybill"
        lede = "lede_all" if r.everything else "lede_odd"
        return Document(
            title=say("title"),
            headline=say(f"headline_{headline}", **values),
            lede=(say(lede if r.case else "lede_waybill"),),
            facts=tuple(self._facts()),
            sections=tuple(self._sections()),
            version=r.wayseal,
            origin=((say("digest"), self.translator.id(r.ledger_digest)),),
            command=shlex.join(["wayseal", "reads", "LEDGER", *(["--case", r.case] if r.case else [])]),
            footer=say("footer"),
        )

    def _facts(self) -> Iterator[tuple[str, str]]:
        r, say = self.r, self.say
        if r.case:
            yield say("case"), r.case
        if r.waybill:
            yield say("waybill"), self.translator.id(r.waybill)
        if r.since is not None and r.until is not None:
            yield say("days"), say("days_value", first=day_name(r.since), last=day_name(r.until))
        if r.reasons and not r.everything:
            yield say("reasons"), self.translator.all_of(map(self._detector, r.reasons))

    def _sections(self) -> Iterator[Section]:
        r, say = self.r, self.say
        shown = r.reads[-MOST_SHOWN:]
        if shown:
            more = len(r.reads) - len(shown)
            note = say("earlier", n=more) if more else ""
            yield Section(title=say("reads"), note=note, table=self._table(shown))
        points = [say("unlisted", reason=self._detector(name)) for name in r.unlisted]
        points += [say("kept_back")] if r.kept_back else []
        points += [say("missing", tables=self.translator.all_values(r.missing))] if r.missing else []
        if points:
            yield Section(title=say("remarks"), points=tuple(points))

    def _table(self, reads: tuple[ListedRead, ...]) -> Table:
        """A column in which nothing stands is left out."""
        cells = [self._cells(read) for read in reads]
        there = [name for name in cells[0] if any(row[name] for row in cells)]
        return Table(head=tuple(map(self.say, there)), rows=tuple(tuple(row[n] for n in there) for row in cells))

    def _cells(self, read: ListedRead) -> dict[str, str]:
        def id_(text: str) -> str:
            return self.translator.id(text) if text else ""

        return {
            "time": numbers.clock(EPOCH + timedelta(microseconds=read.at), seconds=True),
            "waybill": self.translator.id(read.waybill),
            "account": self.translator.id(read.actor),
            "session": id_(read.session),
            "address": id_(read.ip),
            "device": id_(read.device),
            "way": self.translator.values(read.action, read.via, read.purpose),
            "reasons": self.translator.all_of(map(self._detector, read.reasons)),
            "work": self.work(read),
            "read": read.id,
            "file": id_(read.file),
        }

    def work(self, read: ListedRead) -> str:
        """The work near a read."""
        if read.near is None:
            return self.say("work_unknown" if read.verdict == "unknown" else "work_none")
        text, template = self._ground.why(read.near), read.near.template.name
        return self.say("work_fits" if read.near.how is Outcome.FITS else "work_near", template=template, text=text)

    def row(self, read: ListedRead) -> tuple[str, ...]:
        """A read as a row (`READ_COLUMNS`)."""
        template = read.near.template.name if read.near is not None and read.near.how is Outcome.FITS else ""
        texts = (self.translator.value(one) if one else "" for one in (read.action, read.via, read.purpose))
        first = (read.id, read.file, stamp(read.at), read.waybill, read.actor)
        reasons = "; ".join(map(self._detector, read.reasons))
        told = (self.translator.value(one) if one else "" for one in (read.verdict, template))
        return *first, read.session, read.ip, read.device, *texts, reasons, *told, self.work(read)

    def _detector(self, name: str) -> str:
        return self._detectors.get(f"detector.{name}", visible(name))


def render_reads(result: ReadsResult, format: str, lang: str, *, color: bool = False, width: int = 88) -> str:  # noqa: A002
    """A list of reads as "text", "json" or "csv"; text for a screen of that width, with colours if asked."""
    if format != "csv":
        return _ReadsReport.render(result, format, lang, color=color, width=width)
    head = headings(READ_COLUMNS, known_lang(lang))
    return b"".join(csv_lines(head, list_rows(result, lang))).decode("utf-8-sig")


def list_rows(result: ReadsResult, lang: str) -> list[tuple[str, ...]]:
    """Reads as rows of a list for people (`READ_COLUMNS`), in a language; times on their clock."""
    words = _ReadsReport(result, Translator(known_lang(lang), more=catalogue(known_lang(lang), __package__)))
    return [words.row(read) for read in result.reads]
