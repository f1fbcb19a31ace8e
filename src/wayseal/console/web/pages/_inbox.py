"""What concerns somebody, how much of it is new, and where else it is sent; and what changed behind an open page.

1. Pages that are open ask every 20 seconds what changed, as long as they are seen, and keep no session alive by it.
   What comes takes the place of a line on top alone: nothing of what is typed is touched.
2. An address of notices is shown to nobody again, and setting it is an act of access, which names the service.
"""

import re

from starlette.responses import Response

from wayseal.cases.inbox import Concern
from wayseal.console.access.types import ActKind
from wayseal.console.errors import AccessError
from wayseal.console.jobs.inbox import KEPT_US, MARK, Seen, news_of, seen_of
from wayseal.console.jobs.personal import SENT, WANTED, load_notices, want_notices
from wayseal.console.roles import CASE_ROLES, LEDGER_ROLES
from wayseal.console.web._ask import LIVE, Ask, Pages
from wayseal.console.web._forms import local_path
from wayseal.console.web._lists import with_query
from wayseal.console.web.pages._casework import number_given

PAGES = Pages()
_MANY, _MOST_PAGES = 50, 40
_KEY = re.compile(r"[0-9]{1,17}\.[cqj]-[0-9]{1,15}")
_OF = re.compile(r"cases|queue|c-[0-9]{1,15}")


@PAGES.get("/inbox", LEDGER_ROLES)
def show_inbox(ask: Ask) -> Response:
    """What concerns whoever asks, the newest first."""
    given, number, now = ask.query.get("kind", ""), min(ask.number("page") or 1, _MOST_PAGES), ask.access.now()
    kind = Concern(given) if given in set(Concern) else None
    found = news_of(ask.cases, ask.site.jobs, ask.whose.person, now - KEPT_US, now, number * _MANY + 1, kind)
    rows = found[(number - 1) * _MANY : number * _MANY]
    return ask.page(
        "inbox",
        rows=rows,
        seen=seen_of(ask.whose.inbox, now),
        kind=given if kind else "",
        kinds=_kinds(ask),
        upto=rows[0].at if rows and number == 1 and kind is None else 0,
        onward=number + 1 if len(found) > number * _MANY else 0,
    )


@PAGES.post("/inbox/seen", LEDGER_ROLES)
def mark_as_seen(ask: Ask) -> Response:
    """Marks one as seen, or all that the page showed and what came before."""
    now, upto, key = ask.access.now(), number_given(ask, "upto"), ask.field("key")
    seen = seen_of(ask.whose.inbox, now)
    if upto:
        seen = Seen(upto=min(upto, now), some=seen.some)
    elif _KEY.fullmatch(key):
        seen = seen.with_(key)
    ask.access.marks.put(ask.whose.person.id, MARK, seen.text)
    return ask.go(with_query("/inbox", {"kind": ask.field("kind") if ask.field("kind") in set(Concern) else ""}))


@PAGES.get(LIVE, LEDGER_ROLES)
def show_changes(ask: Ask) -> Response:
    """How much changed behind an open page (rule 1); nothing where it says so already."""
    of, cases = ask.query.get("of", ""), ask.cases if ask.whose.person.role in CASE_ROLES else None
    since, shown = ask.number("since") or 0, ask.query.get("shown", "")
    n = 0 if cases is None or not _OF.fullmatch(of) else cases.changed_behind(since, of)
    unread = ask.count_new()
    if shown == f"{n}.{unread}":
        return Response(status_code=204)
    back = local_path(ask.query.get("back"))
    return ask.page("_live", live_of=(of, since), n_changed=n, n_unseen=unread, back=back, by_poll=True)


@PAGES.get("/account/notices", LEDGER_ROLES, confirmed=True)
def show_notices(ask: Ask, error: AccessError | None = None) -> Response:
    """Where somebody's notices go (rule 2)."""
    wanted, sent = load_notices(ask.access, ask.whose.person.id)
    return ask.page(
        "notices",
        error=error,
        wanted=wanted,
        sent=sent,
        kinds=_kinds(ask),
        mail=ask.site.settings.notices_mail is not None,
        hosts=ask.site.settings.webhook_hosts,
        said=ask.query.get("said", ""),
    )


@PAGES.post("/account/notices", LEDGER_ROLES, again=show_notices, confirmed=True)
def set_notices(ask: Ask) -> Response:
    """Sets it, or ends it."""
    person, settings = ask.whose.person.id, ask.site.settings
    if ask.field("act") == "end":
        ask.access.note(ask.whose, ActKind.NOTICES_SET, service="")
        for name in (WANTED, SENT):
            ask.access.marks.put(person, name, "")
        return ask.go("/account?said=notices_end")
    kinds = [one.value for one in Concern if ask.field(f"kind.{one.value}")]
    hours = tuple(number_given(ask, name) % 24 for name in ("from", "to"))
    if not kinds:
        raise AccessError("choose what to send", key="kinds")
    quiet = hours if hours[0] != hours[1] else ()
    found = want_notices(
        ask.access,
        person,
        ask.line("to_address"),
        kinds,
        quiet,
        settings.webhook_hosts,
        settings.notices_mail is not None,
    )
    ask.access.note(ask.whose, ActKind.NOTICES_SET, service=found.service)
    return ask.go("/account?said=notices")


def _kinds(ask: Ask) -> list[str]:
    return [one.value for one in Concern if one is Concern.JOB or ask.whose.person.role in CASE_ROLES]
