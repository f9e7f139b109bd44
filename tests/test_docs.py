"""What the documents promise is there."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
DIFFERENCES = re.findall(r"`([\w/]+\.py)::(test_\w+)`", (PROJECT / "docs" / "differences.md").read_text())


@pytest.mark.parametrize(("file", "test"), DIFFERENCES)
def test_each_difference_has_the_test_it_names(file: str, test: str) -> None:
    assert f"def {test}(" in (PROJECT / "tests" / file).read_text()


def test_every_row_of_the_differences_names_a_test() -> None:
    rows = [line for line in (PROJECT / "docs" / "differences.md").read_text().splitlines() if line.startswith("| ")]
    without = [
        row
        for row in rows
        if not row.endswith(")` |") and "::test_" not in row and not row.startswith("| keepalived |")
    ]
    assert without == []


@pytest.mark.parametrize("document", ["README.md", "docs/differences.md", "docs/design.md", "conf-samples/README.md"])
def test_links_between_documents_lead_somewhere(document: str) -> None:
    text = (PROJECT / document).read_text()
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert ((PROJECT / document).parent / target).exists(), target
