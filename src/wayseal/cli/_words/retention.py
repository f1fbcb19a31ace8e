"""What `wayseal ledger purge` and `compact` say."""

from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

RETENTION_TEXTS = ByLanguage(
    {
        "would": N_("Would go (nothing was changed): everything about waybills first seen before {before}"),
        "went": N_("Purged: everything about waybills first seen before {before}"),
        "nothing": N_("Nothing to purge: no waybill was first seen before {before}, and nothing was asked before it."),
        "what": N_("  {reads:,} reads in segments of {days:,} days, {waybills:,} waybills, {queries:,} logged queries"),
        "segments": N_("  the segments have {bytes:,} bytes"),
        "day": N_("    {day}  {reads:>13,}"),
        "held": N_(
            "  {held:,} waybills stay though they were first seen earlier: they have reads that are younger than six "
            "months"
        ),
        "size": N_("  ledger: {before:,} bytes before, {now:,} now"),
        "left": N_(
            "  {bytes:,} bytes of what went are still being read by somebody: they go at the next ingest, purge or "
            "compaction after that"
        ),
        "elsewhere": N_(
            "Copies elsewhere are as they were: backups from before today hold what went until they expire, and a disk "
            "may hold it until its blocks are written anew."
        ),
        "proof": N_(
            "{out}: proof of the purge. Have the ledger's checkpoint signed now, before anything else is written to "
            "it: the proof needs it."
        ),
        "proof_signed": N_("{out}: proof of the purge, with the checkpoint after it"),
        "compacted": N_("{files_before:,} files before, {files:,} now; {bytes_before:,} bytes before, {bytes:,} now"),
        "compact_nothing": N_("nothing to do: each kind and bucket has one file"),
        "compact_left": N_(
            "{bytes:,} bytes of replaced files are still being read by somebody: they go at the next ingest, purge or "
            "compaction after that"
        ),
    }
)
