"""What `wayseal case` and `wayseal verdict` say."""

from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

CASE_TEXTS = ByLanguage(
    {
        "none": N_("No case."),
        "case": N_(
            "{id}  {state}  expected loss a day {loss}, probability {score}, alerted {alerted}, {detectors}: {actors}"
        ),
        "list_comma": N_(", ", context="list_comma"),
        "new": N_("new"),
        "opened": N_("opened"),
        "in_progress": N_("in progress"),
        "waiting_state": N_("waiting for somebody"),
        "reopened": N_("reopened"),
        "true": N_("closed: true"),
        "false": N_("closed: false"),
        "duplicate": N_("closed: known already"),
        "no_case": N_("closed: no case"),
        "merged": N_("merged into another case"),
        "no_reason": N_("no reason given", context="no_reason"),
        "act_opened": N_("    {at}  {who} opened the case: {why}"),
        "act_unmasked": N_("    {at}  {who} opened it together with others: {why}"),
        "act_reads": N_("    {at}  {who} looked at its reads: {why}"),
        "act_heard": N_("    {at}  {who} heard the person and wrote it down"),
        "act_verdict_true": N_("    {at}  {who} gave the verdict true: {why}"),
        "act_verdict_false": N_("    {at}  {who} gave the verdict false: {why}"),
        "act_changed": N_("    {at}  {who} changed {field} from {was} to {now}: {why}"),
        "act_note": N_("    {at}  {who} wrote note {id}"),
        "act_task": N_("    {at}  {who} set task {id}"),
        "act_link": N_("    {at}  {who} changed its links: {why}"),
        "act_pack_sealed": N_("    {at}  {who} sealed a pack of evidence ({seal}…): {why}"),
        "act_pack_copied": N_("    {at}  {who} fetched a pack of evidence ({seal}…): {why}"),
        "act_pack_handed_over": N_("    {at}  {who} handed a pack of evidence over to {to} ({seal}…): {why}"),
        "act_pack_returned": N_("    {at}  {who} took back a pack of evidence from {to} ({seal}…): {why}"),
        "act_file": N_("    {at}  {who} changed its files: {why}"),
        "act_merge": N_("    {at}  {who} merged {case} into {into}: {why}"),
        "act_unmerge": N_("    {at}  {who} took {case} out of {into} again: {why}"),
        "act_split": N_("    {at}  {who} split {made} off from {case}: {why}"),
        "act_undone": N_("    {at}  {who} took back line {line}"),
        "act_promoted": N_("    {at}  {who} made {item} of the queue a case: {why}"),
        "field_state": N_("state", context="field_state"),
        "field_owner": N_("owner", context="field_owner"),
        "field_priority": N_("priority", context="field_priority"),
        "field_snoozed": N_("put off until", context="field_snoozed"),
        "field_title": N_("title", context="field_title"),
        "nothing": N_("nothing", context="nothing"),
        "total": N_(
            "{total} {total:case|cases}: {new} new, {opened} opened, {true} closed as true, {false} closed as false, "
            "{others} otherwise. Times are in {zone}."
        ),
        "lead": N_("A case is a lead, not a verdict: look at the reads, and hear the person."),
        "forgotten": N_("{at} ({zone})  {who} had {cases} {cases:case|cases} forgotten, closed before {before}: {why}"),
        "open": N_("{id} is open; recorded that {who} sees these names: {why}"),
        "name": N_("  {pseudonym}  {name}"),
        "said": N_("{at} ({zone})  {name} said (written down by {who}):"),
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
        "tables": N_(
            "from here on the tables say something else than the lines: `wayseal case rebuild` makes them anew"
        ),
        "stands": N_("{id}: {state}"),
        "noted": N_("{id}: wrote note {note}."),
        "merged_now": N_("{id} went into {into}."),
        "copied": N_("{path}: a copy of {lines} lines"),
        "rebuilt": N_("The tables were made anew from {lines} lines."),
        "head": N_(
            "Head: {head}  (write it down where nobody can change it who can write here; --head compares with it)"
        ),
        "goes_on": N_("The casebook goes on from the head that was given."),
        "restarted": N_(
            "The head that was given is the end from before cases were forgotten, at {at} ({zone}) by {who}."
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
