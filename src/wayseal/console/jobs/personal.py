"""Notices that each person has sent to themselves, by mail or into a chat, of what concerns them.

1. A notice names no person, account or waybill: kinds, counts, ids of cases and jobs.
2. The address is sealed under the console's key and is never shown, logged or told in an error.
3. It is sent what the inbox shows and they haven't seen, of the kinds that they chose, in its order, in one message.
   That it went out is written down before the next one goes: a crash between the two sends it again.
4. What can't be sent is tried again after a minute, and ever more rarely, up to an hour. In quiet hours it waits.
5. An act may be written later than it is dated: what is dated up to `OVERLAP` before the last is looked at again.
6. A round ends after `ROUND` seconds, so that jobs don't wait behind it; whoever waits longest is first in the next.
"""

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from wayseal.cases import Cases, open_cases
from wayseal.cases.errors import CasebookError, NoSuchCaseError
from wayseal.cases.inbox import Concern, News
from wayseal.cases.ledger.casebook import FOLDER
from wayseal.cases.notices import own_address, send_text, service_of
from wayseal.console.access import Access, load_keys
from wayseal.console.access.types import Person, PersonState
from wayseal.console.errors import AccessError, ConsoleError
from wayseal.console.jobs._jobs import HOUR, Jobs
from wayseal.console.jobs.inbox import KEPT_US, MARK, MOST, news_of, seen_of
from wayseal.console.roles import LEDGER_ROLES
from wayseal.console.settings import ConsoleSettings
from wayseal.model.messages import N_, filled
from wayseal.model.runtime import Closing
from wayseal.model.schema import parse_json, plain
from wayseal.model.times import clock_us
from wayseal.page.languages import ByLanguage, Lang, known_lang
from wayseal.service.argon2 import Cost
from wayseal.service.log import Log

