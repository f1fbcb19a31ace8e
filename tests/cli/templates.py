"""Every wording of an error in the source, as a template: `{}` for each blank.

Found by reading the source: first argument of each error of ours that is raised or made, of each helper that makes one
(`_error`, `_refused`), of `ValueError`s whose text is shown, and of wrong usage. A name stands for what is assigned to
it, a call of the same file for what is returned.
"""

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[2] / "src/wayseal"
MAKERS = {"_error", "_refused", "_quietly", "BadParameter"}
LAST = {"_refused", "_quietly"}
"""Makers whose last argument is the text."""
BUILT_IN = {"ValueError", "TypeError", "KeyError", "AttributeError", "RuntimeError", "OSError"}
NEVER_SHOWN = {"LeftOutError", "UnreadableError", "DuplicateKeyError", "OAuthError"}
SHOWN_AS_TEXT = ("store/_times.py",)
"""Files whose `ValueError`s become the text of an error of ours."""
NOT_A_WORDING = {"{}", ""}


def wordings() -> dict[str, str]:
    """Template → where it stands."""
    return {text: where for path in sorted(ROOT.rglob("*.py")) for text, where in _of_file(path)}


def _of_file(path: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(path.read_text("utf-8"))
    shown = path.relative_to(ROOT).as_posix() in SHOWN_AS_TEXT
    scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    functions = {scope.name: scope for scope in scopes}
    constants = [node for node in tree.body if isinstance(node, ast.Assign)]
    for scope in scopes:
        assigned = [*constants, *(node for node in ast.walk(scope) if isinstance(node, ast.Assign | ast.AugAssign))]
        for call in (node for node in ast.walk(scope) if isinstance(node, ast.Call) and node.args):
            if not _makes(call, shown):
                continue
            argument = call.args[-1] if _called(call) in LAST else call.args[0]
            for text in _texts(argument, assigned, functions):
                if text not in NOT_A_WORDING:
                    yield text, f"{path.relative_to(ROOT)}:{call.lineno}"


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _makes(call: ast.Call, shown: bool) -> bool:
    name = _called(call)
    if name in BUILT_IN:
        return shown and name == "ValueError"
    return name in MAKERS or (name.endswith("Error") and name not in NEVER_SHOWN)


def _texts(
    node: ast.AST, assigned: list[ast.Assign | ast.AugAssign], functions: dict[str, ast.FunctionDef]
) -> list[str]:
    """All that an expression can say."""
    match node:
        case ast.Constant(value=str(text)):
            return [re.sub(r"\{\w[^{}]*\}", "{}", text)]
        case ast.Call(func=ast.Name(id="N_" | "Message"), args=[first, *_]):
            return _texts(first, assigned, functions)
        case ast.JoinedStr():
            parts = [
                _texts(value, [], functions) if isinstance(value, ast.Constant) else ["{}"] for value in node.values
            ]
            return ["".join(choice) for choice in product(*parts)]
        case ast.IfExp():
            return _texts(node.body, assigned, functions) + _texts(node.orelse, assigned, functions)
        case ast.BinOp(op=ast.Add()):
            left, right = _texts(node.left, assigned, functions), _texts(node.right, assigned, functions)
            return [a + b for a, b in product(left, right)]
        case ast.Name(id=name):
            values = [
                n.value
                for n in assigned
                if any(
                    isinstance(t, ast.Name) and t.id == name for t in (n.targets if isinstance(n, ast.Assign) else ())
                )
            ]
            return [text for value in values for text in _texts(value, assigned, functions)] or ["{}"]
        case ast.Call(func=ast.Name(id=name)) if name in functions:
            scope = functions[name]
            inner: list[ast.Assign | ast.AugAssign] = [n for n in ast.walk(scope) if isinstance(n, ast.Assign)]
            returned = [n.value for n in ast.walk(scope) if isinstance(n, ast.Return) and n.value is not None]
            return [text for value in returned for text in _texts(value, inner, functions)]
    return ["{}"]
