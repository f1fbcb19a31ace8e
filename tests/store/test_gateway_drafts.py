"""Drafts for a gateway of an open platform: its requests, its accounts, a partner's export, a database's print."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.store.helpers import mapping_of, put, read
from wayseal.page.languages import translator
from wayseal.store.drafts import Draft, NoDraftError, draft_mappings

LINE = {"time": "05/Nov/2026:00:02:07 +0800", "remote_addr": "100.64.0.3", "remote_user": "-", "status": 200}


def draft_of(tmp_path: Path, requests: Sequence[Mapping[str, object]]) -> Draft:
    """Of a log of these requests, each with an id of its own."""
    rows = [{**LINE, "request_id": f"{n:08x}", "app_key": f"ak_{n % 5}", **one} for n, one in enumerate(requests)]
    (draft,) = draft_mappings(put(tmp_path / "a.log", "".join(f"{json.dumps(row)}\n" for row in rows)))
    return draft


def number(n: int) -> str:
    return f"SD{10_457_859_000_000 + 104_729 * n}"


def reads(count: int = 40, **more: object) -> list[Mapping[str, object]]:
    return [{"uri": f"/waybill/{number(n)}", **more} for n in range(count)]


def rules(draft: Draft) -> dict[str, dict[str, Any]]:
    return {one.pop("path"): one for one in tomllib.loads(draft.text).get("paths", [])}


def test_the_field_that_tells_callers_apart_is_the_address(tmp_path: Path) -> None:
    """One proxy's address stood for all callers, without a word."""
    forwarded = [{**one, "xff": f"10.9.{n}.7, 100.64.0.1"} for n, one in enumerate(reads())]
    draft = draft_of(tmp_path, forwarded)
    assert tomllib.loads(draft.text)["columns"]["ip"] == "xff"
    assert draft.doubts == ("`ip`: `xff` (40 addresses) goes before `remote_addr` (1); can callers write it?",)
    # It is known by its name, where the usual one isn't there.
    draft = draft_of(
        tmp_path, [{**one, "remote_addr": "", "client_ip": f"10.9.{n}.7"} for n, one in enumerate(reads())]
    )
    assert tomllib.loads(draft.text)["columns"]["ip"] == "client_ip"
    assert not draft.doubts
    draft = draft_of(
        tmp_path, [{**one, "remote_addr": f"10.9.{n}.7", "upstream": "10.0.0.1"} for n, one in enumerate(reads())]
    )
    assert "ip" not in tomllib.loads(draft.text)["columns"]


def test_an_id_of_each_request_is_the_request(tmp_path: Path) -> None:
    """Time and line stood for it. One that requests share is none."""
    assert tomllib.loads(draft_of(tmp_path, reads()).text)["columns"]["request"] == "request_id"
    assert "request" not in tomllib.loads(draft_of(tmp_path, reads(request_id="7")).text)["columns"]


def test_fields_of_accounts_that_are_empty_on_this_day_stand_last(tmp_path: Path) -> None:
    """They were left out, and the next day's requests had no account."""
    draft = draft_of(tmp_path, reads(jwt_sub="-", method="GET"))
    assert tomllib.loads(draft.text)["columns"]["actor"] == {"first_of": ["app_key", "remote_user", "jwt_sub"]}
    draft = draft_of(tmp_path, reads(app_key=""))
    assert draft.doubts[0] == "`actor`: nothing was found for it"


def test_conditions_are_found_by_what_parameters_hold(tmp_path: Path) -> None:
    """All requests of the second and the third became {"unknown": true}, without a word."""
    asked = [f"/waybills?dst=N{n % 9:04}&channel=api&page={n}" for n in range(40)]
    asked += [f"/waybills?src=N{n % 9:04}&from={1_793_628_000 + n}&to={1_793_635_306 + n}&page=1" for n in range(40)]
    asked += [f"/search?src=api&start=2026-11-05T08:00:{n:02}%2B08:00&end=" for n in range(40)]
    asked += [f"/orders?src=x{n}&from=2026-11-0{n % 9 + 1}&mobile=139{n:08}" for n in range(40)]
    draft = draft_of(tmp_path, [*reads(), *({"uri": one} for one in asked)])
    made = rules(draft)
    assert made["/waybills"] == {
        "query": {"destination_outlet": "dst", "channel": "channel", "origin_outlet": "src", "issued_from": "from",
                  "issued_to": "to"},
        "format": ["epoch_s"], "ignore": ["page"], "action": "search",
    }  # fmt: skip
    assert made["/search"] == {"query": {"channel": "src", "issued_from": "start"}, "action": "search"}
    # A day alone may be meant up to its end: nothing is drafted for it.
    assert made["/orders"] == {"action": "search"}
    wider = ": such a search counts as wider than it was"
    bound = " bound is taken for the time of issue, without an offset in `offset`"
    assert draft.doubts == (
        f"/waybills: what from, to{bound}",
        f"/search: what start{bound}",
        f"/search: nothing is drafted for end (40){wider}",
        f"/orders: nothing is drafted for src (40), from (40), mobile (40){wider}",
    )


