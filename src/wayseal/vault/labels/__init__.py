"""Labels: masked texts, the number in bars, and a sealed payload for the outlet's delivery devices."""

from wayseal.vault.labels.data import LabelData, Party, label_of
from wayseal.vault.labels.formats import Format, write_labels
from wayseal.vault.labels.layout import Size
from wayseal.vault.labels.payload import DayKey, day_key

__all__ = ["DayKey", "Format", "LabelData", "Party", "Size", "day_key", "label_of", "write_labels"]
