"""Crawling: from a source that is due to lines in the record. Puts the room together, and has no rules of its own.

1. Captures are durable before a line tells of them, and all lines of a look are recorded together or not at all.
2. Every look that was planned is recorded: as made, or with what hindered it.
3. A look that saw only a part of a source tells what it saw, and nothing of what it didn't see.
4. A look that raises what nobody thought of is recorded as failed, whatever the source sent; the next one comes later
   each time, and others are looked at meanwhile. Only what is wrong with the record or this machine ends watching.
5. A page that its site says is unchanged counts as seen, and its line names the capture that stands (`unchanged`).
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.market.crawling._folder import CAPTURES, IMPORTS, SITES, SOURCES, holding
    from wayseal.market.crawling._place import opened_watch
    from wayseal.market.crawling._visit import Parts, Planned, Report
    from wayseal.market.crawling._watch import Watch

__all__ = ["CAPTURES", "IMPORTS", "SITES", "SOURCES", "Parts", "Planned", "Report", "Watch", "holding", "opened_watch"]

__getattr__ = load_when_asked(
    __name__,
    {
        **dict.fromkeys(("CAPTURES", "IMPORTS", "SITES", "SOURCES", "holding"), "_folder"),
        **dict.fromkeys(("Parts", "Planned", "Report"), "_visit"),
        "Watch": "_watch",
        "opened_watch": "_place",
    },
)
