"""The words of the papers and of the case report; templates have the layout alone."""

from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

HANDOVER_TEXTS = ByLanguage(
    {
        "certificate": N_("Certificate of electronic evidence"),
        "list": N_("List of electronic data provided"),
        "statement": N_("Statement on the electronic data"),
        "running": N_("Electronic data provided"),
        "certificate_note": N_("Goes with data that is provided in electronic form (法发〔2022〕23号, art. 14)"),
        "certificate_says": N_(
            "The unit states that the electronic data of this pack was exported from its own systems as the statement "
            "says, and that its integrity can be checked with the values above."
        ),
        "notice": N_("Number of the notice"),
        "authority": N_("Authority"),
        "unit": N_("Providing unit"),
        "case": N_("Case, by the unit's number"),
        "pack": N_("Pack"),
        "contents": N_("Electronic data"),
        "contents_value": N_("{items:,} items, {files:,} files, {size:,} bytes; see the list"),
        "period": N_("Made"),
        "made_value": N_("{at} ({zone}), by {who}"),
        "value_sha256": N_("Integrity value, SHA-256"),
        "value_sm3": N_("Integrity value, SM3"),
        "value_of": N_("Method of checking"),
        "value_how": N_(
            "The values are those of the files manifest-sha256.txt and manifest-sm3.txt, which list each file with its "
            "value. In the unpacked folder: sha256sum manifest-sha256.txt; sha256sum -c manifest-sha256.txt; "
            "find data ! -type d -o -empty | wc -l, which gives as many files as stated above. Or: "
            "wayseal evidence verify PACK.zip"
        ),
        "ledger": N_("Access ledger"),
        "ledger_signed": N_(
            "{origin}: {size:,} leaves, root {root}, signed by {keys}. {proofs:,} reads are proven to stand in it."
        ),
        "ledger_unsigned": N_("The ledger was not signed at this time; this pack holds no proofs of its reads."),
        "stamp": N_("Time stamp"),
        "stamp_how": N_("If there is one it lies beside the pack, in PACK.zip.tsr (RFC 3161)."),
        "provider": N_("Provided by (signature)"),
        "phone": N_("Telephone"),
        "position": N_("Position"),
        "date": N_("Date"),
        "investigator": N_("Investigator (signature)"),
        "seal_place": N_("Seal of the providing unit, or its electronic signature"),
        "list_note": N_(
            "Every file was hashed by the program when it was taken in. Sizes are in bytes; pieces of 4 KiB are hashed "
            "one by one in chunks.bin, so that a change can be located."
        ),
        "list_end": N_("End of the list; nothing follows."),
        "col_number": N_("No."),
        "col_name": N_("Name, file"),
        "col_kind": N_("Kind, format"),
        "col_size": N_("Bytes"),
        "col_value": N_("Integrity value"),
        "proofs_title": N_("Proofs that reads stand in the ledger, {count:,} files"),
        "proofs_note": N_("Value of each file: see manifest-sha256.txt and manifest-sm3.txt"),
        "made_by": N_("Made with Wayseal {wayseal}"),
        "source": N_("From: {source}"),
        "s_origin": N_("1. Where the data is from"),
        "s_origin_1": N_(
            "The reads are rows of the unit's own access logs, as they were taken into the access ledger of Wayseal; "
            "each names its source and row. The reports were made from them by the commands below. The ledger holds no "
            "names, phones or addresses of senders and recipients."
        ),
        "s_origin_2": N_("Ledger: digest {digest}, generation {generation:,}. Days looked at: {since} to {until}."),
        "s_method": N_("2. How it was extracted"),
        "s_method_1": N_(
            "On {at} ({zone}) {who} exported case {case} with Wayseal {wayseal}. Reason: {why}. The export was "
            "recorded in the casebook before anything was shown; its head then was {head}."
        ),
        "s_method_2": N_("The same ledger and these commands give the same result; no random numbers are used:"),
        "s_integrity": N_("3. How integrity is protected"),
        "s_integrity_1": N_(
            "Each file has its SHA-256 and SM3 in the manifests, and a SHA-256 of each 4 KiB in chunks.bin. Acts of "
            "custody are chained in custody.jsonl. All of it hangs on one value, the seal: the SHA-256 of "
            "tagmanifest-sha256.txt, which the program told at the export."
        ),
        "s_people": N_("4. Persons"),
        "s_people_1": N_(
            "Accounts of this case stand under their ids, since it was opened with the reason recorded; all others "
            "are left out or under pseudonyms. What the persons concerned said is in the pack; so far {heard:,} "
            "statements are recorded."
        ),
        "s_limits": N_("5. What it shows and what not"),
        "s_limits_1": N_(
            "The data shows which account read which waybill, when, and through what. It does not show which natural "
            "person sat at the account, and it does not show that a waybill was sold. What detection says is a lead "
            "for an investigation."
        ),
        "s_limits_2": N_(
            "The integrity values show that nothing was changed after the export. What stood in the ledger before that "
            "is proven by the signed checkpoint alone, for the reads whose proofs are in the pack."
        ),
        "s_remarks": N_("6. Remarks"),
    }
)
CASE_TEXTS = ByLanguage(
    {
        "running": N_("Report of a case"),
        "title": N_("Report of case {case}"),
        "headline": N_("{accounts:,} {accounts:account|accounts}, {waybills:,} waybills, probability {score}"),
        "headline_none": N_("{accounts:,} {accounts:account|accounts}, {waybills:,} waybills"),
        "lead": N_("A lead for an investigation, never a verdict: the person concerned can be heard at any time."),
        "heard": N_("What the person concerned said"),
        "not_heard": N_("Nobody has been heard so far."),
        "said": N_("{at}, written down by {who}"),
        "facts": N_("The case"),
        "f_case": N_("Case"),
        "f_state": N_("State"),
        "f_alerted": N_("Alerted"),
        "f_score": N_("Probability"),
        "f_days": N_("Days looked at"),
        "f_reads": N_("Reads in the list"),
        "f_waybills": N_("Distinct waybills"),
        "f_accounts": N_("Accounts"),
        "days_value": N_("{since} to {until}"),
        "people": N_("Accounts"),
        "account": N_("Account"),
        "role": N_("Role"),
        "place": N_("Place"),
        "strength": N_("Strength"),
        "reasons": N_("Reasons"),
        "count": N_("Count"),
        "peers": N_("Others (5 % to 95 %)"),
        "days": N_("Days", context="days"),
        "strength_value": N_("{word} (×{times})"),
        "weak": N_("weak"),
        "clear": N_("clear"),
        "strong": N_("strong"),
        "very_strong": N_("very strong"),
        "law": N_("Counts beside marks of the law"),
        "law_note": N_("{waybills:,} distinct waybills were read. 法释〔2017〕10号, art. 5, counts items so:"),
        "law_kind": N_("Kind of personal information"),
        "law_mark": N_("From"),
        "law_half": N_("Got at work: half"),
        "law_where": N_("whereabouts, content of communication, credit, property"),
        "law_trade": N_("lodging, communication records, health, trade"),
        "law_other": N_("other"),
        "law_lawyer": N_("Which kind it is, and whether anything was got or sold, is for the lawyer to say."),
        "acts": N_("What was done with the case"),
        "time": N_("Time ({zone})"),
        "what": N_("What"),
        "act_opened": N_("{who} opened the case and saw its names: {why}"),
        "act_unmasked": N_("{who} saw its names in a list: {why}"),
        "act_reads": N_("{who} looked at its reads: {why}"),
        "act_heard": N_("{who} heard the person concerned"),
        "act_verdict": N_("{who} gave a verdict: {why}"),
        "act_changed": N_("{who} changed it: {why}"),
        "act_note": N_("{who} wrote a note"),
        "act_task": N_("{who} set a task"),
        "act_link": N_("{who} linked it: {why}"),
        "act_file": N_("{who} named a file: {why}"),
        "act_pack": N_("{who} sealed, fetched or handed on a pack of evidence: {why}"),
        "act_merge": N_("{who} merged it: {why}"),
        "act_split": N_("{who} split it: {why}"),
        "act_undone": N_("{who} took an act back"),
        "act_promoted": N_("{who} made it a case: {why}"),
        "state_new": N_("new"),
        "state_opened": N_("opened"),
        "state_in_progress": N_("in progress"),
        "state_waiting": N_("waiting for somebody"),
        "state_reopened": N_("opened anew after it was closed"),
        "state_duplicate": N_("closed: known already"),
        "state_no_case": N_("closed: no case"),
        "state_merged": N_("gone into another case"),
        "state_true": N_("closed: the reads were not work"),
        "state_false": N_("closed: the reads were work, or it can't be said"),
        "made": N_("How this was made"),
        "m_wayseal": N_("Program"),
        "m_ledger": N_("Ledger"),
        "m_ledger_value": N_("digest {digest}, generation {generation:,}"),
        "m_seed": N_("Seeds"),
        "m_seed_value": N_("none: detection uses no random numbers"),
        "m_head": N_("Head of the casebook"),
        "m_checkpoint": N_("Checkpoint"),
        "reads": N_("Reads", context="reads"),
        "reads_all": N_("All {count:,} reads that the reasons count, by time."),
        "reads_some": N_("The first {shown:,} of {count:,} reads, by time; all stand in reads.csv and reads.jsonl."),
        "reads_none": N_("No read could be listed."),
        "read": N_("Read"),
        "waybill": N_("Waybill"),
        "way": N_("Way"),
        "work": N_("Work near"),
        "score_none": N_("not told: detection finds no such case in the ledger of today"),
    }
)
