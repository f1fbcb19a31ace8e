"""What `wayseal market` says."""

from wayseal.model.messages import N_
from wayseal.page.languages import ByLanguage

MARKET_TEXTS = ByLanguage(
    {
        "unread": N_("line {line} {why}"),
        "left_out": N_("{lines:,} {lines:line was|lines were} left out; all others are read"),
    }
)
