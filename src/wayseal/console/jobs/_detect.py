"""The kind `detect`: reads that no work explains, as cases."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from wayseal.cases.ledger.casebook import FOLDER
from wayseal.cases.ledger.detection import Detection, find_cases
from wayseal.cases.notices import noticing
from wayseal.console.jobs._notices import read_addresses, tell
from wayseal.console.jobs.work import Work
from wayseal.detect import DetectResult, Options
from wayseal.detect.explain import load_templates
from wayseal.model.messages import N_


def run(values: Mapping[str, str], work: Work) -> Mapping[str, str]:
    """Looks at the newest four weeks, registers what is found, and tells of what is new (`_notices`)."""
    del values
    settings, to = work.settings, read_addresses(work.settings)  # before the work: what is wrong is said at once
    options = Options(templates=load_templates(settings.templates), false_alarm=settings.false_alarm)
    request = Detection(ledger=work.ledger, options=options, canaries=settings.canaries, contracts=settings.contracts)

    def around(result: DetectResult) -> AbstractContextManager[None]:
        return noticing(work.ledger, work.ledger / FOLDER, to if result.worth else (), work.now)

    found, recorded = find_cases(request, work.at, work.step, around)
    if not recorded:
        work.say(N_("the casebook can't be written: nothing was recorded"))
    if not found.judged.enough:
        work.say(N_("most of what was read could not be judged: see what tables the ledger lacks"))
    told = tell(to, work) if to and recorded else {}
    return {"cases": str(len(found.cases)), "held": str(found.held), "recorded": str(int(recorded)), **told}
