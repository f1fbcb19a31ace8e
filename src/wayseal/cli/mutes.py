"""`wayseal mutes`: notices of the watch that nobody is told of."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import (
    LedgerArgument,
    OutputFormat,
    OutputFormatOption,
    WhoOption,
    WhyOption,
    check_detectors,
)
from wayseal.cli._output import clock_time, print_result
from wayseal.cli._texts import _, echo
from wayseal.cli.blocked import find_actor, live_folder, names_of, seconds_of
from wayseal.live.mutes import Added, Ended, Mute, Mutes
from wayseal.live.notices import read_notices
from wayseal.model.schema import plain
from wayseal.model.times import SECOND_US, clock_name, iso, now_us
from wayseal.page.visible import visible


def mutes_list(
    ledger: LedgerArgument,
    all_: Annotated[bool, typer.Option("--all", help="Mutes that have ended as well.")] = False,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Every mute: what it mutes, until when and why, and how many notices it has muted.

    What was muted is in the record of notices with the mute and its reason, and in its case. [The
    receivers](watch-notices.md) have their page.

    \b
    wayseal mutes list ledger
    """
    folder, now = live_folder(ledger, write=False), now_us()
    some = [one for one in Mutes(folder).all().values() if all_ or (one[1] is None and now < one[0].mute.until)]
    name = names_of(ledger)
    muted = Counter(one.mute for one in read_notices(folder).muted.values())

    def row(added: Added, ended: Ended | None) -> dict[str, object]:
        mute = added.mute
        about = {"account": name(mute.account) if mute.account else None, "who": added.who, "at": iso(added.at)}
        return {**plain(mute), **about, "ended": None if ended is None else iso(ended.at), "muted": muted[mute.id]}

    def lines() -> Iterator[str]:
        for added, ended in some:
            mute = added.mute
            yield _(
                "{id}  {what} until {until} (by {who}): {why}; {n} {n:notice|notices}",
                id=mute.id,
                what=_what(mute, name(mute.account)),
                until=clock_time(mute.until),
                who=visible(added.who),
                why=visible(mute.why),
                n=muted[mute.id],
            )
            if ended is not None:
                yield _("    {at}  ended by {who}: {why}", at=clock_time(ended.at), who=visible(ended.who),
                        why=visible(ended.why))  # fmt: skip
        yield _("Times are in {zone}.", zone=clock_name())

    print_result(format, {"mutes": [row(*one) for one in some]}, lines())


def _what(mute: Mute, account: str) -> str:
    parts = [", ".join(map(visible, mute.detectors))] if mute.detectors else []
    parts += [visible(account)] if mute.account else []
    if mute.hours is not None:
        parts.append(_("{first}:00 to {last}:00", first=mute.hours[0], last=mute.hours[1]))
    return " · ".join(parts)


def mutes_add(
    ledger: LedgerArgument,
    why: WhyOption,
    who: WhoOption,
    detector: Annotated[
        list[str] | None,
        typer.Option(
            help="Notices that give no other reason than this [detector](detectors.md), repeatable.",
            show_default="any",
            callback=check_detectors,
        ),
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="Notices of this account: its id, or its pseudonym.", show_default="any")
    ] = None,
    hours: Annotated[
        str | None,
        typer.Option(help="Notices within these hours of the day, such as `22-6`.", show_default="any"),
    ] = None,
    lasts: Annotated[str, typer.Option(help="How long, such as `90m`, `12h` or `7d`; up to 31 days.")] = "24h",
) -> None:
    """Have nobody told of some notices: of a detector, an account, some hours of the day, or these together.

    They still make cases and blocks, and stand in the record with the reason; `wayseal watch` prints them, too.

    \b
    wayseal mutes add ledger --detector number_walks --lasts 7d --why "stock is counted" --who "Wang, IT"
    wayseal mutes add ledger --account p-3kx7-q2mf-9c4t --hours 22-6 --why "counts stock at night" --who "Li, audit"
    """
    folder = live_folder(ledger, write=True)
    until = now_us() + seconds_of(lasts) * SECOND_US
    actor = "" if account is None else find_actor(ledger, account, "--account")[0]
    made = Mutes(folder).add(
        until=until, why=why, who=who, detectors=detector or (), account=actor, hours=_hours(hours)
    )
    echo("{id}: muted until {until}.", id=made.id, until=clock_time(made.until))


def _hours(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text)
    if found is None:
        raise WrongUsageError("needs two hours such as 22-6", param_hint="--hours")
    return int(found[1]), int(found[2])


def mutes_end(
    ledger: LedgerArgument,
    mute: Annotated[str, typer.Argument(help="Id of the mute, such as `m-3`.", metavar="MUTE")],
    who: WhoOption,
    why: WhyOption,
) -> None:
    """End a mute before its time: of what comes from now on, everybody is told.

    \b
    wayseal mutes end ledger m-3 --who "Wang, IT" --why "it is counted"
    """
    Mutes(live_folder(ledger, write=True)).end(mute, who=who, why=why)
    echo("{id} has ended.", id=mute)
