"""Reading: what a text that is written to be unreadable says, and why it is taken for that.

A text is folded (`_fold`), cut into tokens, its runs and words hashed (`_tokens`, `_words`) and weighed by a
linear model (`_reader`); addresses, amounts, places and numbers are found in the folded copy by patterns. All places
are places in the text as it was seen. `learning` is for
whoever makes a model, or measures one, and for what decisions teach.
"""

from wayseal.market.reading._fold import sound_out
from wayseal.market.reading._reader import Reader
from wayseal.market.reading._words import Proposal, Word, WordKind, load_words, propose_words

__all__ = ["Proposal", "Reader", "Word", "WordKind", "load_words", "propose_words", "sound_out"]
