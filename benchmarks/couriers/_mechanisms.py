"""What is unusual in a plan, by name."""

from benchmarks.couriers._plan import Plan, Role


def mechanisms_of(plan: Plan) -> frozenset[str]:
    """Names of all that is unusual in a plan."""
    s, t, w, g = plan.shape, plan.staffing, plan.work, plan.gaps
    found = {f"odd:{name}" for name in plan.odd} | {f"work:{desk}_desk" for desk in w.desks}
    found |= {f"leak:{leak.kind}" + (f":{leak.link}" if leak.link else "") for leak in plan.leaks}
    found |= {"leak:dump" for leak in plan.leaks if leak.once} | {"leak:at_night" for k in plan.leaks if k.odd_hours}
    found |= {f"gap:no_{table}" for table in g.tables} | {f"gap:no_{column}" for column in g.columns}
    found |= {f"gap:blank_{column}" for column in g.blank} | {f"roles:{t.names}", f"numbers:{g.numbers}"}
    named = {
        "leak:none": not plan.leaks,
        "shape:one_region": s.regions == 1,
        "shape:two_regions": s.regions == 2,
        "shape:one_hub": s.hubs == 1,
        "shape:franchise": s.subs > 0,
        "shape:small_outlets": s.outlets >= 350,
        "shape:large_outlets": s.outlets <= 25,
        "shape:regional_centres": s.regional_centres,
        "staff:terminals": t.terminals > 0,
        "staff:day_only": not t.round_the_clock,
        "staff:devices": t.devices > 0,
        "staff:clerks_at_office": t.clerks_at == "office",
        "gap:roles_without_outlet": bool(g.no_outlet),
        "staff:counter_devices": t.counter_devices,
        "staff:new_devices": t.new_devices >= 0.05,
        "staff:gateways": t.gateways > 0,
        "staff:many_partners": t.partners >= 8,
        "staff:partners_named_apart": not t.named_alike,
        "work:phone_search": w.phone > 0,
        "work:few_tickets": w.ticketed <= 0.4 and "tickets" not in g.tables,
        "work:sync": w.sync,
        "work:push": w.push >= 0.3,
        "work:crawlers": w.crawl > 0,
        f"work:{w.curve}": w.curve != "week",
        "gap:staff_only": g.staff_only and "assignments" not in g.tables,
        f"gap:scans_{g.scans}": g.scans != "full" and "scans" not in g.tables,
        "gap:missing_scans": g.missing > 0.05 and "scans" not in g.tables,
        "gap:silent_outlets": g.silent_outlets > 0 and "scans" not in g.tables,
        "gap:missing_waybills": g.missing_waybills > 0 and "waybills" not in g.tables,
        "gap:missing_assignments": g.missing_assignments > 0 and "assignments" not in g.tables,
        "gap:late_scans": g.late > 0 and "scans" not in g.tables,
        "gap:accounts_without_row": g.no_row > 0 and "actors" not in g.tables,
        "gap:empty_outlet": g.empty_outlet > 0,
        "gap:empty_region": g.empty_region > 0,
        "gap:knows_old_outlet": g.knows == "old",
        "gap:wrong_kinds": g.wrong_kinds,
        "gap:franchise_as_one": g.ends == "parent",
        f"rights:{t.rights}": True,
        "work:joint_delivery": w.joint >= 0.05,
        "work:asides": w.aside >= 0.05,
        "work:wrong_counter": w.neighbour >= 0.05,
        "gap:one_action": bool(g.action),
    }
    return frozenset(found | _further(plan) | _last(plan) | {name for name, there in named.items() if there})


