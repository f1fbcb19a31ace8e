"""What codes of training are called: states, and acts of a person's history."""

from collections.abc import Mapping

from wayseal.cases.training.courses import STATES
from wayseal.model.messages import N_

OF_TRAINING: Mapping[str, str] = {
    **{f"training.{state}": text for state, text in STATES.items()},
    "place.training": N_("Training"),
    "training.all": N_("All"),
    "training_act.typed": N_("Completed, typed in"),
    "training_act.test": N_("Passed the test, supervised"),
    "training_act.failed": N_("Didn't pass the test, supervised"),
    "training_act.imported": N_("Completed, imported"),
    "training_act.gone": N_("Missing from a whole list: doesn't count any more"),
    "training_act.revoked": N_("Revoked as a mistake"),
    "training_act.opened": N_("Opened in an emergency"),
    "training_act.yes": N_("The opening was right"),
    "training_act.no": N_("The opening wasn't right: it ended"),
    "training_held.completed": N_("A file of completions comes in"),
    "training_held.revoked": N_("A completion is revoked"),
    "training_held.adopted": N_("Other courses come into force"),
    "training_held.shutting": N_("The vault is brought up to date"),
    "training_held.opened": N_("An emergency opening, which counts already"),
}
