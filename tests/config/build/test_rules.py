from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Says


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("from 10.0.0.0/8 table 5 preference 100", None),
        ("to 10.0.0.0/8 lookup main priority 0x10", None),
        ("from all goto 200 preference 100", None),
        ("blackhole fwmark 1/0xff preference 5", None),
        (
            "from 10.0.0.0/8 table 5",
            "Rule has no preference specified - setting to 16384. This is probably not what you want.",
        ),
        ("from 10.0.0.0/8 preference 5", "No action specified for rule - ignoring"),
        ("from x table 5", "Invalid rule from address x"),
        ("what", "Unknown rule option what"),
        ("table 0", "Table 0 is not valid"),
        ("goto 5 preference 9", "Invalid rule - preference 9 >= goto target 5"),
        ("nop goto 9", "Cannot specify more than one of table/nop/goto/blackhole/prohibit/unreachable/l3mdev for rule"),
        ("from 10.0.0.1 to 2001:db8::1 table 5", "rule specification has mixed IPv4 and IPv6"),
    ],
)
def test_a_rule_is_read_as_keepalived_reads_it(says: Says, line: str, message: str | None) -> None:
    said = says(f"static_rules {{\n{line}\n}}\n")
    if message is None:
        assert said == []
    else:
        assert f"(Line 2) {message}" in said