WANTED, SENT = "notices", "notices.sent"
"""Names of the marks: what somebody wants, and how far it is."""
OVERLAP, ROUND, _SECONDS = 10 * 60_000_000, 20.0, 5.0
_MINUTE, _IDS = 60_000_000, 10
_SEAL = "notices"
_TEXTS = ByLanguage(
    {
        "hello": N_("Wayseal: notices come here"),
        "title": N_("Wayseal: {n} new for you"),
        "assigned": N_("Assigned to you: {ids}"),
        "mentioned": N_("You are mentioned: {ids}"),
        "answered": N_("Answered: {ids}"),
        "job": N_("Jobs that ended: {ids}"),
        "back": N_("Came back: {ids}"),
        "more": N_("{ids} and {n} more"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesWanted:
    """The wishes of a person.

    Attributes:
        sealed: The address, in hex.
        service: Of it, such as dingtalk.
        kinds: What to send.
        quiet: Hours of the day, from and to, in which nothing does; none: at any hour.
        set_at: When they were set.
    """

    sealed: str = field(repr=False)
    service: str
    kinds: tuple[str, ...]
    quiet: tuple[int, ...]
    set_at: int

    def is_quiet(self, now: int) -> bool:
        """Check whether nothing goes out now."""
        hour, (start, end) = (now + clock_us()) // HOUR % 24, self.quiet or (0, 0)
        return start <= hour < end if start <= end else hour >= start or hour < end


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesSent:
    """How far a person's notices are.

    Attributes:
        set_at: Of the wishes that it belongs to.
        begun: What came before isn't told.
        at: When the last one went out; 0: none did yet.
        upto: The date of the last that was told.
        had: Keys of what was told and lies in the overlap (rule 5).
        since: Since when it fails; 0: it doesn't.
        next: When it is tried again.
    """

    set_at: int
    begun: int
    at: int = 0
    upto: int = 0
    had: tuple[str, ...] = ()
    since: int = 0
    next: int = 0


def load_notices(access: Access, person: str) -> tuple[NoticesWanted | None, NoticesSent | None]:
    """Find what somebody wants, and how far it is; None: nothing."""
    kept = access.marks.of(person, WANTED)
    return _read(kept.get((person, WANTED), ""), kept.get((person, SENT), ""))


def want_notices(
    access: Access,
    person: str,
    typed: str,
    kinds: Sequence[str],
    quiet: tuple[int, ...],
    hosts: Sequence[str],
    mail: bool,
) -> NoticesWanted:
    """Keep what somebody wants.

    Args:
        access: Keeps it.
        person: Their id.
        typed: The address; "": the one that there is.
        kinds: What is to go out.
        quiet: Hours in which nothing does.
        hosts: Those to which webhooks may go.
        mail: There is a server for mails.

    Returns:
        What is kept.

    Raises:
        AccessError: Notices may not go there.
    """
    before, state = load_notices(access, person)
    address, now = own_address(typed, hosts, mail=mail), access.now()
    if (typed and address is None) or (not typed and before is None):
        raise AccessError("notices can't go there: give the link of a group's robot, or a mail address", key="to")
    if address is not None:
        sealed = access.keys.seal(_SEAL, address.encode(), person).hex()
        service, state = service_of(address) if "://" in address else "mail", None
    elif before is not None:
        sealed, service = before.sealed, before.service
    found = NoticesWanted(sealed=sealed, service=service, kinds=tuple(kinds), quiet=quiet, set_at=now)
    state = NoticesSent(set_at=now, begun=now) if state is None else replace(state, set_at=now)
    for name, value in ((SENT, state), (WANTED, found)):
        access.marks.put(person, name, _text(value))
    return found


def _text(value: NoticesWanted | NoticesSent) -> str:
    return json.dumps(plain(value))


def _read(wanted: str, sent: str) -> tuple[NoticesWanted | None, NoticesSent | None]:
    if not wanted:
        return None, None
    found = parse_json(wanted, NoticesWanted)
    state = parse_json(sent, NoticesSent) if sent else None
    fresh = NoticesSent(set_at=found.set_at, begun=found.set_at)
    return found, state if state is not None and state.set_at == found.set_at else fresh


class PersonalNotices(Closing):
    """Sends what people want to be told, as long as it is open; what it needs is opened once somebody wants something.

    Args:
        settings: Of the console.
        jobs: All jobs, and the console's database.
        log: Gets a line for what couldn't be sent.
    """

    def __init__(self, settings: ConsoleSettings, jobs: Jobs, log: Log) -> None:
        self._settings, self._jobs, self._log = settings, jobs, log
        self._stack = ExitStack()
        self._access: Access | None = None
        self._book: Cases | None = None

    def close(self) -> None:
        """Lets go of the casebook."""
        self._book = None
        self._stack.close()

    def send_due(self) -> int:
        """Send what is due, and tell how many notices went out. DatabaseError."""
        end, count = time.monotonic() + ROUND, 0
        try:
            access = self._open_access()
            wanted = {} if access is None else access.marks.named(WANTED)
            if access is None or not wanted:
                return 0
            sent, cases = access.marks.named(SENT), self._open_cases()
            due = [(id_, *_read(text, sent.get(id_, ""))) for id_, text in wanted.items()]
            for id_, found, state in sorted(due, key=lambda one: one[2].at if one[2] else 0):
                if found is not None and state is not None and time.monotonic() < end:
                    count += self._send(access, cases, id_, found, state)
        except (CasebookError, ConsoleError, OSError) as error:  # what isn't written down as sent goes out later
            self._log.error("notices", error=type(error).__name__)
            self.close()
        return count

    def _send(self, access: Access, cases: Cases | None, id_: str, wanted: NoticesWanted, state: NoticesSent) -> bool:
        person, now = access.people.find(id_), self._jobs.now()
        address = access.keys.open(_SEAL, bytes.fromhex(wanted.sealed), id_)
        may = person is not None and person.state is PersonState.ACTIVE and person.role in LEDGER_ROLES
        if person is None or not may or address is None or now < state.next or wanted.is_quiet(now):
            return False
        new = self._find_new(access, cases, person, wanted, state, now) if state.at else []
        if state.at and not new:
            return False
        title, lines = _words(new, known_lang(person.lang or self._settings.notices_lang))
        link = f"{self._settings.address.rstrip('/')}/inbox" if self._settings.address else title
        if send_text(address.decode(), self._settings.notices_mail, title, "\n".join((*lines, link)), _SECONDS):
            upto = max((state.upto, *(one.at for one in new)))
            had = (*state.had, *(one.key for one in new))
            near = tuple(key for key in had if int(key.partition(".")[0]) > upto - OVERLAP)
            state = replace(state, at=now, upto=upto, had=near, since=0, next=0)
        else:
            self._log.error("notice_failed", group=wanted.service)
            since = state.since or now
            state = replace(state, since=since, next=now + min(max(now - since, _MINUTE), HOUR))
        access.marks.put(id_, SENT, _text(state))
        return not state.since

    def _find_new(
        self, access: Access, cases: Cases | None, person: Person, wanted: NoticesWanted, state: NoticesSent, now: int
    ) -> list[News]:
        """What they weren't told, haven't seen, and want to know (rules 3 and 5)."""
        seen = seen_of(access.marks.of(person.id, MARK).get((person.id, MARK), ""), now)
        since = max(state.upto - OVERLAP, state.begun, now - KEPT_US)
        found = news_of(cases, self._jobs, person, since, now, MOST + len(state.had))
        return [one for one in found if one.kind in wanted.kinds and one.key not in state.had and not seen.has(one)]

    def _open_access(self) -> Access | None:
        """People and marks; None: there is no key yet, so that nobody can have asked for notices. ConsoleError."""
        if self._access is None and self._settings.key_path.exists():
            keys = load_keys(self._settings.key_path, make=False)
            cheap = Cost(memory=64, passes=1)  # nobody signs in here
            self._access = Access.over(self._jobs.database, keys, cost=cheap, now=self._jobs.now)
        return self._access

    def _open_cases(self) -> Cases | None:
        """The casebook; None: there is none yet. CasebookError."""
        ledger = self._settings.ledger
        if self._book is None and ledger is not None and (ledger / FOLDER).exists():
            try:
                self._book = self._stack.enter_context(open_cases(ledger / FOLDER, new=False))
            except NoSuchCaseError:
                return None
        return self._book


def _words(new: Sequence[News], lang: Lang) -> tuple[str, Sequence[str]]:
    """Title and lines of a notice, in their order (rules 1 and 3); of none, that notices come here."""
    words, lines = _TEXTS[lang], []
    for kind in Concern:
        ids = list(dict.fromkeys(one.id for one in reversed(new) if one.kind is kind))
        said = ", ".join(ids[:_IDS])
        if len(ids) > _IDS:
            said = filled(words["more"], ids=said, n=len(ids) - _IDS)
        if ids:
            lines.append(filled(words[kind.value], ids=said))
    return (filled(words["title"], n=len(new)), lines) if new else (words["hello"], lines)
