"""The gate's benchmarks, small."""

from pathlib import Path

import pytest
from benchmarks.gate import gate_answers, gate_guesses
from benchmarks.registry import Table


def test_guesses_are_told_from_honest_people() -> None:
    tables = [
        one for one in gate_guesses.measure(gate_guesses.Options(sessions=300, identities=40)) if isinstance(one, Table)
    ]
    assert tables[0].cell(gate_guesses.BLIND, gate_guesses.WITHIN) == "1.000"
    assert tables[1].cell("alone", "the gate") == "0"


@pytest.mark.slow
@pytest.mark.once
def test_answers_are_alike(tmp_path: Path) -> None:
    options = gate_answers.Options(work=tmp_path, alike=20, asked=100, connections=10, numbers=40)
    assert list(gate_answers.measure(options))[-1] == "different empty answers: 1"
