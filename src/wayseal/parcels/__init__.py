"""Parcels that never were, as seen in scans, reads and the numbers' life.

Obligations (code and tests cite the numbers):
1. A scan counts once. Neither the order of rows nor their repetition changes an answer; late rows count as any other.
2. A parcel is judged by places alone whose machines read at least nine tenths of what passed on that day, as counted on
   parcels that a machine read elsewhere (at a lone hub: on all that passed). Where it met none, nothing is said of it
   but that. Missing columns are named.
3. What a class of a fact is worth is learnt from the parcels at hand: of honest ones from all, of ghosts from what was
   assumed of them and from those that every other cause points at. No fact is its own witness.
4. No cause alone makes a parcel likelier a ghost than not.
5. Of facts of one cause the one that says most counts; sums are discounted by as much as honest parcels' causes agree.
6. Groups of sender, outlet, operator and day are judged as a whole: honest, or with a share of ghosts or of empties.
   As alike as honest parcels of a group are, so little does a further one count.
7. What can't be found is said: a truck's true times with claimed machine reads, real parcels for another order, places
   without machines.
8. Reads before the first scan name their asker, but for the side that issued or holds the number. An account is listed
   where others of its kind hardly ever ask so often so early; an interface whose work it is has its like.
9. Findings are leads: probabilities with reasons, each with its fact.
"""

from typing import TYPE_CHECKING

from wayseal.model.runtime import load_when_asked

if TYPE_CHECKING:
    from wayseal.parcels._find import Options, find_parcels, with_names
    from wayseal.parcels.keep import keep_result, read_kept
    from wayseal.parcels.report import render_parcels
    from wayseal.parcels.result import GroupFinding, ParcelsResult

__all__ = [
    "GroupFinding",
    "Options",
    "ParcelsResult",
    "find_parcels",
    "keep_result",
    "read_kept",
    "render_parcels",
    "with_names",
]

__getattr__ = load_when_asked(
    __name__,
    {
        "GroupFinding": "result",
        "Options": "_find",
        "ParcelsResult": "result",
        "find_parcels": "_find",
        "keep_result": "keep",
        "read_kept": "keep",
        "render_parcels": "report",
        "with_names": "_find",
    },
)
