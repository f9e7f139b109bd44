"""The committed state diagram is the code's."""

from __future__ import annotations

from pathlib import Path

from keepalived_py.vrrp.diagram import diagram


def test_the_committed_diagram_is_current() -> None:
    committed = Path(__file__).parents[2] / "docs" / "vrrp-states.md"
    assert committed.read_text() == diagram(), "run: python -m keepalived_py.vrrp.diagram > docs/vrrp-states.md"
