"""Rule 13 (and 9): closed cases go, whole; what stays says so."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.making import NOW, Do, acts, alert, folder, lines, run, secret, some
from wayseal.cases import open_cases, read_casebook, verify
from wayseal.cases.types import FILE
from wayseal.journal import Head


@pytest.fixture
def path(tmp_path: Path) -> Path:
    some(tmp_path / "detect")
    return tmp_path / "detect"


def test_what_goes_and_what_stays(path: Path) -> None:
    before, head = read_casebook(path), verify(path).head
    with open_cases(path) as writer:
        done = writer.forget(NOW + 5, "Li", "rule 4", NOW + 9)
        assert done is not None
        assert (done.cases, done.acts, done.last) == (1, 4, 2)
        assert (done.lines, done.head) == (head.lines, head.sum)
        assert (done.who, done.why, done.before, done.at) == ("Li", "rule 4", NOW + 5, NOW + 9)
        assert writer.book == read_casebook(path)
        assert writer.register([alert("u-1042")], NOW) == ("c-3",), "no number is given twice"
    content = (path / FILE).read_bytes()
    assert b"helped" not in content
    assert b"complaint 7" not in content
    book = read_casebook(path)
    assert [case.id for case in book.cases] == ["c-2", "c-3"]
    assert book.case("c-2").actors == before.case("c-2").actors
    (shown,) = book.case("c-2").acts
    assert getattr(shown, "cases", None) == {"c-2": ("u-1077", "王芳")}
    assert book.forgotten == (done,)
    looked = verify(path, head=head)
    assert (looked.sound, looked.earlier, looked.restarted) == (True, True, done)


def test_only_what_was_closed_before(path: Path) -> None:
    content = lines(path)
    with open_cases(path) as writer:
        assert writer.forget(NOW + 4, "Li", "rule", NOW) is None
    assert lines(path) == content
    run(path, lambda w: w.verdict("c-1", True, "Li", "anew", NOW + 50, lacking=True))
    with open_cases(path) as writer:
        assert writer.forget(NOW + 5, "Li", "rule", NOW) is None, "the last verdict counts"
        assert writer.forget(NOW + 51, "Li", "rule", NOW) is not None
    assert [case.id for case in read_casebook(path).cases] == ["c-2"]
    book = read_casebook(path)
    assert [c.id for c in book.waiting_since(NOW + 1)] == ["c-2"]
    assert book.waiting_since(NOW) == ()


def test_again_and_again(path: Path) -> None:
    heads = []
    for number in range(3):
        with open_cases(path) as writer:
            (case,) = writer.register([alert(f"x-{number}")], NOW)
            writer.verdict(case, True, "Li", "why", NOW + number, lacking=True)
        heads.append(verify(path).head)
        with open_cases(path) as writer:
            writer.forget(NOW + 9, "Li", f"rule {number}", NOW)
    book = read_casebook(path)
    assert [(f.why, f.cases) for f in book.forgotten] == [("rule 0", 2), ("rule 1", 1), ("rule 2", 1)]
    assert verify(path, head=heads[-1]).restarted == book.forgotten[-1]
    assert [verify(path, head=head).earlier for head in heads] == [True, True, True]
    assert not verify(path, head=Head(lines=heads[0].lines, sum=heads[1].sum)).sound
    assert run(path, lambda w: w.register([alert("new")], NOW)) == [("c-6",)]


@given(st.lists(acts, max_size=12), st.integers(0, 60), st.lists(acts, max_size=3))
def test_of_the_others_everything_stays(some_acts: list[Do], days: int, later: list[Do]) -> None:
    with folder() as path:
        run(path, *some_acts)
        moment = NOW + days * 86_400_000_000
        before = read_casebook(path)
        gone = {case.id for case in before.closed_before(moment)}
        with open_cases(path, entropy=secret) as writer:
            done = writer.forget(moment, "Li", "rule", moment)
            assert (done is None) == (not gone)
            after = writer.book
        assert [(c.id, c.actors, c.alerts, c.state, c.named) for c in after.cases] == [
            (c.id, c.actors, c.alerts, c.state, c.named) for c in before.cases if c.id not in gone
        ]
        highest = len(before.cases)
        run(path, *later)
        made = {c.id for c in read_casebook(path).cases} - {c.id for c in after.cases}
        assert all(int(id_[2:]) > highest for id_ in made)
        assert not (path / FILE).exists() or verify(path).sound
