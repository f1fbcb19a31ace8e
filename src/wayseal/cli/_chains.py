"""What commands say that verify a record of acts, whose lines hang together (`wayseal.journal.chain`)."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._texts import _
from wayseal.journal import Head
from wayseal.journal.chain import Fault
from wayseal.model.messages import N_

CHANGED: Final = 7
"""How a command ends that found something changed."""
_FAULTS = {
    "changed": N_("was changed"),
    "missing": N_("before it a line is missing, or one was moved or put in"),
    "act": N_("says what can't be"),
}


def parse_head(text: str | None, command: str) -> Head | None:
    """The head that `--head` was given; WrongUsageError where it is none. command: prints heads."""
    try:
        return None if text is None else Head.parse(text)
    except ValueError:
        raise WrongUsageError(
            "is no head such as 17:3f…, as `{command}` prints it", param_hint="--head", command=command
        ) from None


def chain_lines(
    path: Path, head: Head, acts: int, faults: Sequence[Fault], tables: str, more: Iterable[str]
) -> Iterator[str]:
    """What was found of a record, a line each. tables: that what is made of it differs; more: what is found else."""
    yield _("{path}: {lines} lines, {acts} acts", path=path, lines=head.lines, acts=acts)
    yield from (_("  line {line}: {what}", line=one.line, what=_(_FAULTS.get(one.code, tables))) for one in faults)
    if not faults:
        yield _("Nothing was changed, taken out or put in, as far as the lines say.")
    yield from more
    yield _(
        "Head: {head}  (write it down where nobody can change it who can write here; --head compares with it)",
        head=str(head),
    )


def chain_json(head: Head, acts: int, faults: Sequence[Fault], goes_on: bool | None) -> dict[str, object]:
    """The same for programs. goes_on: from the head that was given."""
    found = [{"line": one.line, "code": one.code} for one in faults]
    return {"head": str(head), "acts": acts, "faults": found, "goes_on_from_head": goes_on}