def test_what_a_path_says_at_its_end_is_the_action(tmp_path: Path) -> None:
    asked = [f"/open/waybill/{number(n)}" for n in range(9)] + [f"/waybill/{number(n)}/print" for n in range(9)]
    asked += [f"/orders/export?dst=N{n}" for n in range(9)] + [f"/label?no={number(n)}" for n in range(9)]
    made = rules(draft_of(tmp_path, [{"uri": one} for one in asked]))
    assert [made[path].get("action") for path in made] == [None, "print", "print", "export"]


@pytest.mark.parametrize("hit", [True, False])
def test_ends_of_numbers_are_named(tmp_path: Path, hit: bool) -> None:
    """A path that is asked by the last digits of a number stood among other paths, and nothing was said of it."""
    tails = [number(n)[-6:] if hit else f"{(7_919 * n) % 1_000_000:06}" for n in range(40)]
    draft = draft_of(tmp_path, [*reads(), *({"uri": f"/q?t={tail}"} for tail in tails)])
    assert draft.doubts == (("/q: t holds ends of numbers (40 of 40); who asks so is not seen",) if hit else ())


APPS = "app_key;应用名称;类别;用途;权限范围;开通时间;到期时间;联系人\n"


def test_a_register_of_applications_is_one_of_accounts(tmp_path: Path) -> None:
    """It was no table that is known, and as one its dates of expiry beside 长期 were not seen."""
    rows = [
        f"ak_{n:04};应用{n};{('合作方', '内部服务', '运维')[n % 3]};打单;waybill.read|track;2026-01-0{n % 9 + 1};"
        f"{'长期' if n % 3 == 0 else '2027-01-02'};张三\n"
        for n in range(40)
    ]
    path = put(tmp_path / "apps.csv", APPS + "".join(rows))
    (draft,) = draft_mappings(path)
    assert (draft.table, draft.doubts) == ("actors", ())
    whole = read(path, mapping=mapping_of(draft.text))
    assert [row.get("valid_to", "")[:10] for row in whole.rows[:3]] == ["", "2027-01-01", "2027-01-01"]
    assert [row["kind"] for row in whole.rows[:3]] == ["partner", "service", "person"]
    assert "张三" not in draft.text


def test_a_partners_export_is_taken_out_first(tmp_path: Path) -> None:
    """Its rows were taken for one, and after that for numbers that were seen outside."""
    rows = [{"callTime": f"2026/11/02 07:02:{n:02}", "op": "track", "bill": {"no": number(n), "carrier": "SD"},
             "rid": f"{n // 2:08x}"} for n in range(40)]  # fmt: skip
    document = {"code": 0, "data": {"app": "ak_1", "total": 40, "records": rows}}
    with pytest.raises(NoDraftError, match=r"`unwrap = \"data\.records\"` of a mapping.*jq -c '\.data\.records\[\]'"):
        draft_mappings(put(tmp_path / "a.json", json.dumps(document, indent=2)))
    (draft,) = draft_mappings(put(tmp_path / "a.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows)))
    assert draft.table == "partner_calls"
    assert tomllib.loads(draft.text)["columns"]["operation"] == "op"


def test_what_a_database_prints_for_nothing_is_nothing(tmp_path: Path) -> None:
    """Each made a customer of that name; a column of times with many of them was none."""
    head = "ticket_no\twaybill_no\tcreate_time\thandler\tcategory\tclose_time\n"
    rows = [
        f"G{n:05}\t{number(n)}\t2026-11-02 00:{n:02}:08+08:00\tK{n % 7}\t{'NULL' if n % 2 else '催派'}\t"
        f"{'2026-11-03 00:00:00+08:00' if n % 3 else 'NULL'}\n"
        for n in range(40)
    ]
    path = put(tmp_path / "g.tsv", head + "".join(rows))
    (draft,) = draft_mappings(path)
    said = tomllib.loads(draft.text)["columns"]
    assert (said["kind"]["values"], said["closed_at"]) == ({"NULL": ""}, "close_time")
    whole = read(path, mapping=mapping_of(draft.text))
    assert {row.get("kind") for row in whole.rows} == {"催派", None}
    assert sum("closed_at" in row for row in whole.rows) == 26


def test_doubts_in_chinese(tmp_path: Path) -> None:
    draft_of(tmp_path, [*reads(xff="10.0.0.1"), *({"uri": f"/search?from=17936280{n:02}&mobile=1"} for n in range(40))])
    (draft,) = draft_mappings(tmp_path / "a.log", translate=translator("zh"))
    assert len(draft.doubts) == 2
    assert not any(word in " ".join(draft.doubts) for word in ("taken", "drafted"))
