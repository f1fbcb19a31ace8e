"""`wayseal vault actor list`: the directory."""

from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli.vault._options import VaultOption
from wayseal.cli.vault._view import print_records
from wayseal.model.schema import plain


def list_(
    vault: VaultOption = VAULT,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """List the directory.

    \b
    wayseal vault actor list
    """
    with open_vault(vault) as session:
        found = session.vault.list_actors()
    rows = [plain(record) for record in found]
    if format is OutputFormat.TEXT:
        rows = [row | {name: _day_of(row[name]) for name in ("trained_until", "blocked_at")} for row in rows]
    print_records(rows, ("actor", "kind", "role", "outlet", "trained_until", "blocked_at"), format, lang)


def _day_of(text: object) -> str | None:
    """The day of a time."""
    return None if text is None else str(text)[:10]
