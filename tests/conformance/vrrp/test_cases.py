"""Every recorded case happens as written (--update-cases rewrites it), and is logged as the reference logged it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.vrrp.cases import Player, read_case

CASES = sorted(Path(__file__).parent.glob("*.case"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_recorded_case_happens_as_written(path: Path, update_cases: bool, tmp_path: Path) -> None:
    case = read_case(path)
    player = Player(case, tmp_path)
    player.play()
    if update_cases:
        path.write_text(replace(case, story=tuple(player.story)).text())
    else:
        assert player.story == list(case.story)
    if case.reference:
        assert player.logged == list(case.reference)
