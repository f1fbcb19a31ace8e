"""Virtual numbers and stand-ins for recipients, handover codes, and the courier's code of the minute."""

from wayseal.vault.aliases.desk import Aliases, AliasLeak, leaks_table
from wayseal.vault.aliases.provider import LocalProvider
from wayseal.vault.aliases.stand_ins import StandIns, set_stand_ins, stand_ins_of

__all__ = ["AliasLeak", "Aliases", "LocalProvider", "StandIns", "leaks_table", "set_stand_ins", "stand_ins_of"]
