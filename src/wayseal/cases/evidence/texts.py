"""What is said of a pack: on a screen, in its list and statement, in the case report as PDF."""

from collections.abc import Iterator

from wayseal.cases.evidence.findings import Code, PackVerification
from wayseal.model.errors import Finding
from wayseal.model.messages import N_, filled
from wayseal.model.times import time_at
from wayseal.page import numbers
from wayseal.page.languages import ByLanguage
from wayseal.page.visible import visible

FINDINGS = ByLanguage(
    {
        Code.CHANGED: N_("was changed; it has {size:,} bytes now"),
        Code.CHUNKS: N_("pieces of 4 KiB that differ: {chunks} ({count:,} of {of:,}), from byte {first:,} on"),
        "chunks_lines": N_(
            "pieces of 4 KiB that differ: {chunks} ({count:,} of {of:,}), from byte {first:,} on, in lines {lines}"
        ),
        Code.BYTES: N_(
            "bytes {first:,} to {last:,} are not those of the original ({count:,} {count:byte|bytes}); the first "
            "stands in line {line:,}, byte {column:,}"
        ),
        Code.MISSING: N_("is missing; {by} names it"),
        Code.EXTRA: N_("is in no manifest: it was put in"),
        Code.RECORD: N_("says something else of {path} than the other records, which it fits: this record was changed"),
        Code.LINE: N_("line {line:,} can't be read: it was changed"),
        Code.INDEX: N_("can't be read: it is missing, or was changed"),
        Code.CUSTODY: N_("line {line:,} was changed, or before it one is missing, was moved or put in"),
        Code.CUSTODY_HASH: N_("says something else of {path} than the manifests"),
        Code.SEAL: N_("the seal is not the one that was given: all or part of the pack was made anew"),
        Code.PROOF: N_("the proof doesn't hold"),
        Code.PROOF_KEY: N_("the proof's checkpoint was signed by {keys}, and by no key that was given"),
        Code.PROOF_READ: N_("proves another read than the pack lists"),
        Code.PROOF_POINT: N_("leads to another checkpoint than the pack's"),
        Code.STAMP: N_("the time stamp doesn't hold: of other content, or signed by nobody who is trusted"),
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
        "lost_files": N_(
            "Of the files that were added to the case {lost:,} {lost:is|are} no longer where they were kept, and not "
            "in this pack."
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
PACK_TEXTS = ByLanguage(
    {
        "pack": N_("Pack: {name} (case {case})"),
        "unnamed": N_("Pack: {name}"),
        "made": N_("Made on {at} by {who}, with Wayseal {wayseal}"),
        "looked": N_("Checked: {files:,} {files:file|files}, {size:,} bytes"),
        "seal": N_("Seal: {seal}"),
        "remark": N_("  {text}"),
        "remarks": N_("The pack says of itself:"),
        "proofs": N_("Proofs: {count:,} {count:read stands|reads stand} in the ledger, as signed by {keys}"),
        "no_proofs": N_("Proofs: none, the ledger was not signed when the pack was made"),
        "own_key": N_(
            "The key that they were checked with comes from the pack itself: compare its id with the one that its "
            "keeper gave you, or give it with --key."
        ),
        "stamped": N_("Time stamp: {at}, by {by}"),
        "other_archive": N_(
            "The archive around the files is not as Wayseal writes it: it was packed anew, or a byte beside the files "
            "was changed. The files are judged on their own."
        ),
        "fine": N_("Nothing was changed."),
        "alone": N_(
            "The pack agrees with itself; whoever has all of it could have made it anew. Compare the seal with the one "
            "that was written down when it was made (--seal), or have its time stamp checked (--stamp-ca)."
        ),
        "bad": N_("{count:,} {count:finding|findings}:"),
        "finding": N_("  {where}: {what}"),
    }
)


def describe_pack(found: PackVerification, lang: str, *, anchored: bool) -> Iterator[str]:
    """A verification, a line each thing. anchored: it was held against something that was kept elsewhere."""
    words = PACK_TEXTS[lang]
    yield filled(words["pack" if found.case else "unnamed"], name=visible(found.name), case=visible(found.case))
    if found.made_at:
        made = numbers.parse(found.made_at)
        when = numbers.clock(made) if made else visible(found.made_at)
        yield filled(words["made"], at=when, who=visible(found.who), wayseal=visible(found.wayseal))
    yield filled(words["looked"], files=found.files, size=found.size)
    yield filled(words["seal"], seal=found.seal)
    if found.proofs:
        yield filled(words["proofs"], count=found.proofs, keys=", ".join(map(visible, found.keys)))
    if found.own_key and found.proofs:
        yield words["own_key"]
    if found.stamped is not None:
        yield filled(
            words["stamped"], at=numbers.clock(time_at(found.stamped.at), seconds=True), by=visible(found.stamped.by)
        )
    if found.remarks:
        yield words["remarks"]
        yield from (filled(words["remark"], text=visible(one.get(lang, ""))) for one in found.remarks)
    if not found.as_written:
        yield words["other_archive"]
    if found.findings:
        yield filled(words["bad"], count=len(found.findings))
        yield from (describe_finding(one, lang) for one in found.findings)
        return
    yield words["fine"]
    if not anchored:
        yield words["alone"]


def describe_finding(finding: Finding, lang: str) -> str:
    """One thing that is wrong."""
    code = "chunks_lines" if finding.code == Code.CHUNKS and finding.values["lines"] else finding.code
    values = {name: visible(value) if isinstance(value, str) else value for name, value in finding.values.items()}
    what = filled(FINDINGS[lang][code], **values)
    return filled(PACK_TEXTS[lang]["finding"], where=visible(finding.where), what=what)
