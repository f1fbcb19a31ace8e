"""One request as pages see it, and the answers that they give."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any, ParamSpec, Self, TypeVar
from urllib.parse import quote

from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from wayseal.cases import Cases
from wayseal.cases.bulletins.desk import BulletinDesk
from wayseal.cases.errors import CasebookError, CasebookUsageError, CaseStateError, StaleError, UndoError
from wayseal.console.access import KNOWN_SECONDS, Access
from wayseal.console.access.types import Opened, Session, Visit
from wayseal.console.errors import AccessError, JobError, TraceWorkError
from wayseal.console.hotline import HotlineOffice
from wayseal.console.jobs import Jobs
from wayseal.console.jobs.inbox import seen_of, unseen_of
from wayseal.console.reading import CanaryWatch, CaseReader
from wayseal.console.roles import LEDGER_ROLES, Page, Role, Stage
from wayseal.console.settings import ConsoleSettings
from wayseal.console.task_lists import TaskList
from wayseal.console.web._forms import KNOWN, page_token
from wayseal.console.web._render import Renderer
from wayseal.console.web._resources import CasebookResource, LedgerReader, LiveReader, MarketResource
from wayseal.console.web._uploads import Upload
from wayseal.database import DatabaseError
from wayseal.market.errors import OvertakenError
from wayseal.model.messages import N_
from wayseal.page.languages import Lang, word
from wayseal.service.assets import Assets

YEAR = 31_536_000
TO_DO = N_("choose what is to be done")
"""What is said where a form names no act."""
LIVE = "/changes"
"""What pages that are open ask again by themselves."""
_ADDRESS = ":/%#?=@[]!$&'()*+,;"
"""What stays as it is in an address that is whole."""

P = ParamSpec("P")
C = TypeVar("C", bound=str)
F = TypeVar("F")
T = TypeVar("T", bound=Callable[..., Response])
_OVERTAKEN = CaseStateError, UndoError, StaleError, OvertakenError
REFUSALS = AccessError, JobError, TraceWorkError, CasebookUsageError, CaseStateError, StaleError, OvertakenError
"""What a form is refused for: its page says so, with what was typed."""


class StatusError(Exception):
    """An answer that says no more than its status; the gate gives it."""

    def __init__(self, status: int = 404) -> None:
        super().__init__(status)
        self.status = status


class Pages(list[Page]):
    """The pages of a module, each declared where it is made: `@PAGES.get("/jobs", LEDGER_ROLES)`.

    The first one that fits an address answers. around: what stands around each of them, such as a record that all need.
    """

    def __init__(self, around: Callable[[Any], Callable[["Ask"], Response]] = lambda act: act) -> None:
        super().__init__()
        self._around = around

    def get(self, path: str, roles: frozenset[Role] | None, **more: Any) -> Callable[[T], T]:
        """Declare a page that is looked at. more: as `Page` has it."""
        return self._declare("GET", path, roles, more)

    def post(
        self,
        path: str,
        roles: frozenset[Role] | None,
        *,
        again: Callable[..., Response] | None = None,
        refusals: tuple[type[Exception], ...] = REFUSALS,
        **more: Any,
    ) -> Callable[[T], T]:
        """Declare what a form does. again: makes its page once more where it is refused; told the error, last."""
        return self._declare("POST", path, roles, more, again, refusals)

    def _declare(
        self,
        method: str,
        path: str,
        roles: frozenset[Role] | None,
        more: Mapping[str, Any],
        again: Callable[..., Response] | None = None,
        refusals: tuple[type[Exception], ...] = (),
    ) -> Callable[[T], T]:
        def declare(act: T) -> T:
            whole = self._around(act if again is None else refused(act, again, refusals))
            self.append(Page(method=method, path=path, act=whole, roles=roles, **more))
            return act

        return declare


def refused(
    act: Callable[P, Response], again: Callable[..., Response], refusals: tuple[type[Exception], ...] = REFUSALS
) -> Callable[P, Response]:
    """An act of a form; where it is refused, its page once more, which is told why."""

    @wraps(act)
    def do(*args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return act(*args, **kwargs)
        except refusals as error:
            return again(*args, error, **kwargs)

    return do


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """All that the console stands on, put together once.

    Attributes:
        access: People and sessions.
        jobs: What was asked for and outlasts a page.
        settings: Of the console.
        ledger: Looks at the ledger that is shown; None: none is.
        cases: Its casebook.
        reading: Looks beneath cases; None: there is no ledger.
        live: Looks at the watch of the ledger, its notices and blocks; None: there is no ledger.
        market: The record of the market's watch; None: no folder is set.
        canaries: Says whether a number is a canary; None: no register is set.
        spool: Where files that are sent lie until their page keeps them; None: none are taken.
        upload_most: So many bytes may be sent at once.
        files: Where files of cases lie, each under its SHA-256.
        task_lists: Lists of tasks that a press adds to a case, by its kind.
        hotline: What staff have of the hotline; None: there is none.
        bulletins: Their desk; None: there is no ledger.
        address: Where they find the console.
    """

    access: Access
    jobs: Jobs
    settings: ConsoleSettings = field(default_factory=ConsoleSettings)
    ledger: LedgerReader | None = None
    cases: CasebookResource | None = None
    reading: CaseReader | None = None
    live: LiveReader | None = None
    market: MarketResource | None = None
    canaries: CanaryWatch | None = None
    spool: Path | None = None
    upload_most: int = 3 << 30
    files: Path | None = None
    task_lists: tuple[TaskList, ...] = ()
    hotline: HotlineOffice | None = None
    bulletins: BulletinDesk | None = None
    address: str = ""

    def close(self) -> None:
        """Lets go of what it holds open; whoever opened `access` closes that."""
        for one in (self.cases, self.market, self.reading):
            if one is not None:
                one.close()

    @property
    def casebook(self) -> Path | None:
        """The folder of the casebook."""
        return None if self.cases is None else self.cases.folder

    @property
    def cookie(self) -> str:
        """The name of the session's cookie: by https one that no other host and no http can set."""
        return "__Host-wayseal" if self.settings.secure else "wayseal"

    @property
    def visitor_cookie(self) -> str:
        """The name of the cookie to which forms are tied before there is a session."""
        return self.cookie + "-visit"

    @property
    def company_cookie(self) -> str:
        """The name of the cookie by which a browser is known that left for the company's sign-in."""
        return self.cookie + "-company"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request, after it was let in.

    Attributes:
        site: What the console stands on.
        renderer: Makes pages.
        assets: The files that pages refer to.
        path: The path that was asked for.
        back: Where the page can be seen again: itself, or of what changes something, the page before.
        names: What stands in the path for the names of its route.
        query: What stands behind the path.
        form: What was sent; empty of a GET.
        files: Files that were sent with it, until the answer is given: `keep` the ones that stay.
        unread: Field and name of files that were passed over, since who sent them has to sign in first.
        upload: It is a form with files.
        api: A program asks, and is answered by JSON.
        session: Whose session it is; None: nobody's.
        visit: From where it comes.
        lang: The language of the page.
        theme: How it looks: auto, light or dark.
        token: What its forms hold.
        company_mark: What the browser holds of whoever left for the company's sign-in.
        partial: Only a part of a page is wanted (htmx).
        packed: The browser takes gzip.
    """

    site: Site
    renderer: Renderer
    assets: Assets
    path: str
    back: str
    names: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str] = field(repr=False)
    session: Session | None
    visit: Visit
    lang: Lang
    theme: str
    token: str = field(repr=False)
    company_mark: str = field(default="", repr=False)
    partial: bool = False
    packed: bool = False
    files: tuple[Upload, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    upload: bool = False
    api: bool = False

    @property
    def access(self) -> Access:
        """People and sessions."""
        return self.site.access

    @property
    def cases(self) -> Cases | None:
        """The casebook; None: there is none yet. CasebookError: why it can't be read."""
        return None if self.site.cases is None else self.site.cases.look()

    @property
    def whose(self) -> Session:
        """The session of a page that needs one."""
        assert self.session is not None  # noqa: S101 (the route asked for one)
        return self.session

    def field(self, name: str) -> str:
        """A field of the form; empty where it wasn't sent."""
        return self.form.get(name, "")

    def choice(self, name: str, known: Iterable[C], wrong: str = N_("choose one of the list")) -> C:
        """The one of some that a field of the form names. AccessError: none of them; wrong: what it says."""
        found = next((one for one in known if one == self.field(name)), None)
        if found is None:
            raise AccessError(wrong, key=name)
        return found

    def number(self, name: str) -> int | None:
        """A number of the query; None where it is none."""
        given = self.query.get(name, "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None

    def line(self, name: str) -> str:
        """A field of the form as one line, with single spaces."""
        return " ".join(self.field(name).split())

    def page(self, template: str, *, status: int | None = None, **values: Any) -> Response:
        """An answer made of a template. status: None: as `error` of the values says, which came of a form."""
        if status is None:
            status = status_of(values.get("error"))
        if self.api:
            return self._problem(status, values.get("error"))
        values = {
            "path": self.path,
            "back": self.back,
            "token": self.token,
            "error": None,
            "typed": self.form,
            "code": None,
            "hint": "",
            "unread": self.unread,
            "count_new": self.count_new,
            "live_of": ("", 0),
            "n_changed": 0,
            "by_poll": False,
            "session_over": False,
            "company": "" if self.access.company is None else "only" if self.access.company_only else "also",
            **values,
        }
        return HTMLResponse(
            self.renderer.page(template, lang=self.lang, theme=self.theme, session=self.session, **values), status
        )

    def _problem(self, status: int, error: Any) -> Response:
        """The same for programs (RFC 9457)."""
        told: dict[str, object] = {"title": HTTPStatus(status).phrase, "status": status}
        if error is not None:
            told |= {"detail": word(error.message, self.lang), "field": error.key}
        head = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
        return JSONResponse(told, status, headers=head, media_type="application/problem+json")

    def count_new(self) -> int:
        """How much of the inbox is new; 0 where that can't be told, which other pages say."""
        if self.session is None or self.session.stage is not Stage.FULL or self.session.person.role not in LEDGER_ROLES:
            return 0
        now = self.access.now()
        try:
            seen = seen_of(self.session.inbox, now)
            jobs = self.site.jobs if self.session.last_job > seen.upto else None
            return len(unseen_of(self.cases, jobs, self.session.person, seen, now))
        except (CasebookError, DatabaseError):
            return 0

    def refuse(self, status: int, **values: Any) -> Response:
        """A page that says why not."""
        return self.page("error", status=status, status_shown=status, **values)

    def send_file(self, path: Path, name: str) -> Response:
        """A file, to be saved and never to be shown: whatever is in it, no browser runs it."""
        head = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
        return FileResponse(path, media_type="application/octet-stream", headers=head)

    def go(self, path: str) -> Response:
        """Somewhere else; programs are told where."""
        if self.api:
            return JSONResponse({"location": path})
        if self.partial:
            return Response(status_code=204, headers={"HX-Redirect": quote(path, safe=_ADDRESS)})
        return RedirectResponse(path, 303)

    def go_with(self, path: str, onward: str, kept: str) -> Response:
        """Somewhere else, which knows where to go on to, and what form wasn't done."""
        if not kept:
            return self.go(path if onward == "/" else f"{path}?next={quote(onward)}")
        return self.page("code", next=onward, kept=kept)

    def as_session(self, opened: Opened) -> Self:
        """The same request, as whoever has just got in."""
        token = page_token(self.access.keys, opened.token)
        return replace(self, session=opened.session, token=token)

    def enter(self, answer: Response, opened: Opened) -> Response:
        """Gives the browser a session."""
        self._set(answer, self.site.cookie, opened.token)
        if opened.known:
            self._set(answer, self.site.cookie + KNOWN + opened.session.person.id, opened.known, KNOWN_SECONDS)
        return answer

    def leave(self, answer: Response) -> Response:
        """Takes it away, and with it what the browser kept of our pages."""
        answer.delete_cookie(
            self.site.cookie, path="/", secure=self.site.settings.secure, httponly=True, samesite="lax"
        )
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        return answer

    def mark_company(self, answer: Response, browser: str, seconds: int) -> Response:
        """Marks a browser that leaves for the company's sign-in."""
        self._set(answer, self.site.company_cookie, browser, seconds)
        return answer

    def prefer(self, answer: Response, name: str, value: str) -> Response:
        """Remembers a choice at this browser, for whoever hasn't signed in."""
        self._set(answer, f"{self.site.cookie}-{name}", value, YEAR)
        return answer

    def _set(self, answer: Response, name: str, value: str, seconds: int | None = None) -> None:
        answer.set_cookie(
            name, value, max_age=seconds, path="/", secure=self.site.settings.secure, httponly=True, samesite="lax"
        )


def there(found: F | None) -> F:
    """What was asked for. StatusError: it isn't there, or isn't for whoever asks."""
    if found is None:
        raise StatusError
    return found


def alias_of(ask: Ask) -> Callable[[str], str]:
    """Gives accounts their pseudonyms: the casebook's, or where there is none, some that this process made."""
    if ask.cases is not None:
        return ask.cases.pseudonyms.of
    return _nobody if ask.site.reading is None else ask.site.reading.pseudonyms.of


def _nobody(_actor: str) -> str:
    """Without a ledger there is nobody to be called anything."""
    return ""


def status_of(error: Exception | None) -> int:
    """The status of a page whose form was refused for an error: 409 where somebody was there before; 200 for none."""
    return 200 if error is None else 409 if isinstance(error, _OVERTAKEN) else 400
