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
        ("type 7 from 10.0.0.0/8 preference 5", None),
        ("type 1 from 10.0.0.0/8 preference 5", "Invalid rule action 1"),
        ("table 5 preference 5 track_group G", "track_group G not found"),
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


GROUP = "track_group G {\ngroup {\nV\n}\n}\nvrrp_instance V {\ninterface eth0\nvirtual_router_id 5\n}\n"


@pytest.mark.parametrize(
    ("line", "messages"),
    [
        ("iif eth0 table 5 preference 5 track_group G", []),
        ("table 5 preference 5 track_group G", ["Static rule cannot have track_group if dev/iif not specified"]),
        ("iif eth0 table 5 preference 5 track_group G track_group H bad", ["track_group H is a duplicate"]),
    ],
)
def test_a_static_rule_may_name_a_track_group_and_wants_an_interface_then(
    says: Says, line: str, messages: list[str]
) -> None:
    said = [text for text in says(f"{GROUP}static_rules {{\n{line}\n}}\n") if "rack" in text]
    assert said == [f"(Line 11) {message}" for message in messages]


def test_a_virtual_rule_names_no_track_group(says: Says) -> None:
    text = GROUP.removesuffix("}\n") + "virtual_rules {\niif eth0 table 5 preference 5 track_group G\n}\n}\n"
    assert any("Unknown rule option track_group" in line for line in says(text))
