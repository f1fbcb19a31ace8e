"""A list page by declaration: its query, columns, filters and actions bring table, paging, CSV, and decisions on many.

1. All that a list shows stands in its address. A choice or a sort that there isn't is refused: another list than was
   asked for misleads.
2. The file of a list holds all of its rows, in the same order; that it goes out is an act of access.
3. An action on many shows first what it will be done to, is done to what was shown, each row by itself, and can be
   taken back by whoever did it for a minute.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from wayseal.cases.errors import CasebookUsageError
from wayseal.cases.types import UNDO_US
from wayseal.cases.views import Page as RowPage
from wayseal.cases.writing import one_line
from wayseal.console.errors import AccessError
from wayseal.console.roles import Page, Role
from wayseal.console.web._ask import Ask
from wayseal.console.web._render import translator_of
from wayseal.model.times import stamp
from wayseal.page.languages import Lang
from wayseal.page.spreadsheet import csv_lines
from wayseal.page.words import Translator, headings

MOST_ROWS = 20_000
"""Rows of an export at most."""
PICK = "pick."
_AT_ONCE = _LONGEST = 200
_DOWN = "-"
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Act = Callable[[Ask], Response]


class Rows(Protocol[R_co]):
    """Some rows of a list. after: what the next page begins behind, None: there is none."""

    @property
    def rows(self) -> Sequence[R_co]:
        """They."""

    @property
    def after(self) -> Any:
        """The key of the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """By which column, and whether the other way round. by: "" for the order in which rows come."""

    by: str = ""
    down: bool = False

    @property
    def text(self) -> str:
        """As an address says it: `sort=reads`, and `sort=-reads` for the other way round."""
        return (_DOWN if self.down else "") + self.by

    def turned(self, column: str, *, down_first: bool = False) -> str:
        """Give an address's sort once a column's head was pressed. down_first: high ones are what is looked for."""
        first, second = (_DOWN + column, column) if down_first else (column, _DOWN + column)
        return second if self.text == first else first


