"""Tables first, then records: these are looked at only where every table is there."""

from dataclasses import dataclass

from wayseal.database import Connection, Database
from wayseal.model.errors import Finding
from wayseal.vault.errors import LogChangedError
from wayseal.vault.keyring import Keyring, KeyService
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.verification._findings import TableCode
from wayseal.vault.verification._records import Progress, RecordTotals, verify_records
from wayseal.vault.verification._tables import TableTotals, verify_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultTotals:
    """The totals of a verification. records: None where a table or a column is missing, so that they couldn't be.

    behind: where the log isn't the one that was seen.
    """

    tables: TableTotals
    records: RecordTotals | None
    behind: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that is not as it should be."""
        return (*self.behind, *self.tables.findings, *(self.records.findings if self.records else ()))


def verify_vault(
    main: Database,
    keys: Database,
    keyring: Keyring,
    service: KeyService,
    progress: Progress,
    memory: LogMemory | None = None,
) -> VaultTotals:
    """Looks at every row, and opens every record. Nothing that stands in a table makes it raise.

    memory: what was seen of the log before.
    """
    tables = verify_tables(main, keys, keyring, progress)
    if not tables.whole:
        return VaultTotals(tables=tables, records=None, behind=())
    records = verify_records(main, keys, keyring, service, tables.revised, progress)
    behind = () if memory is None else tuple(main.read(_compare_seen, memory))
    return VaultTotals(tables=tables, records=records, behind=behind)


def _compare_seen(connection: Connection, memory: LogMemory) -> list[Finding]:
    found = []
    for check, size in ((memory.check, memory.seen.size), (memory.check_signed, memory.seen.signed_size)):
        try:
            check(connection)
        except LogChangedError:
            found.append(Finding(code=TableCode.BEHIND, where=f"entries/{size - 1}"))
    return found
