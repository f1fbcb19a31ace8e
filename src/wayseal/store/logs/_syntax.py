"""Statements as trees of the parser's, and what is read off such a tree without knowing the mapped tables.

The parser takes its time to load: this module is imported where the first statement is read.
"""

import logging
import re
from collections.abc import Iterator

import sqlglot
from sqlglot import exp

_WRAPPED = re.compile(
    r"\s*(?:PREPARE\s+\S+?\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\s+AS\s"
    r"|DECLARE\s+\S+\s+(?:\w+\s+)*?CURSOR\s+(?:WITH(?:OUT)?\s+HOLD\s+)?FOR\s)",
    re.IGNORECASE,
)


# What the parser can't read it would print.
_QUIET = logging.getLogger("sqlglot")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


def parsed(template: str, dialect: str = "postgres") -> list[exp.Expr] | None:
    """The statements of a template, out of PREPARE and DECLARE; None where they can't be read."""
    found = _WRAPPED.match(template)
    try:
        roots = sqlglot.parse(template[found.end() :] if found else template, read=dialect)
    except Exception:  # whatever a foreign parser stumbles over, the log is read on
        return None
    return [r for r in roots if r is not None]


def conjuncts(where: exp.Expr | None) -> Iterator[exp.Expr]:
    """Yield what AND joins, without brackets."""
    stack = [where] if where is not None else []
    while stack:
        item = stack.pop()
        if isinstance(item, exp.Where | exp.Paren):
            stack.append(item.this)
        elif isinstance(item, exp.And):
            stack += [item.expression, item.this]
        elif item is not None:
            yield item


def set_parts(node: exp.Expr) -> list[str]:
    """The parts of a node that say something."""
    return [name for name, value in node.args.items() if value]


def columns_by_table(template: str, dialect: str) -> Iterator[tuple[str, str]]:
    """(table, column) of a statement, by the table's own name; a column without one belongs to each."""
    for root in parsed(template, dialect) or ():
        tables = {t.alias_or_name: f"{t.db}.{t.name}".lstrip(".") for t in root.find_all(exp.Table) if t.name}
        for column in root.find_all(exp.Column):
            if column.name and column.name != "*":
                wanted = [tables[column.table]] if column.table in tables else [] if column.table else tables.values()
                for table in wanted:
                    yield table.lower(), column.name.lower()
