"""vrrp/complaints.py"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.complaints import Complaints
from tests.vrrp.notation import lines

if TYPE_CHECKING:
    from keepalived_py.vrrp.effects import Effect


def test_each_kind_is_logged_once_until_forgotten() -> None:
    complaints = Complaints("V")
    out: list[Effect] = []
    complaints.make("ttl", "one", out)
    complaints.make("ttl", "two", out)
    complaints.make("length", "three", out, detail=True)
    complaints.forget()
    complaints.make("ttl", "four", out)
    assert lines(out) == ["log (V) one", "detail (V) three", "log (V) four"]
