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
ITEM_TEXTS = ByLanguage(
    {
        "case_pdf_zh": N_("Report of the case, on paper (Chinese)"),
        "case_pdf_en": N_("Report of the case, on paper (English)"),
        "case_html_zh": N_("Report of the case, as a page (Chinese)"),
        "case_html_en": N_("Report of the case, as a page (English)"),
        "case_json_zh": N_("Report of the case, for programs (Chinese texts)"),
        "case_json_en": N_("Report of the case, for programs (English texts)"),
        "reads_jsonl": N_("Reads that the reasons count, for programs"),
        "reads_csv_zh": N_("Reads that the reasons count, as a table (Chinese)"),
        "reads_csv_en": N_("Reads that the reasons count, as a table (English)"),
        "acts": N_("What was done with the case, from the casebook"),
        "heard": N_("Statement of the person concerned"),
        "checkpoint": N_("Signed checkpoint of the access ledger"),
        "key": N_("Public key of whoever keeps the checkpoints"),
        "file": N_("File that was added"),
        "proof": N_("Proof that a read stands in the access ledger"),
    }
)
REMARK_TEXTS = ByLanguage(
    {
        "unsigned": N_(
            "No signed checkpoint of the ledger was given: this pack proves nothing of what stood in the ledger before "
            "it was made."
        ),
        "some_proofs": N_(
            "Of {reads:,} reads {proofs:,} have a proof in the pack; the others stand in the list alone."
        ),
        "not_found": N_(
            "Detection finds no such case in the ledger of today (it was closed, or the ledger has changed): the pack "
            "holds no report of it."
        ),
        "unlisted": N_("Some reasons count reads that can't be listed one by one."),
        "formulas": N_(
            "In the CSV tables a cell that a spreadsheet would take for a formula begins with an apostrophe; "
            "reads.jsonl has every value as it is."
        ),
        "no_papers": N_("Neither list nor statement is in the pack: they could not be set as PDF where it was made."),
    }
)
