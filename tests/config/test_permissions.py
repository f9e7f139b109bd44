"""Modes as keepalived judges them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.permissions import may_execute, walk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "may"),
    [
        (0o001, 0, 0, True),
        (0o666, 0, 0, False),
        (0o011, 1001, 1, False),
        (0o100, 1001, 1, True),
        (0o010, 5, 1002, True),
        (0o101, 5, 1002, False),
        (0o001, 5, 5, True),
    ],
)
def test_the_first_class_that_a_user_is_in_decides(mode: int, uid: int, gid: int, *, may: bool) -> None:
    status = os.stat_result((0o100000 | mode, 0, 0, 1, 1001, 1002, 0, 0, 0, 0))
    assert may_execute(status, uid, gid) is may


def test_a_path_through_a_file_has_the_wrong_type(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert walk(str(tmp_path / "file" / "program")) == (True, False)


def test_a_program_that_all_may_write_is_not_roots_alone(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.touch()
    program.chmod(0o777)
    assert walk(str(program)) == (False, False)
