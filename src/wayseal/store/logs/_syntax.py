"""Statements as trees of the parser's, and what is read off such a tree without knowing the mapped tables."""

import logging
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlglot import exp

_WRAPPED = re.compile(
    r"\s*(?:PREPARE\s+\S+?\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\s+AS\s"
    r"|DECLARE\s+\S+\s+(?:\w+\s+)*?CURSOR\s+(?:WITH(?:OUT)?\s+HOLD\s+)?FOR\s)",
    re.IGNORECASE,
)


@cache
def _sqlglot() -> Any:
    """The parser, loaded when the first statement is read; what it can't read it would print."""
    import sqlglot  # noqa: PLC0415 (start-up of the command line)

    quiet = logging.getLogger("sqlglot")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    return sqlglot


def parsed(template: str) -> "list[exp.Expr] | None":
    """The statements of a template, out of PREPARE and DECLARE; None where they can't be read."""
    found = _WRAPPED.match(template)
    try:
        roots = _sqlglot().parse(template[found.end() :] if found else template, read="postgres")
    except Exception:  # whatever a foreign parser stumbles over, the log is read on
        return None
    return [r for r in roots if r is not None]


def conjuncts(where: "exp.Expr | None") -> Iterator["exp.Expr"]:
    """What AND joins, without brackets."""
    from sqlglot import exp  # noqa: PLC0415

    stack = [where] if where is not None else []
    while stack:
        item = stack.pop()
        if isinstance(item, exp.Where | exp.Paren):
            stack.append(item.this)
        elif isinstance(item, exp.And):
            stack += [item.expression, item.this]
        elif item is not None:
            yield item


def set_parts(node: "exp.Expr") -> list[str]:
    """The parts of a node that say something."""
    return [name for name, value in node.args.items() if value]


def columns_by_table(template: str) -> Iterator[tuple[str, str]]:
    """(table, column) of a statement, by the table's own name; a column without one belongs to each."""
    from sqlglot import exp  # noqa: PLC0415

    for root in parsed(template) or ():
        tables = {t.alias_or_name: f"{t.db}.{t.name}".lstrip(".") for t in root.find_all(exp.Table) if t.name}
        for column in root.find_all(exp.Column):
            if column.name and column.name != "*":
                wanted = [tables[column.table]] if column.table in tables else [] if column.table else tables.values()
                for table in wanted:
                    yield table.lower(), column.name.lower()
