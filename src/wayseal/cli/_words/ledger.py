"""What `wayseal ledger` says."""

from wayseal.ledger.integrity import FINDING_TEXTS
from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

LEDGER_TEXTS = ByLanguage(
    {
        "key_made": N_("private key: {private} (keep it to yourself); public key: {public}; id {key}"),
        "signed": N_(
            "{out}: {origin}, {size:,} {size:leaf|leaves}. Let somebody keep it who can't write to the ledger."
        ),
        "proof_made": N_("{out}: leaf {leaf:,}"),
        "ledger": N_("Ledger: {ledger} ({origin})"),
        "tree": N_("Tree: {size:,} {size:leaf|leaves}, root {root}"),
        "looked": N_("Checked: {files:,} {files:file|files}, {tiles:,} {tiles:tile|tiles}, {rows:,} {rows:read|reads}"),
        "looked_less": N_(
            "Checked: {files:,} {files:file|files}, {tiles:,} {tiles:tile|tiles}, and no reads because of what follows"
        ),
        "kept": N_(
            "Checkpoint {where}: holds. {size:,} {size:leaf|leaves}, signed by {keys}; the tree goes on from it"
        ),
        "alone": N_(
            "No checkpoint was given: the ledger agrees with itself, but whoever can write to it could have made it "
            "so. Compare it with one that somebody else keeps."
        ),
        "fine": N_("Nothing was changed."),
        "bad": N_("{count:,} {count:finding|findings}:"),
        "none": N_("-"),
        "report_untied": N_(
            "The report or the ledger has no checkpoint: whether the ledger is what it was can't be said."
        ),
        "report_now": N_("The ledger is what it was: {size:,} {size:leaf|leaves}, the root of the report."),
        "report_grown": N_(
            "The ledger has grown since: {size:,} {size:leaf|leaves} then, {now:,} now. It begins as it was then, as "
            "these hashes show (RFC 9162): {proof}"
        ),
        "report_purged": N_(
            "It was purged since: on {at} by {who} ({why}) everything about waybills first seen before {before} was "
            "removed, {reads:,} {reads:read|reads}. A trace of today can't see them."
        ),
        "report_digest": N_("The report's ledger digest is not the one of its checkpoint: the report was changed."),
        "report_leaks": N_("Not reproduced: the leaks file is not the one of the report."),
        "report_same": N_("Reproduced: the trace gives what the report says."),
        "report_differs": N_("Not reproduced. These keys differ: {keys}"),
        "report_since": N_(
            "The trace was made on the ledger as it is now, with what came in since the report; this may be all that "
            "makes the difference. To settle it, trace on a copy of the ledger from then."
        ),
        "report_unproven": N_("Not verified: without a checkpoint nothing shows that the report is of this ledger."),
        **FINDING_TEXTS,
    }
)
