"""The voice that speaks of traces: the texts of all reports, and beside them those of `messages` here."""

from wayseal.page.languages import Lang
from wayseal.page.words import Voice, catalogue


def voice_of(lang: Lang, *, html: bool = False) -> Voice:
    """What says a trace in one language; html: as markup with everything escaped."""
    return Voice(lang, html=html, more=catalogue(lang, __package__))
