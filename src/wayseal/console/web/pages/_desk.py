"""What pages of casework share: who works on cases, what a list asks for, what was just done, and texts of forms."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from wayseal.cases import Cases
from wayseal.cases.errors import NoSuchCaseError
from wayseal.cases.types import PERSONAL, UNDO_US, ThingKind
from wayseal.cases.views import Done, Lead
from wayseal.console.access.types import PersonState
from wayseal.console.errors import AccessError
from wayseal.console.roles import CASE_ROLES, OPENERS
from wayseal.console.web._ask import Ask
from wayseal.model.messages import N_
from wayseal.model.times import clock, stamp
from wayseal.page.spreadsheet import csv_lines
from wayseal.page.words import Voice, catalogue, headings

EVERYBODY = ""
"""Whose marks everybody's are."""
MOST_ROWS = 20_000
"""Rows of an export at most."""
DAY_US = 86_400_000_000
_ITEM = re.compile(r"q-[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What somebody did last, for a minute. seconds: how long it can be taken back yet."""

    done: Done
    seconds: int


def put_in(ask: Ask, cases: Cases, leads: Sequence[Lead]) -> Mapping[str, str]:
    """Puts into the queue what never stood there; what the address of the next page says of it (`came_in`)."""
    found = cases.enqueue_or_find(leads, me(ask), ask.access.now())
    new, old = ([item for item, came in found.items() if came is wanted] for wanted in (True, False))
    return {name: ",".join(items) for name, items in (("queued", new), ("stood", old)) if items}


def came_in(ask: Ask) -> Mapping[str, Any]:
    """What of the address says what came into the queue, and what had come before; no text but ids."""
    return {name: _ITEM.findall(ask.query.get(name, "")) for name in ("queued", "stood")}


def me(ask: Ask) -> str:
    """Who does it, as the casebook names them: the login."""
    return ask.whose.person.login


def look_since(ask: Ask, case: str) -> int | None:
    """When the look at a case's names was recorded that counts for what is asked now; None: no names.

    Names have to be asked for, by somebody who may open cases, in the session whose look it is, while it lasts.
    """
    asked = "names" in ask.query or bool(ask.field("names"))
    if not asked or ask.whose.person.role not in OPENERS:
        return None
    return ask.whose.look(case, ask.access.now())


def the_cases(ask: Ask) -> Cases:
    """The casebook. NoSuchCaseError: there is none, so that nothing asked for is in it."""
    cases = ask.cases
    if cases is None:
        raise NoSuchCaseError(N_("no case has been registered yet"))
    return cases


def colleagues(ask: Ask) -> tuple[str, ...]:
    """Logins of those who work on cases."""
    return tuple(
        one.login for one in ask.access.people.all() if one.role in CASE_ROLES and one.state is PersonState.ACTIVE
    )


def kinds_given(ask: Ask) -> tuple[ThingKind, ...]:
    """What somebody may name by its id: of people only who may see names, since the page would tell its pseudonym."""
    return tuple(kind for kind in ThingKind if kind not in PERSONAL or ask.whose.person.role in OPENERS)


def owner_given(ask: Ask) -> str | None:
    """Who is to have it, of the form; None: nobody. AccessError: somebody who doesn't work on cases."""
    given = ask.field("owner")
    if given and given not in colleagues(ask):
        raise AccessError("{login} doesn't work on cases here", login=given[:64], key="owner")
    return given or None


def number_given(ask: Ask, name: str) -> int:
    """A whole number of the form; 0 where it is none."""
    given = ask.field(name)
    return int(given) if given.isascii() and given.isdigit() and len(given) < 18 else 0


def midnight(ask: Ask, now: int) -> int:
    """When today began on it."""
    local = datetime.fromtimestamp(now / 1e6, clock())
    return round(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1_000_000)


def until_given(ask: Ask) -> int | None:
    """Until when it is put off, of the form: a day in the future, at its beginning on the console's clock."""
    given, now = ask.field("until"), ask.access.now()
    if not given:
        return None
    try:
        if given.isdigit() and len(given) <= 3:
            day = datetime.fromtimestamp(now / 1e6, clock()).date() + timedelta(days=int(given))
        else:
            day = datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC).date()
        at = round(datetime.combine(day, time(), clock()).timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        raise AccessError("this is no day such as 2026-01-01", key="until") from None
    if not now < at < now + 4000 * DAY_US:
        raise AccessError("it can be put off to a day in the future alone", key="until")
    return at


def bar(ask: Ask, cases: Cases) -> Bar | None:
    """What can be taken back yet."""
    now = ask.access.now()
    done = cases.last_done(me(ask), now)
    return None if done is None or not done.back else bar_of(done, now)


def bar_of(done: Done, now: int) -> Bar:
    """The same, as it is told."""
    return Bar(done=done, seconds=max(1, (done.at + UNDO_US - now) // 1_000_000))


def with_query(path: str, query: Mapping[str, str], **changes: str | None) -> str:
    """An address: a list as it is, with something of it otherwise; "" and None leave it out."""
    values = {**query, **changes}
    kept = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


def text_given(ask: Ask, name: str, most: int = 100) -> str:
    """Something of the query, cut to what can be meant."""
    return ask.query.get(name, "")[:most]


def every_page(fetch: Callable[[Any], Any]) -> Iterator[Any]:
    """Pages of a list, up to `MOST_ROWS` rows. fetch: gives the one after a place, None: the first."""
    after, count = None, 0
    while count < MOST_ROWS:
        page = fetch(after)
        yield page
        count, after = count + len(page.rows), page.after
        if after is None:
            return


def table_file(ask: Ask, name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A table as a file that a spreadsheet opens: no cell of it is a formula.

    head: names of columns, behind a colon what their cells are: moments (`at:time`), values of a log or a table
    (`via:value`), or codes, by what their texts here begin with (`state:case_state.`).
    """
    columns = [one.partition(":")[::2] for one in head]
    voice = Voice(ask.lang, more=catalogue(ask.lang, "wayseal.console"))

    def cell(how: str, value: Any) -> object:
        if not how or value in (None, ""):
            return value
        if how == "time":
            return stamp(value)
        return voice.value(value) if how == "value" else _said(voice, f"{how}{value}", value)

    shown = ([cell(how, value) for (_, how), value in zip(columns, row, strict=True)] for row in rows)
    return send_table(name, csv_lines(headings([one for one, _ in columns], ask.lang), shown))


def _said(voice: Voice, code: str, value: str) -> str:
    return voice.say(code) if voice.has(code) else value


def send_table(name: str, pieces: Iterable[bytes]) -> Response:
    """A table that is CSV already, sent as it is made."""
    return StreamingResponse(
        pieces,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
