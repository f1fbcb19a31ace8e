"""What `wayseal ledger backup`, `restore` and `doctor` say."""

from wayseal.ledger.upkeep import Fault, Severity
from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

UPKEEP_TEXTS = ByLanguage(
    {
        "backed_up": N_(
            "{dest}: backup of generation {generation:,}, {reads:,} reads. {copied:,} of {files:,} files copied "
            "({copied_bytes:,} of {bytes:,} bytes), each checked by SHA-256."
        ),
        "up_to_date": N_("{dest}: generation {generation:,}, {reads:,} reads; it was up to date."),
        "restored": N_(
            "{dest}: ledger of generation {generation:,}, {reads:,} reads. {files:,} files checked by SHA-256."
        ),
        "one_goes_on": N_(
            "Go on with this one or with the original, never with both: they would give different reads the same "
            "salts. Reads that came in after the backup are not in it; ingest their sources again."
        ),
        "looked_at": N_("Ledger: {ledger}, {files:,} files, {bytes:,} bytes; {free:,} bytes free on its disk"),
        "healthy": N_("Healthy: nothing was found. With --deep, counts and marks are compared with the reads, too."),
        "healthy_deep": N_("Healthy: nothing was found; counts, pairs, catalogue and marks agree with the reads."),
        "line": N_("{severity}: {where}: {said}"),
        Severity.NOTE: N_("Note"),
        Severity.WARNING: N_("Warning"),
        Severity.ERROR: N_("Error"),
        "comma": N_(", ", context="comma"),
        "brackets": N_(" ({inner})"),
        "rows_reads": N_("{rows:,} reads"),
        "rows_other": N_("{rows:,} rows"),
        "of": N_("from {names}"),
        "and_more": N_(" and {more:,} more"),
        Fault.MANIFEST_MISSING: N_("the manifest is missing: nothing says which files the ledger consists of"),
        Fault.MANIFEST_CHANGED: N_("the manifest is damaged or was changed"),
        Fault.FILE_MISSING: N_("is missing"),
        Fault.FILE_SHORT: N_("was cut short"),
        Fault.FILE_CHANGED: N_("is damaged or was changed"),
        Fault.QUARANTINE_LONGER: N_("has more in it than the ledger knows of; what belongs to it is whole"),
        Fault.SECRET: N_(
            "the secret is missing or not the ledger's: reads can't be compared with the tree, and nothing can be "
            "ingested"
        ),
        Fault.TILE: N_("this tile of the tree is missing, damaged or was changed"),
        Fault.TREE: N_("tiles and the manifest's root don't agree; which is wrong can be said when the rest is mended"),
        Fault.DERIVED: N_("{kind} doesn't agree with the reads: {rows:,} rows differ"),
        Fault.LEAVINGS: N_(
            "{files:,} files ({bytes:,} bytes) that are no part of the ledger, left by something that was broken off "
            "or replaced"
        ),
        Fault.MODES: N_("{files:,} files and folders may be used by others than their owner, this one first"),
        Fault.DISK: N_("the disk has {free:,} bytes free; the ledger has {bytes:,}"),
        Fault.LOCKED: N_("process {process} is writing to it; what it leaves about was not looked at"),
        Fault.SMALL_FILES: N_("{files:,} files below 1 MiB make reading slow"),
        "cure_wait": N_("nothing to do; look again when it is done"),
        "cure_compact": N_("wayseal ledger compact {ledger}"),
        "cure_room": N_("make room on the disk before the next ingest"),
        "cure_remove": N_("the next ingest removes them, or --repair now"),
        "cure_modes": N_("if others are meant to read, leave it; else --repair takes their rights away"),
        "cure_cut": N_("--repair cuts off what doesn't belong to it"),
        "cure_tree": N_("--repair makes it again; the root says that it is right"),
        "cure_backup": N_("the backup has it, checked: --repair takes it from there"),
        "cure_give": N_("give a backup with --from; without one, make a new ledger of the sources"),
        "cure_lost": N_(
            "the backup that was given doesn't have it: try another with --from, restore one into a new folder, or "
            "make a new ledger of the sources"
        ),
        "cure_rebuild": N_(
            "a fault in the program or a change on purpose: keep the ledger as it is, restore a backup or make a new "
            "one of the sources, and report it"
        ),
        "act_remove": N_("Mended {where}: removed {files:,} files that are no part of the ledger"),
        "act_modes": N_("Mended {where}: took the rights of others on {files:,} files and folders away"),
        "act_cut": N_("Mended {where}: cut off what doesn't belong to it"),
        "act_tree": N_("Mended {where}: made again, as the root says"),
        "act_backup": N_("Mended {where}: taken from the backup, checked"),
    }
)
