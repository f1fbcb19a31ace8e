"""The kind `verify`: whether the ledger is what it was."""

from collections.abc import Mapping
from pathlib import Path

from wayseal.console.jobs.work import Work
from wayseal.ledger.integrity import FINDING_TEXTS, Verification, verify
from wayseal.merkle import MerkleError, VerifyKey
from wayseal.model.messages import N_, Message

_TOLD = 100
_ENDING = "*.checkpoint"


def run(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Looks at everything, with the newest checkpoint where one is kept; each finding is a line of the log."""
    del values
    notes, keys = newest_checkpoint(work)
    found = verify(work.ledger, notes, keys, work.step)
    for one in found.findings[:_TOLD]:
        text = Message(FINDING_TEXTS[one.code], one.values)
        work.say(N_("{file}: {text}"), file=_inside(one.where, work.ledger), text=text)
    if len(found.findings) > _TOLD:
        work.say(N_("and {more:,} more"), more=len(found.findings) - _TOLD)
    return _result(found)


def _result(found: Verification) -> Mapping[str, str]:
    return {
        "findings": str(len(found.findings)),
        "files": str(found.files),
        "rows": "" if found.rows is None else str(found.rows),
        "size": str(found.size),
        "root": found.root,
        "checkpoints": str(len(found.checkpoints)),
    }


def newest_checkpoint(work: Work) -> tuple[list[tuple[Path, bytes]], list[VerifyKey]]:
    """The newest checkpoint of the settings' folder, and the key under which it counts; nothing where none is kept."""
    folder, key = work.settings.checkpoint_folder, work.settings.checkpoint_key
    if folder is None or key is None:
        return [], []
    files = sorted(folder.glob(_ENDING), key=lambda file: file.name)
    try:
        keys = [VerifyKey.parse(key.read_text("utf-8").strip())]
    except MerkleError as error:
        raise error.at(file=key) from None
    return [(file, file.read_bytes()) for file in files[-1:]], keys


def _inside(where: str, ledger: Path) -> str:
    """A place as seen from the ledger."""
    path = Path(where)
    return str(path.relative_to(ledger)) if path.is_relative_to(ledger) else path.name
