"""What `wayseal vault verify` says of a vault; `wayseal ledger verify --vault` uses it too."""

from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage
from wayseal.vault.log.integrity import Code
from wayseal.vault.verification import RecordCode, TableCode

VERIFY_TEXTS = ByLanguage(
    {
        "vault": N_("Vault: {folder} ({origin})"),
        "log": N_(
            "Log: {size:,} {size:entry|entries}, {disclosed:,} of them {disclosed:a disclosure|disclosures}, "
            "{erased:,} erased; root {root}"
        ),
        "tables": N_("Tables: {rows:,} {rows:row|rows} of {tables} tables, each held to its mark and to the log"),
        "not_looked": N_("Log and records: not looked at, because of what follows"),
        "not_told": N_(
            "Of some rows the log doesn't tell any more: entries were erased or changed. Their marks count."
        ),
        "records": N_("Records: {opened:,} opened in memory, {erased:,} erased"),
        "kept": N_("Checkpoint {where}: holds. {size:,} {size:entry|entries}, signed by {keys}"),
        "kept_at": N_(" at {at}"),
        "alone": N_(
            "No checkpoint was given: the log agrees with itself and with the checkpoints that it keeps, but whoever "
            "holds its key and its database could have made it so. Compare it with one that somebody else keeps."
        ),
        "fine": N_("Nothing was changed."),
        "uncovered": N_(
            "Not covered: what was counted (tables budgets and work), when a record is due, and how long a backup may "
            "hold an erased key."
        ),
        "bad": N_("{count:,} {count:finding|findings}:"),
        "compared": N_(
            "Projection: {rows:,} {rows:row|rows} as the log has them, {erased:,} of erased entries, {purged:,} "
            "purged, {waiting:,} {waiting:entry|entries} not projected yet"
        ),
        "not_compared": N_("Projection: not compared because of what follows"),
        Code.ENTRY: N_("this entry was changed"),
        Code.ENTRY_UNREADABLE: N_("this is no entry of a disclosure log"),
        Code.ENTRY_MISSING: N_("{count:,} {count:entry is|entries are} missing from here on"),
        Code.ENTRY_EXTRA: N_("a row that the log doesn't have was put in"),
        Code.ENTRY_ERASED: N_("{count:,} {count:entry was|entries were} erased from here on, and no entry says so"),
        Code.ENTRIES_REWRITTEN: N_("{count:,} {count:entry was|entries were} rewritten from here on"),
        Code.NODE: N_("this node of the tree was changed"),
        Code.NODE_MISSING: N_("this node of the tree is missing"),
        Code.NODE_EXTRA: N_("a node that the tree doesn't have was put in"),
        Code.CHECKPOINT_ROW: N_("size or time of this checkpoint isn't what was signed"),
        Code.CHECKPOINT_UNREADABLE: N_("is no checkpoint, or was changed"),
        Code.CHECKPOINT_ORIGIN: N_("is a checkpoint of another log"),
        Code.CHECKPOINT_KEY: N_("is signed by none of the known keys"),
        Code.CHECKPOINT_AHEAD: N_("the log was cut back: it has fewer entries than this checkpoint says"),
        Code.CHECKPOINT_HISTORY: N_("history was rewritten: the log isn't what this checkpoint says"),
        Code.ROW_MISSING: N_("this disclosure has no row in the ledger"),
        Code.ROW_EXTRA: N_("the ledger has a row that the log has no entry for"),
        Code.ROW_CHANGED: N_("the ledger's row says something else than this entry"),
        Code.POSITION: N_(
            "this source of the ledger is none of this log: no entry {stop:,} of it ends as its name says"
        ),
        RecordCode.CHANGED: N_("its sealed bytes or its wrapped key were changed: it doesn't open"),
        RecordCode.NO_KEY: N_("its wrapped key is gone, and no erasure says so"),
        RecordCode.KEYRING: N_("its data key was wrapped by a key that the keyring hasn't got"),
        RecordCode.NOT_ERASED: N_("it counts as erased, and its key or its bytes are still there: erase it again"),
        RecordCode.STALE: N_("it was revised since, and an older revision was put back"),
        RecordCode.PHONES: N_("the index of phones has other tags for it than its phones have"),
        TableCode.TABLE_MISSING: N_("this table isn't there"),
        TableCode.COLUMN_MISSING: N_("this column isn't there"),
        TableCode.TYPE: N_("what stands in {columns} can't be there"),
        TableCode.MARK: N_("somebody else than the vault wrote this row, or changed it"),
        TableCode.UNTOLD: N_("no entry of the log tells of this row"),
        TableCode.GONE: N_("the log tells of this row, and it isn't there"),
        TableCode.DIFFERS: N_("the log says something else of {columns}"),
        TableCode.SCANS: N_("its report told of {told:,} {told:scan|scans}; {there:,} or others are there"),
        TableCode.PLACE: N_("it isn't where its scans say"),
        TableCode.STEP: N_(
            "it went on from something else than the log says was there: before it, older rows were put back or deleted"
        ),
        TableCode.BEHIND: N_("the log ends before this entry, or is another than this vault has seen"),
        RecordCode.COUNT: N_(
            "the log says that {sealed:,} {sealed:record was|records were} sealed, and {there:,} {there:is|are} there"
        ),
    }
)
