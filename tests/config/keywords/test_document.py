from __future__ import annotations

from pathlib import Path

from keepalived_py.config.keywords.document import document

WRITTEN = Path(__file__).parents[3] / "docs" / "keywords.md"


def test_the_written_reference_is_what_the_declarations_give() -> None:
    assert WRITTEN.read_text(encoding="utf-8") == document()
