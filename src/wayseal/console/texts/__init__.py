"""What the console's pages say, under codes: a module for each group of pages, joined here.

Blanks as in `wayseal.page.texts`. No <, > or & anywhere. A code stands in one module alone.
"""

from wayseal.console.texts._base import BASE
from wayseal.console.texts._desk import DESK
from wayseal.console.texts._entry import ENTRY
from wayseal.console.texts._jobs import JOBS
from wayseal.console.texts._market import MARKET
from wayseal.console.texts._market_work import MARKET_WORK
from wayseal.console.texts._reads import READS
from wayseal.console.texts._removals import REMOVALS
from wayseal.console.texts._reviews import REVIEWS
from wayseal.console.texts._rules import RULES
from wayseal.console.texts._trace import TRACE

PARTS = (BASE, DESK, ENTRY, JOBS, MARKET, MARKET_WORK, READS, REMOVALS, REVIEWS, RULES, TRACE)
TEXTS = {code: text for part in PARTS for code, text in part.items()}

__all__ = ["PARTS", "TEXTS"]
