"""Notices of new cases: to 钉钉, 飞书, 企业微信, mail or a webhook, by the addresses of Apprise.

1. A notice names no account and no waybill: ids of cases, scores, how many accounts. Who may know more looks it up.
2. An address holds a secret, so none stands in an error, a log or the list of processes where it can be avoided: it may
   come from a file or the environment.
3. What could not be sent is said, with the place of its address in the list; the cases are registered all the same.
   Whatever fails with one address, the others are tried.
4. An address that Apprise can't read is refused before the work begins.
"""

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wayseal.cli._errors import WrongUsageError
from wayseal.detect import Case
from wayseal.model import WaysealError
from wayseal.model.messages import N_, filled
from wayseal.page.languages import ByLanguage

if TYPE_CHECKING:
    from apprise import Apprise


TEXTS = ByLanguage(
    {
        "title": N_("Wayseal: {n} new {n:case|cases}"),
        "line": N_("{id}: {score:.0%}, {n} {n:account|accounts}"),
        "more": N_("See them with `wayseal detect` or `wayseal case list`."),
    }
)


class NotifyError(WaysealError):
    """A notice could not be sent; says to which address in the list, never what it is."""

    exit_code = 5


def read_addresses(given: Sequence[str]) -> list[str]:
    """Addresses of notices; `@FILE` stands for those in a file, one a line, # for remarks.

    BadParameter says which in the list can't be read (rule 4); OSError.
    """
    out: list[str] = []
    for text in given:
        out += _read_file(Path(text[1:])) if text.startswith("@") else [text]
    for number, address in enumerate(out, 1):
        if _sender(address) is None:
            raise WrongUsageError("address {number} is none that Apprise knows", param_hint="--notify", number=number)
    return out


def _read_file(path: Path) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise WrongUsageError("{path} isn't text in UTF-8", param_hint="--notify", path=path) from None
    return [line for line in lines if line and not line.startswith("#")]


def _sender(address: str) -> "Apprise | None":
    """What sends to an address; None where it is none. Its log is kept to itself: addresses stand in it (rule 2)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of modules that Apprise loads
        from apprise import Apprise

        log = logging.getLogger("apprise")
        log.addHandler(logging.NullHandler())
        log.propagate = False
        made = Apprise()
        return made if made.add(address) else None


def send_notices(cases: Sequence[Case], to: Sequence[str], lang: str) -> None:
    """Sends one notice of some new cases to each address. NotifyError names the first that failed (rule 3)."""
    if not cases or not to:
        return
    words = TEXTS[lang]
    lines = [filled(words["line"], id=c.id, score=c.score, n=len(c.people)) for c in cases]
    body = "\n".join([*lines, words["more"]])
    failed = []
    for number, address in enumerate(to, 1):
        one = _sender(address)
        if one is None or not one.notify(body=body, title=filled(words["title"], n=len(cases))):
            failed.append(number)
    if failed:
        raise NotifyError(
            "--notify: nothing could be sent to address {number}; the cases are registered", number=failed[0]
        )
