"""Pictures of labels of nobody, in both languages: `python -m scripts.label_pictures [FOLDER]` (docs/images).

Whoever changes the layout looks at them. `--all` draws every size.
"""

import argparse
import sys
from datetime import date
from pathlib import Path

from wayseal.page.languages import LANGS
from wayseal.vault.keyring import Keyring
from wayseal.vault.labels import Format, LabelData, Party, Size, day_key, write_labels
from wayseal.vault.labels.payload import Content

TEXTS = {
    "zh": ("深圳南山网点", "广东省深圳市南山区不存在街***", "浙江省杭州市西湖区虚构路***"),
    "en": (
        "Nanshan outlet",
        "*** Nowhere Road, Nanshan District, Shenzhen",
        "*** Invented Road, Xihu District, Hangzhou",
    ),
}
NAMES = {"zh": ("李**", "欧阳**"), "en": ("L**", "O**")}


def main() -> int:
    """Draw them."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("folder", type=Path, nargs="?", default=Path("docs/images"))
    given.add_argument("--all", action="store_true")
    options = given.parse_args()
    for lang in LANGS:
        outlet, address, origin = TEXTS[lang]
        key, number = day_key(Keyring.new(0), outlet, date(2026, 3, 2)), "YT0000000000001"
        data = LabelData(
            waybill=number,
            recipient=Party(name=NAMES[lang][0], phone="139******01", address=address),
            sender=Party(name=NAMES[lang][1], phone="138******00", address=origin),
            route="755-A12-03",
            outlet=outlet,
            printed="2026-03-02 19:05",
            payload=key.seal(number, Content(door="1号2栋301室")),
        )
        for size in Size if options.all else (Size.SMALL,):
            name = f"label.{size}.{lang}.png" if options.all else f"label.{lang}.png"
            (options.folder / name).write_bytes(write_labels([data], Format.PNG, size, lang)[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
