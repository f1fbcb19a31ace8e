"""What mining found, in words; after the text stand the templates, ready to be put into a file."""

from collections.abc import Mapping

from wayseal.detect.reasons._block import as_toml
from wayseal.detect.reasons._mine import MineResult, TemplateProposal
from wayseal.detect.reasons._mine_json import document as json_document
from wayseal.model.times import iso
from wayseal.page import Document, Report, Section
from wayseal.page.languages import known_lang
from wayseal.page.words import catalogue


def render_mine(result: MineResult, format: str, lang: str, *, color: bool = False, width: int = 88) -> str:  # noqa: A002
    """The report as "text", "json" or "html". ValueError for another format or language. color, width: for text."""
    told = _ReportBuilder.render(result, format, lang, color=color, width=width)
    blocks = [as_toml(p.template) for p in result.proposals if p.template is not None]
    if format != "text" or not blocks:
        return told
    head = catalogue(known_lang(lang), __package__)["mine.file"]
    return "\n".join([told, f"# {head}", *blocks])


class _ReportBuilder(Report[MineResult]):
    texts, area = __package__, "mine"

    def keys(self) -> Mapping[str, object]:
        return json_document(self.r)

    def document(self) -> Document:
        r, say = self.r, self.say
        sections = [self.proposal(n, p) for n, p in enumerate(r.proposals, 1)]
        if r.proposals:
            sections.insert(0, Section(title=say("warning"), note=say("warning_note")))
        else:
            sections.append(Section(title=say("none"), note=say("none_note")))
        explained = sum(p.reads for p in r.proposals)
        return Document(
            title=say("title"),
            headline=say("headline" if r.proposals else "headline_none", n=len(r.proposals)),
            lede=(say("lede", first=r.first_reads, unexplained=r.unexplained, looked=r.looked, chance=r.chance),),
            facts=(
                (say("looked"), f"{r.looked:,}"),
                (say("explained"), say("explained_value", n=explained, share=explained / max(r.looked, 1))),
                (say("left"), f"{r.left:,}"),
            ),
            sections=tuple(sections),
            version=r.wayseal,
            origin=((say("digest"), self.voice.id(r.ledger_digest)),),
            command="wayseal explain LEDGER --mine",
            footer=say("warning_note"),
        )

    def proposal(self, n: int, p: TemplateProposal) -> Section:
        say = self.say
        roles = self.voice.all_of(self.id(role) for role in p.roles)
        accounts, reads = p.left_out
        actor, waybill, at = p.example
        example = {"actor": self.id(actor), "waybill": self.id(waybill), "at": iso(at)}
        points = [
            say("support", reads=p.reads, accounts=p.accounts, share=p.share),
            say("lift", lift=p.lift, chance=p.chance),
            say("spread", median=p.median, largest=p.largest),
            *([say("left_out", n=accounts, reads=reads)] if accounts else []),
            say("example" if actor else "example_bare", **example),
            *([say(f"unsayable_{p.kind}")] if p.template is None else []),
        ]
        return Section(
            title=say("proposal", n=n, kind=p.kind, roles=roles), note=say(f"kind_{p.kind}"), points=tuple(points)
        )

    def id(self, text: str) -> str:
        return self.voice.id(text) if text else ""
