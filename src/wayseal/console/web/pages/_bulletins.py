"""Bulletins in the console: written by those who work on cases, approved and published by investigators; and notices.

1. What is refused comes back as typed; whoever writes over another's text sees both first.
2. A notice is given out to be saved, filled from a scope, and kept nowhere.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.responses import Response

from wayseal.cases.bulletins.acts import Both, Bulletin, BulletinState, Written
from wayseal.cases.bulletins.desk import BulletinDesk, find
from wayseal.cases.bulletins.figures import FIGURES, last_month
from wayseal.cases.bulletins.notices import fill_notice, load_templates
from wayseal.cases.bulletins.website import differences, shown
from wayseal.cases.errors import CasebookDiskError, NoSuchCaseError, StaleError
from wayseal.cases.views import Page
from wayseal.console.errors import AccessError
from wayseal.console.roles import CASE_ROLES, OPENERS
from wayseal.console.web._ask import REFUSALS, TO_DO, Ask, Pages, there
from wayseal.console.web._lists import Column, Filter, ListPage, Wanted, page_at
from wayseal.console.web.pages._casework import me
from wayseal.model.messages import N_
from wayseal.page.languages import LANGS
from wayseal.store.errors import StoreError

_MISTAKES = (*REFUSALS, NoSuchCaseError, CasebookDiskError)
_MOST_SCOPE = 32 << 20


def _on_desk(act: Callable[..., Response]) -> Callable[[Ask], Response]:
    def do(ask: Ask) -> Response:
        if ask.site.bulletins is None:
            raise AccessError("no ledger is set, whose cases bulletins tell of")
        try:
            return act(ask, ask.site.bulletins)
        except (OSError, StoreError):
            raise CasebookDiskError(N_("the record of bulletins can't be read or written: nothing was done")) from None

    return do


PAGES = Pages(_on_desk)


def _query(ask: Ask, wanted: Wanted, most: int) -> Page[Bulletin]:
    every = reversed(there(ask.site.bulletins).state().values())
    return page_at([one for one in every if wanted.filters["state"] in ("all", one.state)], wanted, most)


LIST: ListPage[Bulletin] = ListPage(
    path="/bulletins",
    roles=CASE_ROLES,
    title=N_("Bulletins"),
    query=_query,
    columns=[
        Column(name="id", cell=lambda row: row.id, head=N_("Bulletin"), href=lambda row: f"/bulletins/{row.id}"),
        Column(name="title", cell=lambda row: f"{row.written.title.zh} · {row.written.title.en}", head=N_("Title")),
        Column(name="state", cell=lambda row: row.state.value, head=N_("State"), kind="bulletin_state."),
        Column(name="changed", cell=lambda row: row.acts[-1].at, head=N_("Changed"), kind="time"),
    ],
    filters=[Filter(name="state", choices=("all", *BulletinState), kind="bulletin_state.")],
    template="bulletins",
    values=lambda ask, _rows: {"builds": ask.whose.person.role in OPENERS and there(ask.site.bulletins).website},
    around=lambda act: _on_desk(lambda ask, _desk: act(ask)),
)
PAGES += LIST.pages()


@PAGES.get("/bulletins/new", CASE_ROLES)
@PAGES.get("/bulletins/{bulletin}/text", CASE_ROLES)
def show_form(ask: Ask, desk: BulletinDesk, error: Exception | None = None, made: Written | None = None) -> Response:
    """The form of a text, its figures beside it. made: what was typed, with what its figures come to."""
    id_, templates, month = ask.names.get("bulletin"), load_templates("bulletin"), last_month(desk.now())
    one, stale = find(desk.state(), id_) if id_ else None, error if isinstance(error, StaleError) else None
    chosen = templates[min(ask.number("template") or 0, len(templates) - 1)]
    return ask.page(
        "bulletin_form", error=error, one=one, made=made, templates=templates, chosen=chosen, month=month, shown=shown,
        begin=ask.form or _begin(one.written if one else chosen, month, reason=one is not None and one.pending),
        of=one.written.digest if one and (stale or not ask.form) else ask.field("of"),
        stale=list(differences(stale.theirs, stale.mine)) if stale else (), families=FIGURES,
    )  # fmt: skip


def _begin(of: Any, month: str, *, reason: bool) -> Mapping[str, str]:
    """A text, of a bulletin or to begin with, as fields of the form."""
    found: dict[str, str] = {}
    for lang in LANGS:
        found |= {f"title_{lang}": of.title.of(lang), lang: of.text.of(lang).replace("MONTH", month)}
        found[f"reason_{lang}"] = of.reason.of(lang) if reason and of.reason else ""
    return found


@PAGES.post("/bulletins/new", CASE_ROLES, again=show_form, refusals=_MISTAKES)
@PAGES.post("/bulletins/{bulletin}/text", CASE_ROLES, again=show_form, refusals=_MISTAKES)
def write(ask: Ask, desk: BulletinDesk) -> Response:
    """Writes it, or shows what it comes to."""
    title, text = (_both(ask, name) for name in ("title_", ""))
    id_ = ask.names.get("bulletin", "")
    made = desk.draw_up(id_, title, text, _both(ask, "reason_"), me(ask), ask.cases, ask.field("of"))
    if ask.choice("act", ("preview", "save"), TO_DO) == "preview":
        return show_form(ask, desk, made=made)
    return ask.go(f"/bulletins/{desk.write(made)}")


def _both(ask: Ask, name: str) -> Both:
    return Both(**{lang: ask.field(name + lang).replace("\r\n", "\n") for lang in LANGS})


@PAGES.get("/bulletins/notices", CASE_ROLES)
def show_notices(ask: Ask, _desk: BulletinDesk, error: Exception | None = None) -> Response:
    """The form for notices that the law asks for."""
    return ask.page("bulletin_notices", error=error, notices=load_templates("notice"), most=_MOST_SCOPE)


@PAGES.post("/bulletins/notices", CASE_ROLES, again=show_notices, upload=_MOST_SCOPE)
def take_notice(ask: Ask, desk: BulletinDesk) -> Response:
    """Gives one out (rule 2)."""
    notices, settings = load_templates("notice"), ask.site.settings
    n = int(ask.choice("notice", map(str, range(len(notices)))))
    scope = next((one.path.read_bytes() for one in ask.files if one.size), None) or ask.field("scope")
    made = fill_notice(notices[n], scope, settings.unit, settings.contact, desk.now())
    head = {"Content-Disposition": f'attachment; filename="notice-{n + 1}.md"'}
    return Response(made, media_type="text/markdown", headers=head)


@PAGES.post("/bulletins/build", OPENERS)
def build(ask: Ask, desk: BulletinDesk) -> Response:
    """Makes the public pages anew."""
    desk.build()
    return ask.go("/bulletins")


@PAGES.get("/bulletins/{bulletin}", CASE_ROLES)
def show_bulletin(ask: Ask, desk: BulletinDesk, error: Exception | None = None) -> Response:
    """A bulletin: its newest text, its figures, and what was done with it."""
    one, opener = find(desk.state(), ask.names["bulletin"]), ask.whose.person.role in OPENERS
    return ask.page("bulletin", error=error, one=one, opener=opener, me=me(ask), shown=shown, website=desk.website)


def _decide(ask: Ask, desk: BulletinDesk, kind: Any) -> Response:
    id_, reason = ask.names["bulletin"], _both(ask, "reason_") if kind == "withdrawn" else None
    desk.decide(kind, id_, ask.field("digest"), me(ask), ask.cases, reason)
    return ask.go(f"/bulletins/{id_}")


for _kind in ("approved", "published", "withdrawn"):
    PAGES.post(
        f"/bulletins/{{bulletin}}/{_kind}", OPENERS, again=show_bulletin, refusals=_MISTAKES,
        confirmed=_kind != "approved",
    )(partial(_decide, kind=_kind))  # fmt: skip
