"""What `wayseal case` and `wayseal verdict` say."""

from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

CASE_TEXTS = ByLanguage(
    {
        "none": N_("No case."),
        "case": N_("{id}  {state}  score {score}, alerted {alerted}, {detectors}: {actors}"),
        "list_comma": N_(", ", context="list_comma"),
        "new": N_("new"),
        "opened": N_("opened"),
        "true": N_("closed: true"),
        "false": N_("closed: false"),
        "no_reason": N_("no reason given", context="no_reason"),
        "act_opened": N_("    {at}  opened by {who}: {why}"),
        "act_unmasked": N_("    {at}  opened together with others by {who}: {why}"),
        "act_reads": N_("    {at}  reads listed for {who}: {why}"),
        "act_heard": N_("    {at}  the person was heard, written down by {who}"),
        "act_verdict_true": N_("    {at}  verdict true by {who}: {why}"),
        "act_verdict_false": N_("    {at}  verdict false by {who}: {why}"),
        "total": N_(
            "{total} {total:case|cases}: {new} new, {opened} opened, {true} closed as true, {false} closed as false. "
            "Times are in UTC+8."
        ),
        "lead": N_("A case is a lead, not a verdict: look at the reads, and hear the person."),
        "forgotten": N_("{at} (UTC+8)  {who} had {cases} {cases:case|cases} forgotten, closed before {before}: {why}"),
        "unread": N_("{path}:{line}: this line was cut off by a crash and is left out; the others count"),
        "open": N_("{id} is open; recorded that {who} sees these names: {why}"),
        "name": N_("  {pseudonym}  {name}"),
        "said": N_("{at} (UTC+8)  {name} said (written down by {who}):"),
        "somebody": N_("the person concerned"),
        "line": N_("  | {line}"),
        "not_heard": N_(
            "Nobody has been heard in this case yet. What the person says belongs here: `wayseal case hear LEDGER {id} "
            "--who NAME --file FILE`."
        ),
        "heard": N_("{id}: recorded what the person said."),
        "judged_true": N_("{id} is closed: true. A verdict can be revised by a later one."),
        "judged_false": N_(
            "{id} is closed: false. Its names are pseudonyms again. A verdict can be revised by a later one."
        ),
        "unheard": N_("No statement of the person is recorded in this case."),
        "looked": N_("{path}: {lines} lines, {acts} acts"),
        "fine": N_("Nothing was changed, taken out or put in, as far as the lines say."),
        "fault": N_("  line {line}: {what}"),
        "changed": N_("was changed"),
        "missing": N_("before it a line is missing, or one was moved or put in"),
        "act": N_("says what can't be"),
        "head": N_(
            "Head: {head}  (write it down where nobody can change it who can write here; --head compares with it)"
        ),
        "goes_on": N_("The casebook goes on from the head that was given."),
        "restarted": N_(
            "The head that was given is the end from before cases were forgotten, at {at} (UTC+8) by {who}."
        ),
        "goes_not_on": N_(
            "The casebook does NOT go on from the head that was given: lines were cut off or written anew, or cases "
            "were forgotten after it and more was written in between."
        ),
        "forgot": N_(
            "Forgotten: {cases} {cases:case|cases} closed before {before}, {acts} acts. The chain of lines starts "
            "anew; before it had {lines} lines, the last with {head}."
        ),
        "would_forget": N_(
            "Would be forgotten (nothing was changed): {cases} {cases:case|cases} closed before {before}: {ids}"
        ),
        "nothing_to_forget": N_("No case was closed before {before}; nothing was changed."),
        "waiting": N_("{count} older {count:case has|cases have} no verdict and {count:stays|stay}: {ids}"),
        "elsewhere": N_("Copies of the casebook hold what went until they are removed."),
    }
)
