"""Virtual numbers and stand-ins for recipients, handover codes, and the courier's code of the minute."""

from wayseal.vault.aliases.desk import Aliases, AliasLeak, leaks_table
from wayseal.vault.aliases.provider import AliasProvider, LocalProvider
from wayseal.vault.aliases.stand_ins import StandIns, stand_ins_of

__all__ = [
    "AliasLeak", "AliasProvider", "Aliases", "LocalProvider", "StandIns", "leaks_table", "stand_ins_of",
]  # fmt: skip
