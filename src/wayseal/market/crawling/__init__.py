"""Looking: from a source that is due to lines in the record. Puts the room together, and has no rules of its own.

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
    from wayseal.market.crawling._folder import CAPTURES, IMPORTS, SITES, SOURCES, holding, source_text
    from wayseal.market.crawling._imports import (
        EXPORTS,
        ImportForm,
        Named,
        bring_in,
        check_files,
        free_name,
        place_files,
    )
    from wayseal.market.crawling._place import opened_watch
    from wayseal.market.crawling._visit import Ask, Keep, Parts, Planned, Report
    from wayseal.market.crawling._watch import Watch

__all__ = [
    "CAPTURES",
    "EXPORTS",
    "IMPORTS",
    "SITES",
    "SOURCES",
    "Ask",
    "ImportForm",
    "Keep",
    "Named",
    "Parts",
    "Planned",
    "Report",
    "Watch",
    "bring_in",
    "check_files",
    "free_name",
    "holding",
    "opened_watch",
    "place_files",
    "source_text",
]

__getattr__ = load_when_asked(
    __name__,
    {
        "CAPTURES": "_folder",
        "IMPORTS": "_folder",
        "SITES": "_folder",
        "SOURCES": "_folder",
        "Ask": "_visit",
        "ImportForm": "_imports",
        "Keep": "_visit",
        "Parts": "_visit",
        "Planned": "_visit",
        "Report": "_visit",
        "Watch": "_watch",
        "bring_in": "_imports",
        "Named": "_imports",
        "EXPORTS": "_imports",
        "check_files": "_imports",
        "free_name": "_imports",
        "place_files": "_imports",
        "holding": "_folder",
        "opened_watch": "_place",
        "source_text": "_folder",
    },
)
