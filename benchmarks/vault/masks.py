"""Masks: rows a second, and what 10,000 synthetic addresses of every form hide and leave readable, beside Presidio.

    python -m benchmarks run masks [--addresses 10000] [--seed 1]

Presidio (requirements/bench.txt) runs with recognisers of patterns that somebody would write for Chinese waybills, on
the same texts in the same run; what it finds is replaced by stars. Without it its rows are left out.
"""

import importlib
import random
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.vault._addresses import ESTATE, REGION, STREET, UNIT, Address, addresses
from wayseal.model.fields import FieldKind
from wayseal.vault.masks import mask

Masking = Callable[[str], str]
PRESIDIO_ROWS = 2_000
_PATTERNS = {
    "PHONE": (
        r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)",
        r"(?<!\d)0\d{2,3}-?\d{7,8}(?:-\d{1,5})?(?!\d)",
        r"(?<!\d)[48]00-?\d{3}-?\d{4}(?!\d)",
    ),
    "UNIT": (
        (
            r"(?:门牌|第|附|甲|之|[A-Za-z])?[\d一二三四五六七八九十百零〇]+(?:[-附之]\d+)*"
            r"(?:号楼|号大院|号院|号铺|号柜|号|號|弄|栋|棟|幢|座|单元|單元|楼|樓|层|層|室|房|户|戶|组|組|村民小组|社|队|期|区|门|床|铺|档|工位)"
        ),
        r"[A-Za-z甲乙丙丁东西南北](?:栋|棟|座|区|單元|单元)",
        r"(?:负一|地下)(?:楼|层)",
        r"\d+(?:[-#/]\d+)+",
        r"[A-Za-z甲东南]?\d{3,4}(?!\d|国道|省道)",
        r"(?:Room|Rm\.?|Flat|Unit|Building|Bldg|Block|No\.) ?[\dA-Z]+|\d+/F",
    ),
    "NAME": (
        r"^[\u4e00-\u9fff]{2,4}$",
        r"[赵钱孙李周吴郑王冯陈张刘杨黄][\u4e00-\u9fff]{1,2}(?=收|先生|女士|[ ,，]*1[3-9]\d{9}|$)",
        r"(?:收|先生|女士)$",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of some addresses. missed: a few whose unit or street was shown or hidden wrongly."""

    count: int
    hidden: int
    readable: int
    estates: int
    with_estate: int
    forms: dict[str, tuple[int, int, int]]
    leaks: list[tuple[str, str]]
    unread: list[tuple[str, str]]


def squeezed(text: str) -> str:
    """The text in one form, without anything but letters, characters and digits."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum() or c == "#")


def shown(address: Address, masked: str) -> list[tuple[str, bool]]:
    """What each character of an address is, and whether the mask shows it. A shown text that isn't there raises."""
    stream = [(c, kind) for text, kind in address.pieces for c in squeezed(text)]
    text = "".join(c for c, _ in stream)
    seen = [False] * len(text)
    at = 0
    for chunk in masked.split("*"):
        kept = squeezed(chunk)
        start = text.index(kept, at)
        at = start + len(kept)
        seen[start:at] = [True] * len(kept)
    return [(kind, flag) for (_, kind), flag in zip(stream, seen, strict=True)]


def judge(made: Iterable[Address], masking: Masking) -> Found:
    """How many addresses hide every character of doors, buildings, rooms, people, and show all of region and street."""
    total: Counter[str] = Counter()
    forms: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    leaks, unread = [], []
    for address in made:
        masked = masking(address.text)
        flags = shown(address, masked)
        hidden = not any(flag for kind, flag in flags if kind == UNIT)
        readable = all(flag for kind, flag in flags if kind in (REGION, STREET))
        estate = [flag for kind, flag in flags if kind == ESTATE]
        total.update(
            count=1, hidden=hidden, readable=readable, with_estate=bool(estate), estates=bool(estate) and all(estate)
        )
        row = forms[address.form]
        row[0], row[1], row[2] = row[0] + 1, row[1] + hidden, row[2] + readable
        if not hidden:
            leaks.append((address.text, masked))
        if not readable:
            unread.append((address.text, masked))
    return Found(
        **{name: total[name] for name in ("count", "hidden", "readable", "estates", "with_estate")},
        forms={name: (n, h, r) for name, (n, h, r) in forms.items()},
        leaks=leaks,
        unread=unread,
    )


def values(count: int, seed: int) -> dict[FieldKind, list[str]]:
    """Names, phones, goods and addresses as they come."""
    rng = random.Random(seed)
    surnames, given = "王李张刘陈杨黄赵吴周", "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞"
    goods = ("白色连衣裙 M 码", "iPhone 手机壳", "绿茶两罐", "儿童绘本", "一箱东西", "四件套床单", "胰岛素注射笔")
    names = ["".join((rng.choice(surnames), *rng.choices(given, k=rng.randint(1, 2)))) for _ in range(count)]
    odd = ("欧阳娜娜", "买买提·艾力", "John Smith", "王女士", "某某科技有限公司 张三")
    forms = ("1{0}", "1{0}", "1{0}", "1{0}", "+86 1{0}", "0755-{1}-801", "010-{1}1", "400-{1}", "1{0}转1234")
    phones = [
        rng.choice(forms).format(rng.randint(3000000000, 9999999999), rng.randint(2000000, 8999999))
        for _ in range(count)
    ]
    return {
        FieldKind.NAME: [rng.choice(odd) if rng.random() < 0.1 else name for name in names],
        FieldKind.PHONE: phones,
        FieldKind.ADDRESS: [address.text for address in addresses(count, seed)],
        FieldKind.GOODS: [rng.choice(goods) for _ in range(count)],
    }


def seconds(texts: list[str], masking: Masking, times: int = 3) -> float:
    """Seconds of processor time for all of them, the median of some runs."""
    found = []
    for _ in range(times):
        begun = time.process_time()
        for text in texts:
            masking(text)
        found.append(time.process_time() - begun)
    return sorted(found)[times // 2]


def presidio() -> Callable[[str], str] | None:
    """Presidio with patterns and no model, as a function; None where it isn't installed."""
    try:
        analyzer = importlib.import_module("presidio_analyzer")
        engine = importlib.import_module("presidio_analyzer.nlp_engine")
        spacy = importlib.import_module("spacy")
    except ImportError:
        return None
    nlp = engine.SpacyNlpEngine(models=[{"lang_code": "zh", "model_name": "blank"}])
    nlp.nlp = {"zh": spacy.blank("zh")}
    registry = analyzer.RecognizerRegistry(supported_languages=["zh"])
    for entity, patterns in _PATTERNS.items():
        found = [analyzer.Pattern(name=f"{entity}{i}", regex=regex, score=0.9) for i, regex in enumerate(patterns)]
        registry.add_recognizer(
            analyzer.PatternRecognizer(
                supported_entity=entity, supported_language="zh", patterns=found, global_regex_flags=0
            )
        )
    engine_ = analyzer.AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["zh"])

    def masking(text: str) -> str:
        out, at = "", 0
        for result in sorted(engine_.analyze(text=text, language="zh"), key=lambda r: r.start):
            if result.end > at:
                out += text[at : result.start] + "***"
                at = result.end
        return out + text[at:]

    return masking


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many addresses."""

    addresses: int = option(10_000)
    seed: int = option(1)
    misses: int = option(0, "also so many addresses that came out wrong")


KINDS = ("name", "phone", "address", "goods")
HIDDEN, READABLE = "unit and room hidden", "street and above readable"


@benchmark(
    minutes=2,
    kept=[
        Kept(HIDDEN, HIDDEN, "Wayseal", least=0.999, beside=("Presidio", HIDDEN, "Presidio")),
        Kept(READABLE, READABLE, "Wayseal", least=0.95, beside=("Presidio", READABLE, "Presidio")),
        *(
            Kept(f"rows masked a second: {kind}", kind, "Wayseal", "a second", beside=("Presidio", kind, "Presidio"))
            for kind in KINDS
        ),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Mask all, and judge addresses."""
    other = presidio()
    yield Table(("rows a second", "Wayseal", "µs a row", "Presidio"), speeds(options.seed, other))
    made = addresses(options.addresses, options.seed)
    ours = judge(made, lambda text: mask(text, FieldKind.ADDRESS))
    theirs = judge(made, other) if other else None
    yield Table((f"{len(made):,} addresses", "asked", "Wayseal", "Presidio"), shares(ours, theirs))
    yield Table(("form", "addresses", "hidden", "readable"), by_form(ours))
    if other is None:
        yield "Presidio isn't installed (requirements/bench.txt): its figures are left out."
    for title, misses in (("shown", ours.leaks), ("not readable", ours.unread)):
        for text, masked in misses[: options.misses]:
            yield f"{title}: {text} → {masked}"


def speeds(seed: int, other: Masking | None) -> list[tuple[str, ...]]:
    """A row a kind of field."""
    out: list[tuple[str, ...]] = []
    for kind, texts in values(10_000, seed).items():
        ours = seconds(texts, lambda text, kind=kind: mask(text, kind)) / len(texts)  # type: ignore[misc]
        few = texts[:PRESIDIO_ROWS]
        theirs = f"{len(few) / seconds(few, other, 1):,.0f}" if other else "—"
        out.append((kind.value, f"{1 / ours:,.0f}", f"{ours * 1e6:.1f}", theirs))
    return out


def shares(ours: Found, theirs: Found | None) -> list[tuple[str, ...]]:
    """Hidden, readable, estates."""

    def row(name: str, asked: str, get: Callable[[Found], float]) -> tuple[str, ...]:
        return name, asked, f"{get(ours):.2%}", f"{get(theirs):.2%}" if theirs else "—"

    return [
        row(HIDDEN, "≥ 99.9 %", lambda f: f.hidden / f.count),
        row(READABLE, "≥ 95 %", lambda f: f.readable / f.count),
        row("estate readable, of those with one", "", lambda f: f.estates / max(f.with_estate, 1)),
    ]


def by_form(found: Found) -> list[tuple[str, ...]]:
    """A row a form."""
    return [(name, f"{n:,}", f"{h / n:.2%}", f"{r / n:.2%}") for name, (n, h, r) in sorted(found.forms.items())]
