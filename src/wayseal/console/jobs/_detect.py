"""The kind `detect`: reads that no work explains, as cases."""

from collections.abc import Mapping

from wayseal.cases.ledger.detection import Detection, find_cases
from wayseal.console.jobs.work import Work
from wayseal.detect import Options
from wayseal.detect.explain import load_templates
from wayseal.detect.window import parse_offset
from wayseal.model.messages import N_


def run(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Looks at the newest four weeks, and registers what is found; notices of new cases are the command line's."""
    del values
    settings = work.settings
    offset = parse_offset(offset_text(settings.utc_offset_hours))
    options = Options(offset=offset, templates=load_templates(settings.templates))
    request = Detection(ledger=work.ledger, options=options, canaries=settings.canaries, contracts=settings.contracts)
    found, recorded = find_cases(request, work.at, work.step)
    if not recorded:
        work.say(N_("the casebook can't be written: nothing was recorded"))
    if not found.judged.enough:
        work.say(N_("most of what was read could not be judged: see what tables the ledger lacks"))
    return {"cases": str(len(found.cases)), "held": str(found.held), "recorded": str(int(recorded))}


def offset_text(hours: int) -> str:
    """An offset from UTC, such as +08:00."""
    return f"{hours:+03d}:00"