def _further(plan: Plan) -> set[str]:
    s, t, w, g = plan.shape, plan.staffing, plan.work, plan.gaps
    found = {f"team:{team.name}" for team in t.teams}
    named = {
        "leak:early": any(leak.early for leak in plan.leaks),
        "shape:warehouses": s.warehouses > 0,
        "staff:fleet": t.fleet > 0,
        "staff:double_roles": t.double > 0,
        "staff:several_regions": t.several > 0,
        "staff:rotating_shifts": t.rotating,
        "staff:new_accounts": t.migrated > 0,
        "staff:shift_accounts": t.shift_devices > 0,
        "work:slow": w.pace > 1,
        "work:within_hours": w.pace < 1,
        "work:waves": w.waves,
        "work:returns": w.returns > 0,
        "work:foreign_parcels": w.foreign > 0,
        "work:order_hall": w.hall > 0,
        "work:two_persons": w.witness > 0,
        "work:tail_search": w.tail > 0,
        "work:follow_up": w.follow_up > 0,
        "work:preview": w.preview > 0,
        "work:holds": w.holds,
        "work:survey": w.survey > 0,
        "gap:lost_channels": g.lost_channels > 0 and "waybills" not in g.tables,
        "gap:scans_begin_late": g.scans_from > 0 and "scans" not in g.tables,
        "gap:some_tickets": bool(g.ticket_kinds) and "tickets" not in g.tables,
        "gap:tickets_late": g.tickets_late > 0 and "tickets" not in g.tables,
        "gap:queue_tickets": g.queue_tickets > 0 and "tickets" not in g.tables,
        "gap:stale_assignments": g.stale > 0 and "assignments" not in g.tables,
        "gap:missing_outlets": g.missing_outlets > 0 and "outlets" not in g.tables,
        "gap:payroll_outlets": g.payroll and "actors" not in g.tables,
        "gap:unlogged_day": g.unlogged,
        "gap:old_accounts": g.old_accounts and "actors" not in g.tables,
        "gap:silent_regions": g.silent_regions > 0 and "actors" not in g.tables,
    }
    return found | {name for name, there in named.items() if there}


def _last(plan: Plan) -> set[str]:
    t, w, g = plan.staffing, plan.work, plan.gaps
    found = {f"outside:{firm.name}" for firm in t.outside} | {f"leak:by_{k.action}" for k in plan.leaks if k.action}
    named = {
        "staff:lockers": t.devices_at == "outlet",
        "staff:part_time": t.part_time > 0,
        "staff:seats": t.seats,
        "staff:townships": t.townships,
        "work:rounds": w.rounds > 0,
        "work:redirect": w.redirect > 0,
        "work:pieces": w.pieces > 0,
        "work:second_numbers": w.legs > 0,
        "work:goods": w.goods > 0,
        "work:lists": w.lists > 0,
        "work:bags": w.bags > 0,
        "work:public_site": w.public > 0,
        "work:dialler": w.dialler > 0,
        "work:transfer": w.transfer > 0,
        "work:exports": w.exports > 0,
        "gap:recoded_outlets": g.recoded,
        "gap:archive": g.archive,
        "gap:by_city": g.by_city and "assignments" not in g.tables,
        "gap:snapshot": g.snapshot and "actors" not in g.tables,
        "gap:leaders_tickets": g.leaders > 0 and "tickets" not in g.tables,
        "table:partner_calls": g.partner_logs > 0,
        "table:changes": w.redirect > 0 and not g.no_changes,
        "table:no_order_ref": g.no_order,
        "staff:night_clerks": t.night > 0,
        "staff:large_head_office": t.mix.get(Role.HEAD, 0) > 0.1 * sum(t.mix.values()),
        "work:disputes": w.disputes > 0,
        "work:notices": w.notices > 0,
        "work:overflow": w.overflow > 0,
        "gap:missing_tickets": g.missing_tickets > 0 and "tickets" not in g.tables,
        "gap:unscanned_days": g.unscanned > 0 and "scans" not in g.tables,
        "gap:roles_without_assignment": bool(g.no_assignment) and "assignments" not in g.tables,
    }
    return found | {name for name, there in named.items() if there}
