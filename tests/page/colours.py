"""The colours of the style sheet, and how well they stand apart."""

import re
from importlib import resources

THEMES = ("light", "dark", "print")


def palettes() -> list[dict[str, str]]:
    """One of each theme: values by name."""
    css = resources.files("wayseal.page").joinpath("templates", "tokens.css").read_text("utf-8")
    blocks = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root[^{]*\{([^}]*)\}", css)
    ]
    light, dark, chosen, paper = blocks
    assert dark == chosen, "dark by choice is the dark of the system"
    return [light, dark, light | paper]


def light(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((light(a), light(b)))
    return (high + 0.05) / (low + 0.05)


def blend(top: str, ground: str, opacity: float) -> str:
    pairs = [(int(top[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(opacity * t + (1 - opacity) * g):02x}" for t, g in pairs)
