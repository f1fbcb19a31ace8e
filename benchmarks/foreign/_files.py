"""Files as foreign systems write them: texts in any encoding, gzip, workbooks; the same bytes each time."""

import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias
from xml.sax.saxutils import escape

Cell: TypeAlias = str | int | float | datetime | date | None
_OFFICE = "http://schemas.openxmlformats.org"
_MAIN = f'xmlns="{_OFFICE}/spreadsheetml/2006/main"'
_DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES = (
    f"<styleSheet {_MAIN}>"
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3">'
    '<xf numFmtId="0"/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="14" applyNumberFormat="1"/>'
    "</cellXfs></styleSheet>"
)


class Sheet:
    """A sheet of a workbook, by rows; merged ranges as a spreadsheet names them."""

    def __init__(
        self, name: str, rows: Iterable[list[Cell]], merged: tuple[str, ...] = (), *, hidden: bool = False
    ) -> None:
        self.name, self.rows, self.merged, self.hidden = name, rows, merged, hidden


def text(path: Path, lines: Iterable[str], *, encoding: str = "utf-8", end: str = "\n", bom: bool = False) -> None:
    """Writes lines that carry no end of their own; gzip by the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as raw:
        out = (
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=4)
            if path.suffix == ".gz"
            else raw
        )
        if bom:
            out.write(b"\xef\xbb\xbf")
        held: list[str] = []
        for line in lines:
            held.append(line)
            if len(held) == 5000:
                out.write((end.join(held) + end).encode(encoding))
                held = []
        if held:
            out.write((end.join(held) + end).encode(encoding))
        if out is not raw:
            out.close()


def _column(place: int) -> str:
    name = ""
    while place >= 0:
        name, place = chr(65 + place % 26) + name, place // 26 - 1
    return name


_NAMES = [_column(place) for place in range(60)]


def _rows(rows: Iterable[list[Cell]]) -> Iterator[str]:
    for number, row in enumerate(rows, 1):
        cells = []
        for name, cell in zip(_NAMES, row, strict=False):
            if cell is None:
                continue
            at = f'r="{name}{number}"'
            if isinstance(cell, str):
                cells.append(f'<c {at} t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>')
            elif isinstance(cell, datetime):
                since = cell.replace(tzinfo=None) - datetime(1899, 12, 30)  # noqa: DTZ001
                cells.append(f'<c {at} s="1"><v>{since.days + since.seconds / 86400!r}</v></c>')
            elif isinstance(cell, date):
                cells.append(f'<c {at} s="2"><v>{(cell - date(1899, 12, 30)).days}</v></c>')
            else:
                cells.append(f"<c {at}><v>{cell!r}</v></c>")
        yield f'<row r="{number}">{"".join(cells)}</row>'


def workbook(path: Path, sheets: list[Sheet]) -> None:
    """Writes a workbook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    places = range(1, len(sheets) + 1)
    kinds = f"{_OFFICE}/officeDocument/2006/relationships"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_OFFICE}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{types}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{types}.worksheet+xml"/>' for i in places
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_OFFICE}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{kinds}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{kinds}"><sheets>'
        + "".join(
            f'<sheet name="{escape(s.name)}" sheetId="{i}" {"state=" + chr(34) + "hidden" + chr(34) if s.hidden else ""} r:id="rId{i}"/>'
            for i, s in zip(places, sheets, strict=True)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_OFFICE}/package/2006/relationships">'
        + "".join(
            f'<Relationship Id="rId{i}" Type="{kinds}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i in places
        )
        + f'<Relationship Id="rId99" Type="{kinds}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as out:
        for name, part in parts.items():
            out.writestr(_info(name), _DECLARED + part)
        for place, sheet in zip(places, sheets, strict=True):
            raw = out.open(_info(f"xl/worksheets/sheet{place}.xml"), "w", force_zip64=True)
            with raw, io.TextIOWrapper(raw, encoding="utf-8") as page:
                page.write(f"{_DECLARED}<worksheet {_MAIN}><sheetData>")
                page.writelines(_rows(sheet.rows))
                ranges = "".join(f'<mergeCell ref="{m}"/>' for m in sheet.merged)
                merged = f'<mergeCells count="{len(sheet.merged)}">{ranges}</mergeCells>' if ranges else ""
                page.write(f"</sheetData>{merged}</worksheet>")


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (2026, 11, 30, 9, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def guarded(cells: Iterable[object]) -> str:
    """A line of CSV as most exports write it: quoted only where it must be."""
    return ",".join(
        f'"{c.replace(chr(34), chr(34) * 2)}"' if any(q in c for q in ',"\n') else c for c in map(str, cells)
    )
