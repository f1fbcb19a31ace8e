"""Row groups of a Parquet file: which are read together, and where a file may be cut.

They are read in stretches of some batches, and no batch reaches from one into the next: so batches are the same whether
a file is read at once or cut between stretches.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.store.mapping import Format
from wayseal.store.types import ReadOptions, SourceFile

_BATCHES = 4


def cut_file(file: SourceFile, options: ReadOptions, rows: int) -> tuple[range | None, ...]:
    """Cut a large file into parts that can be read apart.

    Args:
        file: Of any format; Parquet alone is cut, between its row groups.
        options: As it is read.
        rows: About how many of them a part holds.

    Returns:
        Ranges of row groups, for `ReadOptions.groups`; None alone: the file isn't cut.
    """
    if file.format is not Format.PARQUET:
        return (None,)
    try:
        metadata = pq.read_metadata(file.content)
    except (pa.ArrowException, OSError, ValueError):
        return (None,)  # whoever reads it says what is wrong
    if count_rows(metadata, range(metadata.num_row_groups)) != metadata.num_rows:
        return (None,)
    cuts, left = [0], rows
    for some in gather_groups(metadata, range(metadata.num_row_groups), options):
        left -= count_rows(metadata, some)
        if left <= 0:
            cuts.append(some[-1] + 1)
            left = rows
    if cuts[-1] < metadata.num_row_groups:
        cuts.append(metadata.num_row_groups)
    return tuple(range(low, high) for low, high in pairwise(cuts)) if len(cuts) > 2 else (None,)


def count_rows(metadata: pq.FileMetaData, groups: Iterable[int]) -> int:
    """Count the rows of row groups.

    Args:
        metadata: The file's.
        groups: Their numbers.

    Returns:
        How many rows they hold together.
    """
    return sum(metadata.row_group(group).num_rows for group in groups)


def gather_groups(metadata: pq.FileMetaData, groups: range, options: ReadOptions) -> Iterator[list[int]]:
    """Gather row groups that are read together.

    Args:
        metadata: The file's.
        groups: Those that are read at all.
        options: As they are read.

    Yields:
        As many groups, in order, as hold some batches.
    """
    some, rows = list[int](), 0
    for group in groups:
        some.append(group)
        rows += metadata.row_group(group).num_rows
        if rows >= _BATCHES * options.batch_rows:
            yield some
            some, rows = [], 0
    if some:
        yield some
