"""Files of cases: taken in by the machine, which hashes them, and given out to be saved alone.

1. A file lies under its SHA-256 in a private folder; the name that it came with is a text. What is refused leaves none.
2. That somebody takes one away is an act of access, written before its first byte goes out: it may hold personal data.
"""

from pathlib import Path

from starlette.responses import Response

from wayseal.cases.errors import CasebookUsageError, CaseStateError
from wayseal.cases.types import one_line
from wayseal.console.access.types import ActKind
from wayseal.console.errors import AccessError, UploadError
from wayseal.console.files import file_place
from wayseal.console.roles import CASE_ROLES, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web._forms import MOST
from wayseal.console.web._uploads import MOST_OF_CASE
from wayseal.console.web.pages._cases import case_page
from wayseal.console.web.pages._desk import me, the_cases
from wayseal.model.messages import N_


def add_files(ask: Ask) -> Response:
    """Takes files in."""
    cases, case = the_cases(ask), ask.names["case"]
    try:
        if not ask.files:
            raise AccessError("choose a file", key="file")
        why = one_line(ask.line("why"), "why")
        cases.packs(case)  # a case that isn't there keeps nothing
        for file in ask.files:
            place = _place(ask, file.sha256)
            if not place.exists():
                file.keep(place)
            cases.name_file(case, file.sha256, file.name, file.size, me(ask), why, ask.access.now(), sm3=file.sm3)
    except (CasebookUsageError, CaseStateError, AccessError) as error:
        return case_page(ask, error=error, act="files")
    return ask.go(f"/cases/{case}{'?names=1' if ask.field('names') else ''}#files")


def take_file(ask: Ask) -> Response:
    """Gives one out (rule 2)."""
    case, digest = ask.names["case"], ask.names["digest"]
    file = the_cases(ask).find_file(case, digest)
    path = None if ask.site.files is None else file_place(ask.site.files, digest)
    if path is None or not path.is_file():
        return ask.page("error", status=404, status_shown=404, error=UploadError(_GONE))
    ask.access.note(ask.whose, ActKind.FILE_TAKEN, case=case, digest=digest)
    return ask.send_file(path, file.name)


def drop_file(ask: Ask) -> Response:
    """Says that a file no longer belongs to a case; it stays where it lies, so that it can be taken back."""
    cases, case, digest = the_cases(ask), ask.names["case"], ask.names["digest"]
    try:
        file = cases.find_file(case, digest)
        why = ask.line("why")
        cases.name_file(case, digest, file.name, file.size, me(ask), why, ask.access.now(), on=False, sm3=file.sm3)
    except (CasebookUsageError, CaseStateError) as error:
        return case_page(ask, error=error, act="files")
    return ask.go(f"/cases/{case}#files")


def _place(ask: Ask, digest: str) -> Path:
    if ask.site.files is None:
        raise UploadError("no folder for files is set")
    place = file_place(ask.site.files, digest)
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise UploadError(N_("the disk of the console can't be written: nothing was kept")) from None
    return place


_GONE = N_("the console's folder no longer has this file: look for it in a backup, by its SHA-256")
PAGES = (
    Page(method="POST", path="/cases/{case}/files", act=add_files, roles=CASE_ROLES, upload=MOST_OF_CASE + MOST),
    Page(method="GET", path="/cases/{case}/files/{digest}", act=take_file, roles=CASE_ROLES, recorded=True),
    Page(method="POST", path="/cases/{case}/files/{digest}/drop", act=drop_file, roles=CASE_ROLES),
)
