"""Why a read was or was not work, in words."""

import shlex
from collections.abc import Iterator, Mapping

from wayseal.detect.reasons._judge import Outcome
from wayseal.detect.reasons._pair import JudgedRead, PairResult, TemplateStep, about
from wayseal.detect.reasons._pair_json import document as json_document
from wayseal.detect.reasons._wording import GroundWording
from wayseal.detect.reasons._world import Post
from wayseal.model.kinds import Scope
from wayseal.model.times import iso
from wayseal.page import Document, Report, Section
from wayseal.page.visible import visible

MOST_READS = 10


class _ReportBuilder(GroundWording, Report[PairResult]):
    texts = __package__

    def keys(self) -> Mapping[str, object]:
        return json_document(self.r)

    def document(self) -> Document:
        r, say = self.r, self.say
        first = next((read for read in r.reads if read.first), r.reads[0])
        names = {"actor": self.voice.id(r.account.actor), "waybill": self.voice.id(r.waybill)}
        times = {"first": iso(r.reads[0].at), "last": iso(r.reads[-1].at)}
        sections = [self.read(read) for read in r.reads[:MOST_READS]]
        if rest := r.reads[MOST_READS:]:
            sections.append(Section(title=say("more", n=len(rest)), note=say("more_note")))
        if r.missing:
            tables = self.voice.all_values(r.missing)
            sections.append(Section(title=say("missing"), note=say("missing_note", tables=tables)))
        return Document(
            title=say("title"),
            headline=say(f"headline_{first.verdict}", template=first.steps[-1].template.name if first.steps else ""),
            lede=(say("lede" if len(r.reads) == 1 else "lede_more", n=len(r.reads), **names, **times),),
            facts=tuple(self.facts()),
            sections=tuple(sections),
            version=r.wayseal,
            origin=((say("digest"), self.voice.id(r.ledger_digest)),),
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
        yield say("works"), self.voice.all_of(work) if work else say("nowhere")
        if other := [p for p in account.posts if p.scope is not Scope.OUTLET]:
            yield say("answers"), self.voice.all_of(self.posted(p) for p in other)
        if not parcel.known:
            yield say("parcel"), say("parcel_unknown")
            return
        if route := parcel.route:
            names = {name: self.voice.id(getattr(route, name)) for name in ("channel", "origin", "destination")}
            yield say("parcel"), say("issued", at=iso(route.issued), **names)
        yield "" if parcel.route else say("parcel"), say("counts", scans=len(parcel.scans), tickets=len(parcel.tickets))

    def posted(self, post: Post) -> str:
        return self.voice.id(post.value) + (
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


render_pair = _ReportBuilder.render
