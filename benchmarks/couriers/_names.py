"""What accounts and roles are called: ids that tell nothing, and role names as couriers have them."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from benchmarks.couriers._arrangements import SEATS
from benchmarks.couriers._plan import PEOPLE, Role
from benchmarks.couriers._staff import Staff
from wayseal_sim.types import Ints

_ENGLISH = tuple(r.name.lower() for r in Role)
_TEAMS_NAMED = ("titles", "english", "chinese", "other", "merged", "regional", "grades")
_GRADES = ("见习", "", "高级")
_CHINESE = (
    "网点客服", "快递员", "分拣员", "呼叫中心坐席", "理赔专员", "大区经理", "总部职能", "信息技术", "专席", "系统账号",
    "合作方接口", "设备",
)  # fmt: skip
_PINYIN = ("wdkf", "kdy", "fjy", "hjzx", "lpzy", "dqjl", "zbzn", "itbz", "zxrw", "xtzh", "hzfjk", "sbzh")
_TITLES = (
    ("客服", "网点文员", "营业员", "客服主管"), ("快递员", "派件员", "业务员"), ("操作员", "分拣员", "卸车工"),
    ("热线客服", "在线客服", "客服组长"), ("理赔员", "仲裁专员"), ("区域经理", "省区负责人"),
    ("总部运营", "财务", "市场", "人事", "网管部"), ("开发", "运维"), ("专员",), ("系统",),
    ("接口", "合作方"), ("设备",),
)  # fmt: skip
_OTHER = (
    "outlet_service", "delivery", "transit", "cs_hotline", "after_sales", "area_mgr", "hq_staff", "dev_ops",
    "special_desk", "system", "openapi", "dws",
)  # fmt: skip
NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "english": _ENGLISH,
        "chinese": _CHINESE,
        "other": _OTHER,
        "codes": tuple(f"OP-{k + 1}" for k in range(len(Role))),
        "numeric": tuple(str(1001 + 7 * k) for k in range(len(Role))),
        "one": ("员工",) * PEOPLE + ("接口",) * (len(Role) - PEOPLE),
        "none": ("-",) * len(Role),
        "pinyin": _PINYIN,
        "regional": _CHINESE,
        "grades": _CHINESE,
    }
)
"""Role names by scheme, to which `regional` and `grades` add the region and how long somebody is there.

Beside these: `typos` (English, as typed by many hands), `merged` (of two systems) and `titles` (several for a role).
"""


def role_names(scheme: str, staff: Staff, rng: np.random.Generator) -> list[str]:
    """What the role of each account is called; teams have names of their own, but in codes and where all are one."""
    names = _of_scheme(scheme, staff, rng)
    for team, members in staff.teams.items() if scheme in _TEAMS_NAMED else ():
        for who in members.tolist():
            names[who] = SEATS[team].english if scheme in ("english", "other") else SEATS[team].chinese
    return names


def _of_scheme(scheme: str, staff: Staff, rng: np.random.Generator) -> list[str]:
    roles = staff.role.tolist()
    if scheme == "merged":
        second = rng.random(len(roles)) < 0.4
        return [(_CHINESE if other else _OTHER)[r] for r, other in zip(roles, second, strict=True)]
    if scheme == "typos":
        return [_typed(_ENGLISH[r], u) for r, u in zip(roles, rng.random(len(roles)).tolist(), strict=True)]
    if scheme == "titles":
        lots = rng.random(len(roles)).tolist()
        return [_TITLES[r][int(u * len(_TITLES[r]))] for r, u in zip(roles, lots, strict=True)]
    names = [NAMES[scheme][r] for r in roles]
    if scheme == "regional":
        return [f"{name}-{k + 1}区" if k >= 0 else name for name, k in zip(names, staff.region.tolist(), strict=True)]
    if scheme == "grades":
        grades = rng.choice(_GRADES, len(names), p=(0.3, 0.5, 0.2)).tolist()
        return [grade + name if r < PEOPLE else name for grade, name, r in zip(grades, names, roles, strict=True)]
    return names


def _typed(name: str, u: float) -> str:
    """A name as some hands type it: 4 in 5 right."""
    ways = (name.upper(), name.title(), name[:-1], name[0] + name[2:] + name[1], f"{name}s", f"{name}-1")
    return name if u < 0.8 else ways[min(int((u - 0.8) / 0.2 * len(ways)), len(ways) - 1)]


def channel_names(count: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Names of the issuing interfaces."""
    words = ("tb", "pdd", "dy", "jd", "wph", "xhs", "ks", "wx", "app", "counter", "b2b", "sme", "intl", "cod", "gov")
    return tuple(np.array(words)[rng.permutation(len(words))[:count]].tolist())


def account_names(staff: Staff, channels: tuple[str, ...], alike: bool, rng: np.random.Generator) -> tuple[str, ...]:
    """Ids of all accounts: people are dealt numbers at random; interfaces are called as their channel, or not."""
    width, letter = len(str(len(staff))) + 1, "uaewk"[int(rng.integers(5))]
    dealt: Ints = rng.permutation(len(staff)) + 10 ** (width - 1)
    names = [f"{letter}{k}" for k in dealt.tolist()]
    for who in np.flatnonzero(staff.role >= Role.SERVICE).tolist():
        channel, number = int(staff.owns[who]), int(dealt[who])
        kind = {Role.SERVICE: "svc", Role.PARTNER: "ext", Role.DEVICE: "dev"}[Role(int(staff.role[who]))]
        names[who] = f"{kind}-{channels[channel]}" if channel >= 0 and alike else f"{kind}-{number}"
    for new in staff.twin[staff.twin >= 0].tolist():
        names[new] = f"cn{int(dealt[new]):07d}"
    return tuple(names)
