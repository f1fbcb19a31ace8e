"""How many numbers a verdict needs, by how much of all parcels the seller reads.

1. Of N accounts one that reads the share π of comparable parcels and sold the share w of the numbers stands out once
   n · D(θ‖π) reaches ln(N / ε), θ = w(1-δ) + (1 - w(1-δ))π. D is the relative entropy of yes and no, ε the error that
   is allowed, δ the share of reads that the log lost. Times of reads, which help, are left out.
"""

from math import ceil, log

ERROR = 0.01
LOST = 0.05


def numbers_needed(accounts: int, read: float, sold: float) -> int:
    """Numbers that tell an account from all others (rule 1).

    Args:
        accounts: How many stand to choice.
        read: Share of comparable parcels that it reads, above 0 and below 1.
        sold: Share of the numbers that it sold, above 0 and below 1.

    Returns:
        At least so many numbers that the ledger knows.
    """
    had = sold * (1 - LOST) + (1 - sold * (1 - LOST)) * read
    told = had * log(had / read) + (1 - had) * log((1 - had) / (1 - read))
    return max(1, ceil(log(max(accounts, 2) / ERROR) / told))
