"""Rule 6: what a pseudonym is, and what it doesn't say."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.making import lines, secret, some
from wayseal.cases import Pseudonyms, load_pseudonyms, open_cases

FORM = re.compile(r"p(-[2-9bcdfghjkmnpqrstvwxz]{4}){3}")
ONE = Pseudonyms(secret(32))


def test_it_is_the_same_for_ever() -> None:
    """Written down: a change of version must not give everybody another name."""
    assert ONE.of("u-1042") == "p-hkt2-4jn3-3rk8"
    assert ONE.of("u-1042", "device") == "p-9zjk-fhk6-drtr"


@given(st.text(), st.sampled_from(["actor", "device", "session", ""]))
def test_form_and_what_it_hangs_on(id_: str, kind: str) -> None:
    made = ONE.of(id_, kind)
    assert FORM.fullmatch(made)
    assert made == Pseudonyms(secret(32)).of(id_, kind)
    assert made != Pseudonyms(bytes(32)).of(id_, kind)
    assert made != ONE.of(id_, kind + "x")
    assert made != ONE.of(id_ + "x", kind)
    assert len(id_) < 5 or id_ not in made


@given(st.text(), st.text(), st.text(), st.text())
def test_kind_and_id_never_run_together(a: str, b: str, c: str, d: str) -> None:
    assert ((a, b) == (c, d)) == (ONE.of(a, b) == ONE.of(c, d))


def test_many_ids_have_many_pseudonyms_and_all_signs_are_used_alike() -> None:
    made = [ONE.of(f"u-{n:05}") for n in range(20_000)]
    assert len(set(made)) == len(made)
    signs = np.array([list(p.replace("-", "")[1:]) for p in made])
    assert signs.shape == (20_000, 12)
    for place in range(12):
        _, counts = np.unique(signs[:, place], return_counts=True)
        assert len(counts) == 27
        expected = len(made) / 27
        assert ((counts - expected) ** 2 / expected).sum() < 70, "chi square with 26 degrees of freedom"
    assert 27**12 > 2**57


def test_the_secret_is_made_once_and_never_said(tmp_path: Path) -> None:
    path = tmp_path / "detect"
    some(path)
    assert (path / "secret").read_bytes() == secret(32)
    assert load_pseudonyms(path).of("u-1042") == ONE.of("u-1042")
    with open_cases(path, entropy=bytes) as writer:
        assert writer.pseudonyms.of("u-1042") == ONE.of("u-1042")
        assert repr(writer.pseudonyms) == "Pseudonyms()"
    assert (path / "secret").read_bytes() == secret(32)
    assert secret(32).hex() not in " ".join(lines(path))
    assert str(secret(32)) not in str(vars(ONE).keys())


def test_each_casebook_has_its_own(tmp_path: Path) -> None:
    made = set()
    for name in "ab":
        with open_cases(tmp_path / name) as writer:
            made.add(writer.pseudonyms.of("u"))
    assert len(made) == 2


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_secret_of_another_size(size: int) -> None:
    with pytest.raises(ValueError, match="secret"):
        Pseudonyms(bytes(size))
