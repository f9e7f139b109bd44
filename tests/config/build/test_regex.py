from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import HttpGet, UrlRegex

if TYPE_CHECKING:
    from tests.config.conftest import Reads

TEXT = """\
virtual_server 198.51.100.10 80 {
 lvs_sched rr
 lvs_method NAT
 protocol TCP
 real_server 10.0.0.1 80 {
  HTTP_GET {
   url {
    path /
%s
   }
  }
 }
}
"""


def regex(read: Reads, written: str) -> UrlRegex | None:
    configuration = read(TEXT % written, testing=False).configuration
    assert configuration is not None
    (check,) = configuration.lvs.servers[0].real_servers[0].checks
    assert isinstance(check, HttpGet)
    return check.urls[0].regex


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ('regex "a b"', UrlRegex(pattern="a b")),
        ("regex a\nregex_no_match", UrlRegex(pattern="a", no_match=True)),
        ("regex a\nregex_options utf caseless nonsense", UrlRegex(pattern="a", options=frozenset({"utf", "caseless"}))),
        ("regex a\nregex_min_offset 2\nregex_max_offset 2", UrlRegex(pattern="a", min_offset=2, max_offset=2)),
        ("regex a\nregex_min_offset 3\nregex_max_offset 2", UrlRegex(pattern="a")),
        ("regex a\nregex_min_offset x", UrlRegex(pattern="a")),
        ("regex a\nregex_stack 1 2", UrlRegex(pattern="a", stack=(1, 2))),
        ("regex a\nregex_stack 2 1", UrlRegex(pattern="a")),
        ("regex_no_match\nregex_options utf", None),
    ],
)
def test_what_is_wrong_with_an_expressions_options_is_ignored(
    read: Reads, written: str, wanted: UrlRegex | None
) -> None:
    assert regex(read, written) == wanted
