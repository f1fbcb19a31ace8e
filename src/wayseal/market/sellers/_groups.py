"""Groups of shops: who is joined with whom (rules 4 and 5), by the heaviest links first."""

from collections.abc import Callable, Iterable

MOST_WEAK = 24
"""Shops that pictures and texts alone hold together."""
SMALL = 3
"""So many that pictures and texts brought in: a centre tells nothing yet."""

Alike = Callable[[int, int], bool]
"""Whether anything speaks for two shops being one seller's."""


class Groups:
    """Disjoint groups of shops, by number. alike: rule 4 asks it whether a shop resembles a group's centre."""

    def __init__(self, alike: Alike) -> None:
        self._alike = alike
        self._parent: list[int] = []
        self._size: list[int] = []
        self._weak: list[int] = []
        self._strength: list[float] = []
        self._centre: list[int] = []
        self._apart: list[set[int]] = []
        self.members: list[list[int]] = []

    def grow(self, count: int) -> None:
        """There are so many shops now; each new one is a group of its own."""
        for shop in range(len(self._parent), count):
            self._parent.append(shop)
            self._size.append(1)
            self._weak.append(0)
            self._strength.append(0.0)
            self._centre.append(shop)
            self._apart.append(set())
            self.members.append([shop])

    def find(self, shop: int) -> int:
        """The number of a shop's group."""
        while self._parent[shop] != shop:
            self._parent[shop] = self._parent[self._parent[shop]]
            shop = self._parent[shop]
        return shop

    def keep_apart(self, a: int, b: int) -> None:
        """Two shops may never come into one group."""
        a, b = self.find(a), self.find(b)
        self._apart[a].add(b)
        self._apart[b].add(a)

    def join(self, a: int, b: int, weight: float, *, strong: bool) -> bool:
        """Joins the groups of two shops where they may be; whether they are in one now.

        strong: by what only one seller has, or by a person's word; else rule 4 holds.
        """
        mine, others = self.find(a), self.find(b)
        if mine == others:
            self._strengthen(mine, (a, b), weight)
            return True
        if others in self._apart[mine]:
            return False
        if not strong and not self._resemble(mine, others, a, b):
            return False
        if self._size[mine] < self._size[others]:
            mine, others = others, mine
        self._absorb(mine, others, weak=not strong)
        self._strengthen(mine, (a, b), weight)
        return True

    def _resemble(self, mine: int, others: int, a: int, b: int) -> bool:
        if self._weak[mine] + self._weak[others] + 1 >= MOST_WEAK:
            return False
        return all(
            self._weak[group] < SMALL or self._alike(self._centre[group], shop)
            for group, shop in ((mine, b), (others, a))
        )

    def _absorb(self, mine: int, others: int, *, weak: bool) -> None:
        self._parent[others] = mine
        self._size[mine] += self._size[others]
        self._weak[mine] += self._weak[others] + weak
        self.members[mine] += self.members[others]
        self.members[others] = []
        if self._strength[self._centre[others]] > self._strength[self._centre[mine]]:
            self._centre[mine] = self._centre[others]
        for other in self._apart[others]:
            self._apart[other].discard(others)
            self._apart[other].add(mine)
        self._apart[mine] |= self._apart[others]

    def _strengthen(self, group: int, shops: Iterable[int], weight: float) -> None:
        for shop in shops:
            self._strength[shop] += weight
            if self._strength[shop] > self._strength[self._centre[group]]:
                self._centre[group] = shop
