"""The glossary has the same terms in both languages, and each occurs in other pages."""

import re

from tests.docs.pages import markdown, read

_ROW = re.compile(r"^\| \[([^\]]+)\]\(([^)]+)\) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
ENGLISH = [(term, other, page) for term, page, other, _ in _ROW.findall(read("docs/reference/glossary.md"))]
CHINESE = [(other, term, page) for term, page, other, _ in _ROW.findall(read("docs/reference/glossary.zh.md"))]


def test_both_pages_have_the_same_terms() -> None:
    assert len(ENGLISH) > 40
    assert [terms for *terms, _ in ENGLISH] == [terms for *terms, _ in CHINESE]


def test_each_term_is_a_word_of_the_docs() -> None:
    pages = [page for page in markdown() if not page.name.startswith("glossary")]
    chinese_text = "".join(page.read_text("utf-8") for page in pages if page.name.endswith(".zh.md"))
    english_text = " ".join("".join(p.read_text("utf-8") for p in pages if not p.name.endswith(".zh.md")).split())
    for english, chinese, _ in ENGLISH:
        assert re.search(rf"\b{re.escape(english)}", english_text, re.IGNORECASE), english
        assert chinese in chinese_text, chinese


def test_every_meaning_is_one_or_two_plain_sentences() -> None:
    for name in ("docs/reference/glossary.md", "docs/reference/glossary.zh.md"):
        for *_, meaning in _ROW.findall(read(name)):
            assert len(re.findall(r"[.。](?=\s|$|[一-鿿])", meaning.strip())) in {1, 2}, meaning


def test_the_glossary_is_found() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "docs/explanation/architecture.md"):
        assert "glossary.md" in read(page)
    assert "docs/reference/glossary.zh.md" in read("README.zh.md")
