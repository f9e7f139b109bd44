"""Every recorded case: configuration and servers' deeds must lead to exactly what is written (--update-cases rewrites it)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab.check_cases import play, read_case

CASES = sorted(Path(__file__).parent.glob("*.case"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_recorded_case_happens_as_written(path: Path, update_cases: bool) -> None:
    case = read_case(path)
    found = play(case)
    if update_cases:
        path.write_text(replace(case, expected=found).text())
    else:
        assert found == case.expected
