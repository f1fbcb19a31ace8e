"""What auditors and administrators look up: acts on cases, policy, keys."""

from tests.console.casework import NAMES, Bench, said
from wayseal.cases.types import CaseState, Observable, ObservableKind
from wayseal.console import Role


def test_an_auditor_sees_every_act_and_nothing_of_a_case(bench: Bench) -> None:
    """Who, what, when, before and after; no account, no thing, nothing that somebody wrote; others see none of it."""
    case = bench.alert(*NAMES)
    secret = "王芳 said that shop 7 pays her"
    bench.cases.add_note(case, secret, "ann", bench.now)
    bench.cases.rename(case, secret, "ann", bench.now)
    bench.cases.hear(case, "chen", secret, bench.now, actor=NAMES[0])
    bench.cases.link(case, Observable(kind=ObservableKind.SELLER, value="shop 7"), "ann", secret, bench.now)
    bench.item((ObservableKind.SELLER, "shop 7"), reason=secret)
    bench.cases.set_state(case, CaseState.WAITING, "ann", secret, bench.now)
    bench.cases.forget(bench.now, "nobody", secret, bench.now)
    bench.world.person("zhang", Role.AUDITOR)
    bench.world.person("root", Role.ADMINISTRATOR)
    answer = bench.browser("zhang").get("/acts/cases")
    for words in (
        f"detection found {case}".capitalize(),
        f"wrote a note in {case}",
        f"heard the person concerned in {case}",
        f"changed the state of {case}: New → Waiting",
        "into the queue",
        case,
        "ann",
    ):
        assert words in said(answer), words
    hidden = (*NAMES, secret, "shop 7", *(bench.cases.pseudonyms.of(name) for name in NAMES))
    assert not [word for word in hidden if word in answer.text]
    for line in range(70):
        bench.cases.assign(case, f"p-{line}", "ann", bench.now)
    newest = bench.browser("zhang").get("/acts/cases")
    assert newest.text.count('aria-current="page"') == 1
    older = newest.text.split("/acts/cases?before=")[1].split('"')[0]
    assert f">{int(older) - 1}</td>" in bench.browser("zhang").get(f"/acts/cases?before={older}").text
    # Nor is a case counted for whoever sees none; and a case that is there is refused as one that isn't.
    for login in ("zhang", "root"):
        browser = bench.browser(login)
        assert "wait for a decision" not in said(browser.get("/"))
        for path in ("/cases/{}", "/cases/{}/reads.csv", "/cases/{}/timeline"):
            there, nowhere = (browser.get(path.format(one)) for one in (case, "c-77"))
            assert (there.status_code, there.text.replace(case, "c-77")) == (403, nowhere.text)
    # What is set, by whom what may be called, and keys by their ids alone.
    page = bench.browser("root").get("/rules")
    key = bench.cases.pseudonyms.check
    assert key[:16] in page.text
    assert key not in page.text
    assert said(page).count("POST /cases/{case}/open asks for a proof again — ✓") == 1
    assert case not in page.text
    for word in hidden:
        assert word not in page.text
