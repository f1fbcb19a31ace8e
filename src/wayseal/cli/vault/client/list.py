"""`wayseal vault client list`: the clients, and what each may do."""

from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli.vault._options import VaultOption
from wayseal.cli.vault._view import print_records
from wayseal.model.times import iso


def list_(
    vault: VaultOption = VAULT,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """List the clients, and what each may do.

    \b
    wayseal vault client list
    """
    with open_vault(vault) as session:
        found = session.vault.list_clients()
    rows = [
        {
            "client": c.client,
            "scopes": sorted(c.scopes),
            "actor": c.actor,
            "acts_for": sorted(c.acts_for),
            "per_second": c.per_second,
            "certificate_sha256": c.certificate_sha256,
            "disabled_at": None if c.disabled_at is None else iso(c.disabled_at),
        }
        for c in found
    ]
    print_records(rows, ("client", "scopes", "actor", "acts_for", "disabled_at"), format, lang)
