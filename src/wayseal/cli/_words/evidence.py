"""What `wayseal evidence` says beside what a pack says of itself."""

from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

EVIDENCE_TEXTS = ByLanguage(
    {
        "exported": N_("{out}: {files:,} {files:file|files}, {size:,} bytes"),
        "seal": N_("Seal: {seal}"),
        "write_down": N_("Write the seal down where nobody who holds the pack can change it."),
        "check": N_("To check it: wayseal evidence verify {out}"),
        "no_papers": N_("No PDF was made, neither list nor statement: {reason}"),
        "stamped": N_("{path}: stamped on {at} by {by}, as the service says; verify checks that (--stamp-ca)"),
        "queued": N_(
            "Not stamped: {reason}. The wish is kept in {path}; once the service can be reached: wayseal evidence "
            "stamp {out}"
        ),
        "stamp_unchecked": N_(
            "{path} is a time stamp that was not checked: give the service's certificate (--stamp-ca)"
        ),
    }
)
