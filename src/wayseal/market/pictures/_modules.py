"""QR codes that are bent, faded, out of focus or moved, read module by module.

1. A code that its corners place is sampled on its own lattice, first as if it were flat, then bent: the edges of its
   modules are a comb whose phase tells everywhere how far the lattice lies off; phases are followed from the corners.
2. A good part of every code is the same in all: corners, the dotted lines between them, small squares. From what those
   look like it is learned which weights over a module and its neighbours undo blur and movement; then once more from
   all modules that are sure by then.
3. What has faded is told from the paper, which is even, and not from black, which isn't.
4. Whatever is made of the modules, it is zxing-cpp that reads it: its error correction says whether it is right.
"""

from collections.abc import Iterator

import numpy as np
import zxingcpp

from wayseal.market.pictures._corners import FINDER, Corner, Floats, find_corners, look_up

_LARGEST = 57
"""Modules a side: version 10."""
_MOST_POINTS = 18
_WEAK = (0.0003, 0.003)
"""How much weights are held small: what undoes a blur needs large ones, what is noisy small ones."""
_FADES = (0.25, 0.08)
"""Shares of full contrast that count as half dark where the print has faded."""
_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


def mend_squares(grey: Floats) -> list[zxingcpp.Barcode]:
    """QR codes that are read module by module.

    Args:
        grey: Shape (height, width), 0 is black and 255 white.

    Returns:
        The first that is found, or none.
    """
    for corners in find_corners(grey):
        for side in _sides(corners):
            for modules in _readings(grey, corners, side):
                if found := _read(modules):
                    return found
    return []


def _sides(corners: tuple[Corner, Corner, Corner]) -> list[int]:
    """Modules a side that fit the corners' distance, likeliest first."""
    first, *others = corners
    told = []
    for other, here, there in zip(others, (first.along, first.down), (others[0].along, others[1].down), strict=True):
        way = np.array([other.x - first.x, other.y - first.y])
        length = float(np.hypot(*way))
        told.append(2 * length / float((np.array(here) + there) @ way / length))
    modules = sum(told) / 2 + 7
    near = sorted(range(21, _LARGEST + 1, 4), key=lambda side: abs(side - modules))
    return [side for side in near[:2] if abs(side - modules) < 3]


def _readings(grey: Floats, corners: tuple[Corner, Corner, Corner], side: int) -> Iterator[Floats]:
    """Modules, light above 0, as they may be (rules 1 to 3)."""
    known = known_modules(side)
    for lattice in (_Lattice(grey, corners, side), _Lattice(grey, corners, side, bent=True)):
        seen = lattice.sample()
        paper, ink = _levels(seen, 92), _levels(seen, 8)
        contrast = float(np.median(paper - ink))
        yield from _undo(seen / max(float(seen.std()), 1.0), known)
        dark = np.maximum(paper - seen, 0)
        for fade in _FADES:
            faded = 1 - 2 * dark / (dark + fade * max(contrast, 1.0))
            yield _neighbours(faded, side, 0)[..., :-1].mean(-1)
            yield from _undo(faded, known)


def _undo(seen: Floats, known: Floats) -> Iterator[Floats]:
    """Modules by the weights that bring known ones back (rule 2)."""
    near = _neighbours(seen - seen.mean(), len(known), 2)
    flat = near.reshape(-1, near.shape[2])
    for weak in _WEAK:
        goal = known
        for _ in range(4):
            there = goal != 0
            some = near[there]
            held = some.T @ some + weak * len(some) * np.eye(some.shape[1])
            made = (flat @ np.linalg.solve(held, some.T @ goal[there])).reshape(known.shape)
            yield made
            goal = np.where(known != 0, known, np.clip(1.5 * made, -1, 1))


def _neighbours(seen: Floats, side: int, reach: int) -> Floats:
    """Four samples of each module and of those around it, and a constant."""
    four = seen.reshape(side + 8, 2, side + 8, 2).swapaxes(1, 2).reshape(side + 8, side + 8, 4)
    steps = range(4 - reach, 5 + reach)
    return np.concatenate(
        [four[r : r + side, c : c + side] for r in steps for c in steps] + [np.ones((side, side, 1))], 2
    )