def sort_of(query: Mapping[str, str], columns: Sequence[str], usual: str = "") -> Sort:
    """By what an address wants a table sorted; `usual` where it says nothing. AccessError (rule 1)."""
    given = query.get("sort", "") or usual
    by = given.removeprefix(_DOWN)
    if given and by not in columns:
        raise AccessError(
            "sort: this table can't be sorted by that; give one of {columns}, with - before it for the other way round",
            key="sort",
            columns=", ".join(columns),
        )
    return Sort(by=by, down=given.startswith(_DOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[R]):
    """A column of a list.

    Attributes:
        name: What its file's head is looked up by (`unit.columns`).
        cell: Its value of a row.
        head: Its text on pages, marked with `N_`; "": it is in files alone.
        kind: What values are: "id", "number", "time", "value" (of logs and tables), or what codes of their texts begin
            with ("role."); "": texts.
        href: Where a cell leads.
        said: Its value in a language, in a file, where it isn't the same in all.
    """

    name: str
    cell: Callable[[R], Any] = field(default=lambda _row: None)
    head: str = ""
    kind: str = ""
    href: Callable[[R], str] | None = None
    said: Callable[[R, Lang], Any] | None = None

    def filed(self, row: R, lang: Lang) -> Any:
        """Its value as a file has it."""
        return self.cell(row) if self.said is None else self.said(row, lang)

    @property
    def coded(self) -> str:
        """Name and kind, as files take them (`table_file`)."""
        return f"{self.name}:{self.kind}" if self.kind in ("time", "value") or self.kind.endswith(".") else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter of a list.

    choices: the first one where an address says nothing; none: any text. kind: what their texts begin with. empty: what
    naming it without a choice means, where that isn't the first one.
    """

    name: str
    choices: Sequence[str] = ()
    kind: str = ""
    empty: str = ""

    def of(self, given: Mapping[str, str], *, loose: bool = False) -> str:
        """The choice of an address or a form. AccessError: there is no such choice, which `loose` passes over."""
        choice = given.get(self.name, "")[:_LONGEST] or (self.empty if self.name in given else "")
        if not self.choices or choice in self.choices:
            return choice
        if choice and not loose:
            raise AccessError("choose one of the list", key=self.name)
        return self.choices[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Generic[R]):
    """An act on many rows. label: marked with `N_`; do, undo: to one row, with the reason; AccessError: not so."""

    name: str
    label: str
    do: Callable[[Ask, R, str], None]
    undo: Callable[[Ask, R, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The wishes of an address for a list. filters: name → choice; after: the key behind which the page begins."""

    filters: Mapping[str, str]
    sort: Sort
    after: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage(Generic[R]):
    """A list (rules 1 to 3).

    Attributes:
        path: Where it is.
        roles: Who may see it, and act on it.
        query: A page of its rows, so many at most.
        columns: What is shown of a row.
        title: Its text, marked with `N_`.
        filters: What narrows it.
        sorts: By what it can be sorted; the first one where an address says nothing.
        turns: Each can be turned round.
        loose: A choice or a sort that there isn't is as good as none.
        key: A row's id; needed where there are actions.
        find: The row of an id; the same.
        actions: What can be done to many.
        confirmed: Actions need a fresh proof of who it is.
        many: Rows of a page.
        template: Another one than every list's.
        values: What that one says beside, of what `query` gave.
        around: What stands around each of its pages.
    """

    path: str
    roles: frozenset[Role]
    query: Callable[[Ask, Wanted, int], Rows[R]]
    columns: Sequence[Column[R]]
    title: str = ""
    filters: Sequence[Filter] = ()
    sorts: Sequence[str] = ()
    turns: bool = True
    loose: bool = False
    key: Callable[[R], str] = field(default=str)
    find: Callable[[Ask, str], R | None] = field(default=lambda _ask, _id: None)
    actions: Sequence[Action[R]] = ()
    confirmed: bool = False
    many: int = 50
    template: str = "list"
    values: Callable[[Ask, Any], Mapping[str, Any]] = field(default=lambda _ask, _found: {})
    around: Callable[[Act], Act] = field(default=lambda act: act)

    def pages(self) -> tuple[Page, ...]:
        """Its routes."""
        shown = Page(method="GET", path=self.path, act=self.around(self.show), roles=self.roles)
        file = replace(shown, path=f"{self.path}.csv", act=self.around(self.export), recorded=True)
        posts = (("preview", self.preview), ("apply", self.apply), ("undo", self.take_back)) if self.actions else ()
        return shown, file, *(
            Page(
                method="POST", path=f"{self.path}/{name}", act=self.around(act), roles=self.roles,
                confirmed=self.confirmed,
            )
            for name, act in posts
        )  # fmt: skip

    def wanted(self, given: Mapping[str, str]) -> Wanted:
        """Return what an address or a form asks for. AccessError (rule 1)."""
        filters = {one.name: one.of(given, loose=self.loose) for one in self.filters}
        usual = self.sorts[0] if self.sorts else ""
        if self.loose and given.get("sort", "") not in self.sorts:
            given = {**given, "sort": ""}
        sort = sort_of(given, self.sorts, usual)
        if sort.down and not self.turns:
            raise AccessError("choose one of the list", key="sort")
        return Wanted(filters=filters, sort=sort, after=given.get("after") or None)

    def show(self, ask: Ask) -> Response:
        """A page of the list."""
        return self._page(ask, ask.query)

    def export(self, ask: Ask) -> Response:
        """All of it, as a file."""
        wanted = self.wanted(ask.query)
        pages = every_page(lambda after: self.query(ask, replace(wanted, after=after), _AT_ONCE))
        first = next(pages)  # now, so that what keeps it from being read is said, and no half of a file is sent
        rows = (
            [column.filed(row, ask.lang) for column in self.columns]
            for page in chain([first], pages)
            for row in page.rows
        )
        name = self.path.strip("/").replace("/", "-")
        return table_file(ask, f"{name}.csv", [column.coded for column in self.columns], rows)

    def preview(self, ask: Ask) -> Response:
        """Return what an action would be done to."""
        try:
            action, why = self._action(ask), one_line(ask.line("why"), "why")
            rows = [row for id_ in picked(ask) if (row := self.find(ask, id_)) is not None]
            if not rows:
                raise AccessError("nothing is picked: tick rows, or press x on one", key="pick")
        except (AccessError, CasebookUsageError) as error:
            return self._page(ask, ask.form, error)
        wanted = self.wanted(ask.form)
        return ask.page(
            "list_preview",
            page=self,
            action=action,
            why=why,
            rows=rows,
            ids=",".join(map(self.key, rows)),
            wanted=wanted,
            state=self._state(wanted),
            link=partial(self._link, wanted),
            back=self._link(wanted),
        )

    def apply(self, ask: Ask) -> Response:
        """Does what was shown."""
        action, why, done = self._action(ask), one_line(ask.line("why"), "why"), []
        try:
            for id_ in ask.field("ids").split(","):
                if (row := self.find(ask, id_)) is not None:
                    action.do(ask, row, why)
                    done.append(id_)
        except AccessError as error:
            self._note(ask, action, done)
            return self._page(ask, ask.form, error)
        self._note(ask, action, done)
        return ask.go(self._link(self.wanted(ask.form)))

    def take_back(self, ask: Ask) -> Response:
        """Takes back what was done last."""
        last = self._last(ask)
        if last is None:
            raise AccessError("a decision can be taken back within a minute, by whoever made it", key="act")
        action = next(one for one in self.actions if one.name == last["act"])
        for id_ in last["ids"]:
            if (row := self.find(ask, id_)) is not None:
                action.undo(ask, row, "")
        ask.access.marks.put(ask.whose.person.id, self._mark, "")
        return ask.go(self._link(self.wanted(ask.form)))

    def _page(
        self, ask: Ask, given: Mapping[str, str], error: AccessError | CasebookUsageError | None = None
    ) -> Response:
        wanted = self.wanted(given)
        found = self.query(ask, wanted, self.many)
        return ask.page(
            self.template,
            error=error,
            page=self,
            wanted=wanted,
            rows=found.rows,
            after=found.after,
            first=wanted.after is None,
            link=partial(self._link, wanted),
            state=self._state(wanted),
            last=self._last(ask) if self.actions else None,
            **self.values(ask, found),
        )

    def _action(self, ask: Ask) -> Action[R]:
        found = next((one for one in self.actions if one.name == ask.field("act")), None)
        if found is None:
            raise AccessError("choose what is to be done", key="act")
        return found

    def _state(self, wanted: Wanted) -> Mapping[str, str]:
        """Return what forms of the page carry along, so that the list is the same afterwards."""
        return {**wanted.filters, **({"sort": wanted.sort.text} if self.sorts else {})}

    def _link(self, wanted: Wanted, **changes: str | None) -> str:
        return with_query(self.path, self._state(wanted), **changes)

    @property
    def _mark(self) -> str:
        return f"undo.{self.path}"

    def _note(self, ask: Ask, action: Action[R], ids: Sequence[str]) -> None:
        if ids:
            done = {"act": action.name, "ids": ids, "at": ask.access.now()}
            ask.access.marks.put(ask.whose.person.id, self._mark, json.dumps(done))

    def _last(self, ask: Ask) -> Mapping[str, Any] | None:
        """Return what somebody did last here, while it can be taken back; seconds: so long yet."""
        person = ask.whose.person.id
        kept = ask.access.marks.of(person, self._mark).get((person, self._mark))
        last: dict[str, Any] = json.loads(kept) if kept else {"at": 0}
        seconds = (last["at"] + UNDO_US - ask.access.now()) // 1_000_000
        return last | {"seconds": seconds} if seconds > 0 else None


def page_at(rows: Sequence[R], wanted: Wanted, most: int) -> RowPage[R]:
    """The page of rows in memory that begins at the place that an address names; without one, at the first."""
    start = int(wanted.after) if str(wanted.after or "").isdecimal() else 0
    after = str(start + most) if len(rows) > start + most else None
    return RowPage(rows=tuple(rows[start : start + most]), after=after)


def picked(ask: Ask) -> list[str]:
    """Ids of rows that were ticked."""
    return sorted(name.removeprefix(PICK) for name, value in ask.form.items() if name.startswith(PICK) and value)


def with_query(path: str, query: Mapping[str, str], **changes: str | None) -> str:
    """An address: a list as it is, with something of it otherwise; "" and None leave it out."""
    values = {**query, **changes}
    kept = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


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
    translator = translator_of(ask.lang, html=False)

    def cell(how: str, value: Any) -> object:
        if not how or value in (None, ""):
            return value
        if how == "time":
            return stamp(value)
        return translator.value(value) if how == "value" else _said(translator, f"{how}{value}", value)

    shown = ([cell(how, value) for (_, how), value in zip(columns, row, strict=True)] for row in rows)
    return send_table(name, csv_lines(headings([one for one, _ in columns], ask.lang), shown))


def _said(translator: Translator, code: str, value: str) -> str:
    return translator.say(code) if translator.has(code) else value


def send_table(name: str, pieces: Iterable[bytes]) -> Response:
    """A table that is CSV already, sent as it is made."""
    return StreamingResponse(
        pieces,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
