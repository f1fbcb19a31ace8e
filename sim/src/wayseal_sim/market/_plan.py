"""What a simulated market is: its sites, its size, how its sellers behave. Every share is of one."""

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from wayseal_sim._errors import SimulateError
from wayseal_sim.types import DAY

DAY_ZERO = 1_772_380_800_000_000
"""2026-03-02 00:00 China time, the first day of the simulated couriers, in UTC microseconds."""


class Form(StrEnum):
    """What a site is, so how it is looked at."""

    SEARCH = "search"
    PAGE = "page"
    FEED = "feed"
    JSON = "json"
    CHAT = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site of the market.

    Attributes:
        name: Its name; the first part of its addresses.
        form: What it is.
        charset: In which it writes.
        declares: It says so in its header; a page of GB18030 that doesn't is for the reader to guess.
        share: Of the shops that open, how many open here.
        page: Items on one page of its list.
        excerpt: Characters of a text that its list shows; 0: all of them.
        soft_gone: What is gone is answered with 200 and a sentence.
        endless: Its paging never ends: past the last page it shows the last items again, and a link to the next.
        crawl_delay: Seconds that its robots.txt asks for; 0: it has none.
    """

    name: str
    form: Form
    charset: str = "utf-8"
    declares: bool = True
    share: float
    page: int = 40
    excerpt: int = 0
    soft_gone: bool = False
    endless: bool = False
    crawl_delay: int = 0


SITES = (
    Site(name="bazaar", form=Form.SEARCH, share=0.34, excerpt=30, soft_gone=True, crawl_delay=2),
    Site(name="arcade", form=Form.SEARCH, share=0.2, charset="gb18030", declares=False, page=25, endless=True),
    Site(
        name="forum", form=Form.PAGE, share=0.14, charset="gb18030", page=30, excerpt=60, soft_gone=True, crawl_delay=5
    ),
    Site(name="board", form=Form.FEED, share=0.12, page=200),
    Site(name="openapi", form=Form.JSON, share=0.1, page=50, crawl_delay=1),
    Site(name="chats", form=Form.CHAT, share=0.1),
)
SITE = MappingProxyType({site.name: site for site in SITES})


class Trap(StrEnum):
    """What a site does to whoever looks, for some hours of a day."""

    CAPTCHA = "captcha"
    LOGIN = "login"
    ERROR_PAGE = "error_page"
    """200, and a page that says that something went wrong."""
    LAYOUT = "layout"
    """Other names of classes, another nesting, no selector fits."""
    SLOW = "slow"
    CUT = "cut"
    """The connection ends in the middle of the body."""
    TOO_MANY = "too_many"
    """429 with Retry-After."""
    UNAVAILABLE = "unavailable"
    """503, with Retry-After as a date."""
    ROBOTS = "robots"
    """robots.txt answers 500."""
    INWARDS = "inwards"
    """Pages lead to an inside address."""
    ENDLESS_BODY = "endless_body"
    """The body never ends."""
    EMPTY = "empty"
    """Lists in their usual shape, and not one item in them: the site's search is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A trap at a site from one time until another (UTC microseconds)."""

    site: str
    trap: Trap
    since: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPlan:
    """A market's size and habits.

    Attributes:
        shops: Shops that there are in all, come-backs included, about.
        days: How long it is watched.
        begins: The first moment of the first day, UTC microseconds.
        honest: Share of sellers who sell nothing forbidden.
        life_days: Mean days that a shop of the trade lasts.
        honest_life_days: The same of honest ones.
        back: Share of closed sellers of the trade who come back.
        gap_days: Median days until they do; the spread is log-normal.
        removed: Share of ends that a request for removal brought about; the others close by themselves.
        altered: Largest share of characters that a seller alters.
        agencies: Agencies that put their footer under other people's adverts.
        through_agency: Share of sellers who advertise through one.
        shared: Share of sellers who name a handle that many name: a middleman's, a group's.
        copies: Share of sellers who copy somebody else's text, and share who copy a picture.
        two_shops: Share of sellers who have two shops at a time.
        odd: Share of shops with formulas, scripts or hidden signs in their titles.
        spells: Share of days on which a site has a trap for some hours.
        traps: Further traps, by whoever asks.
        layouts: Sites whose pages change for good once.
    """

    shops: int = 1_000
    days: int = 60
    begins: int = DAY_ZERO
    honest: float = 0.45
    life_days: float = 22.0
    honest_life_days: float = 70.0
    back: float = 0.7
    gap_days: float = 1.5
    removed: float = 0.45
    altered: float = 0.35
    agencies: int = 4
    through_agency: float = 0.15
    shared: float = 0.06
    copies: float = 0.04
    two_shops: float = 0.12
    odd: float = 0.02
    spells: float = 0.12
    traps: tuple[Spell, ...] = field(default=())
    layouts: tuple[str, ...] = ("bazaar", "forum")

    def __post_init__(self) -> None:
        """Refuses sizes that can't be.

        Raises:
            SimulateError: One is out of its bounds.
        """
        for name, least in (("shops", 20), ("days", 2), ("agencies", 0)):
            if getattr(self, name) < least:
                raise SimulateError("{name} must be {least} or more", name=name, least=least)
        for name in ("honest", "back", "removed", "altered", "through_agency", "shared", "copies", "two_shops", "odd"):
            if not 0 <= getattr(self, name) <= 1:
                raise SimulateError("{name} must be between 0 and 1", name=name)
        unknown = {spell.site for spell in self.traps} | set(self.layouts)
        if not unknown <= set(SITE):
            raise SimulateError("site must be one of {known}", known=", ".join(SITE))

    @property
    def ends(self) -> int:
        """The first moment after the last day."""
        return self.begins + self.days * DAY