def _levels(seen: Floats, percent: float) -> Floats:
    """How bright paper or ink is around each sample."""
    parts = max(len(seen) // 12, 1)
    cuts = np.linspace(0, len(seen), parts + 1).astype(int)
    around = [slice(cuts[max(n - 1, 0)], cuts[min(n + 2, parts)]) for n in range(parts)]
    coarse = np.array([[np.percentile(seen[rows, columns], percent) for columns in around] for rows in around])
    spread = _between((cuts[:-1] + cuts[1:]) * 0.5, np.arange(len(seen), dtype=np.float64) + 0.5)
    levels: Floats = spread @ coarse @ spread.T
    return levels


def _between(points: Floats, at: Floats) -> Floats:
    """Weights by which values at points give those at other places, in straight lines."""
    return np.array([np.interp(at, points, row) for row in np.eye(len(points))]).T


def _read(modules: Floats) -> list[zxingcpp.Barcode]:
    drawn = np.pad(np.where(modules > 0, 255, 0).astype(np.uint8), 4, constant_values=255)
    found = zxingcpp.read_barcodes(
        np.kron(drawn, np.ones((3, 3), np.uint8)),
        formats=_QR,
        is_pure=True,
        binarizer=zxingcpp.Binarizer.FixedThreshold,
        try_rotate=False,
        try_downscale=False,
        try_invert=False,
    )
    return [code for code in found if code.text]


def known_modules(side: int) -> Floats:
    """What is the same in all codes of a size.

    Args:
        side: Modules.

    Returns:
        1 where light, -1 where dark, 0 where it says something.
    """
    known = np.zeros((side, side))
    dots = np.where(np.arange(side) % 2, 1.0, -1.0)
    known[6], known[:, 6] = dots, dots
    known[:8, :8], known[:8, -8:], known[-8:, :8] = FINDER[1:, 1:], FINDER[1:, :-1], FINDER[:-1, 1:]
    known[side - 8, 8] = -1
    version = (side - 17) // 4
    count = version // 7 + 2 if version > 1 else 0
    apart = (4 * version + 2 * count + 1) // max(2 * count - 2, 1) * 2
    places = [6, *(side - 7 - n * apart for n in range(count - 1))]
    for row in places:
        for column in places:
            if count and (row, column) not in ((6, 6), (6, side - 7), (side - 7, 6)):
                known[row - 2 : row + 3, column - 2 : column + 3] = -FINDER[2:7, 2:7]
                known[row, column] = -1
    return known


class _Lattice:
    """A code's modules as places in a picture: flat through the corners, and at points all over it how far off."""

    def __init__(self, grey: Floats, corners: tuple[Corner, Corner, Corner], side: int, *, bent: bool = False) -> None:
        self.grey, self.side = grey, side
        first, right, below = (np.array([corner.x, corner.y]) for corner in corners)
        self.sides = np.array([right - first, below - first]) / (side - 7)
        self.start = first - 3.5 * self.sides.sum(0)
        self.points = np.linspace(0, side, min(round(side / 2) + 1, _MOST_POINTS))
        count = len(self.points)
        self.off = np.zeros((2, count, count))
        if bent:
            self._lie_as(corners)
            for _ in range(3):
                self._follow(0.8, unwrap=True)
            self._follow(1.0, unwrap=False)

    def sample(self) -> Floats:
        """Two by two samples of each module and of four around the code, each the mean of four."""
        at = np.arange(-4, self.side + 4, 0.5) + 0.25
        return sum((self._at(at + u, at + v) for u in (-0.125, 0.125) for v in (-0.125, 0.125)), np.zeros(1)) / 4

    def _at(self, u: Floats, v: Floats) -> Floats:
        across, down = _between(self.points, u), _between(self.points, v)
        u_off, v_off = (down @ off @ across.T for off in self.off)
        u, v = u[None, :] + u_off, v[:, None] + v_off
        (ux, uy), (vx, vy) = self.sides
        return look_up(self.grey, self.start[0] + u * ux + v * vx, self.start[1] + u * uy + v * vy)

    def _lie_as(self, corners: tuple[Corner, Corner, Corner]) -> None:
        """As each corner lies, and between them bent as little as can be."""
        count, near, far = len(self.points), self.points < 7.5, self.points > self.side - 7.5
        goal, self.held = np.zeros((2, count, count)), np.zeros((count, count), bool)
        v, u = np.meshgrid(self.points, self.points, indexing="ij")
        back = np.linalg.inv(self.sides.T)
        high = self.side - 3.5
        places = ((near, near, 3.5, 3.5), (near, far, high, 3.5), (far, near, 3.5, high))
        for corner, (rows, columns, u0, v0) in zip(corners, places, strict=True):
            here = rows[:, None] & columns[None, :]
            x = corner.x - self.start[0] + (u - u0) * corner.along[0] + (v - v0) * corner.down[0]
            y = corner.y - self.start[1] + (u - u0) * corner.along[1] + (v - v0) * corner.down[1]
            lies = np.tensordot(back, np.array([x, y]), 1) - np.array([u, v])
            goal, self.held = np.where(here, lies, goal), self.held | here
        one = np.eye(count)
        twice, once = np.diff(one, 2, axis=0), np.diff(one, axis=0)
        bending = np.kron(twice.T @ twice, one) + np.kron(one, twice.T @ twice)
        self.bending = bending + 2 * np.kron(once.T @ once, once.T @ once)
        weight = 10.0 * self.held.ravel()
        right = np.linalg.solve(self.bending + np.diag(weight + 1e-6), (weight * goal.reshape(2, -1)).T)
        self.off = right.T.reshape(2, count, count)

    def _combs(self, reach: float) -> tuple[Floats, Floats]:
        """Of edges across and down around each point: their phases, as complex numbers as long as they are sure."""
        at = (np.arange(4 * (self.side + 4)) + 0.5) / 4 - 2
        seen = self._at(at, at)
        edges = at[:-1] + 0.125
        turn = np.exp(2j * np.pi * edges)
        all_at, all_edges = (np.exp(-0.5 * ((self.points[:, None] - a) / reach) ** 2) for a in (at, edges))
        combs = []
        for rise in (np.abs(np.diff(seen, axis=1)), np.abs(np.diff(seen, axis=0)).T):
            whole = all_at @ rise @ all_edges.T
            combs.append(all_at @ (rise * turn) @ all_edges.T / (whole + 0.3 * whole.mean() + 1e-9))
        return combs[0], combs[1].T

    def _follow(self, reach: float, *, unwrap: bool) -> None:
        """Moves all points to where the edges are (rule 1).

        Args:
            reach: Modules around a point whose edges count.
            unwrap: Whether points may lie off by more than half a module: then it is neighbours that are compared.
        """
        count = len(self.points)
        index, every = np.arange(count**2).reshape(count, count), np.arange(count**2)
        one = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
        other = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
        for part, comb in enumerate(self._combs(reach)):
            z = comb.ravel()
            both = z[other] * z[one].conj()
            sure = np.abs(both) + 1e-4 if unwrap else np.full(len(one), 0.02)
            apart = np.angle(both) / (2 * np.pi) if unwrap else np.zeros(len(one))
            own = np.abs(z) ** 2 * (3 * self.held.ravel() if unwrap else 1)
            left = 0.05 * self.bending if unwrap else np.zeros((count**2, count**2))
            left[one, other] -= sure
            left[other, one] -= sure
            left[every, every] += np.bincount(one, sure, count**2) + np.bincount(other, sure, count**2) + own + 1e-6
            far = np.bincount(other, sure * apart, count**2) - np.bincount(one, sure * apart, count**2)
            right = far + own * np.angle(z) / (2 * np.pi)
            self.off[part] += np.linalg.solve(left, right).reshape(count, count)
