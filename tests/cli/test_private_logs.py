"""No personal data out of a raw log stands in a ledger or in anything that is said, whatever way it came."""

from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.store.logs.making import COMBINED, OCSF, PGAUDIT, audit, record
from tests.store.logs.test_combined import hit
from tests.store.logs.test_ocsf import asks, event, url

PLANTED = ("张三丰", "13812345678", "文三路九号", "11010519491231002X", "zhang@example.cn", "0571-88886666")
ESCAPED = "%E5%BC%A0%E4%B8%89%E4%B8%B0"
MAIN = "SELECT * FROM waybill_main WHERE "


def statements() -> list[str]:
    made = [f"{MAIN}{column} = '{value}'" for value in PLANTED for column in ("mail_no", "name", "created_at")]
    made += [f"{MAIN}mail_no = 'YT1' AND (name = '{v}' OR phone LIKE '%{v}%') /* for {v} */" for v in PLANTED]
    made += [f"{MAIN}mail_no IN ('YT1', '{v}')" for v in PLANTED]
    made += [f"SELECT * FROM waybill_main WHERE '{v} -- unclosed" for v in PLANTED]
    made += [f"EXECUTE waybill_main('{v}')" for v in PLANTED] + [f"SELEC '{v}' FROM waybill_main" for v in PLANTED]
    return made


def logs(folder: Path) -> dict[str, str]:
    number = iter(range(1, 1000))
    csvlog = "".join(record(audit(s, number=next(number))) for s in statements())
    csvlog += "".join(
        record(audit(MAIN + "mail_no = $1 AND name = $2", f"{v},{v}", number=next(number))) for v in PLANTED
    )
    csvlog += "".join(record(f"duration: 1 ms {v}") + record(f"AUDIT: {v}") for v in PLANTED)
    csvlog += record(audit(f"{MAIN}name = '{PLANTED[0]}\n{PLANTED[1]}\n{PLANTED[2]}'", number=999))[:-60]
    combined = "".join(hit(f"/api/waybill/{v}") + hit(f"/api/search?name={v}&no={v}") + f"bad {v}\n" for v in PLANTED)
    combined += hit(f"/api/search?no={ESCAPED}&name={ESCAPED}&{ESCAPED}=1") + hit(
        f"/x/{ESCAPED}", more=f' "{PLANTED[0]}" "-"'
    )
    ocsf = "".join(event(**asks(s)) for s in statements())
    ocsf += "".join(event(http_request=url(f"/api/waybill/{v}", f"name={v}"), message=v) for v in PLANTED)
    ocsf += "".join(event(resources=[{"type": "waybill", "uid": v, "name": v}]) + f'{{"{v}"\n' for v in PLANTED)
    return {"pg.csv": csvlog, "access.log": combined, "events.jsonl": ocsf}


@pytest.mark.parametrize(("name", "mapping"), [("pg.csv", PGAUDIT), ("access.log", COMBINED), ("events.jsonl", OCSF)])
@pytest.mark.parametrize("keep", [False, True])
def test_nothing_planted_comes_through(tmp_path: Path, name: str, mapping: str, keep: bool) -> None:
    (tmp_path / name).write_text(logs(tmp_path)[name], encoding="utf-8")
    (tmp_path / "m.toml").write_text(mapping, encoding="utf-8")
    ledger = tmp_path / "L"
    said = ""
    for lang in ("en", "zh"):
        more = ("--keep-rejected",) if keep else ()
        took = inside("ingest", ledger, tmp_path / name, "--map", tmp_path / "m.toml", "--lang", lang, *more)
        assert took.code == 0, took.err
        said += took.out + took.err + inside("show", ledger, "--lang", lang).out
    said += inside("show", ledger, "--format", "json").out + inside("map", tmp_path / name).out
    held = b"".join(p.read_bytes() for p in ledger.rglob("*") if p.is_file() and not p.name.endswith(".raw.csv"))
    for value in (*PLANTED, "057188886666", ESCAPED):
        assert value not in said, value
        assert value.encode() not in held, value
    raw = list(ledger.glob("quarantine/*.raw.csv"))
    assert bool(raw) == keep
    assert all(p.stat().st_mode & 0o077 == 0 for p in raw)
