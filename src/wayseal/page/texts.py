"""The texts that all reports share.

Blanks: {n} plain; {n:n} with thousands; {n:leak|leaks} one word for 1, another for the rest; {p:%} a probability;
{s:share} a share; {x:expected} an expected count; {h:hours} a length of time given in hours; {t:time} a time;
{r:ratio} a likelihood ratio given as its logarithm to base 10. No <, > or & anywhere.
"""

from wayseal.model.messages import N_

TEXTS = {
    "kind.actor": N_("account"),
    "kind.session": N_("session"),
    "kind.device": N_("device"),
    "kind.channel": N_("issuing interface"),
    "kind.outlet": N_("outlet"),
    "kind.region": N_("region"),
    "named.actor": N_("account {id}"),
    "named.session": N_("session {id}"),
    "named.device": N_("device {id}"),
    "named.channel": N_("issuing interface {id}"),
    "named.outlet": N_("outlet {id}"),
    "named.region": N_("region {id}"),
    "reason.empty": N_("empty"),
    "reason.control-character": N_("control-character"),
    "reason.too-long": N_("too-long"),
    "reason.not-a-time": N_("not-a-time"),
    "reason.time-out-of-range": N_("time-out-of-range"),
    "reason.not-a-number": N_("not-a-number"),
    "reason.number-out-of-range": N_("number-out-of-range"),
    "reason.rounded-number": N_("rounded-number"),
    "reason.unknown-value": N_("unknown-value"),
    "reason.not-a-list": N_("not-a-list"),
    "reason.not-an-object": N_("not-an-object"),
    "reason.wrong-type": N_("wrong-type"),
    "reason.too-few-fields": N_("too-few-fields"),
    "reason.too-many-fields": N_("too-many-fields"),
    "reason.stray-quote": N_("stray-quote"),
    "reason.unterminated-quote": N_("unterminated-quote"),
    "reason.stray-carriage-return": N_("stray-carriage-return"),
    "reason.nul-byte": N_("nul-byte"),
    "reason.undecodable": N_("undecodable"),
    "reason.not-json": N_("not-json"),
    "reason.duplicate-key": N_("duplicate-key"),
    "reason.same-key": N_("same-key"),
    "reason.purged": N_("purged"),
    "ui.as_table": N_("As a table"),
    "ui.product": N_("Wayseal"),
    "ui.reproduce": N_("To reproduce"),
    "ui.version": N_("Version"),
    "unit.minutes": N_("{x} min"),
    "unit.hours": N_("{x} h"),
    "unit.days": N_("{x} d"),
    "unit.scales": N_("thousand,million,billion,trillion"),
    "unit.axis": N_("1 min,10 min,1 h,6 h,1 d,1 wk,30 d,1 yr"),
    "unit.colon": N_(": "),
    "unit.comma": N_(", ", context="unit.comma"),
    "unit.and": N_(" and "),
    "unit.time": N_("{moment:time}"),
    "unit.counted": N_("{n:n} {kind}{n:|s}"),
    "unit.ratio": N_("{r:ratio}"),
}
"""Codes, which JSON reports and the docs name, and their texts."""
