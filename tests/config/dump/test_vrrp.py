from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.dump.vrrp import vrrp_lines

if TYPE_CHECKING:
    from tests.config.conftest import Reads

MEMBER = """\
vrrp_instance {name} {{
    interface eth0
    virtual_router_id {vrid}
    {more}
    virtual_ipaddress {{
        192.0.2.{vrid}
    }}
}}
"""
GROUP = "vrrp_sync_group G {\ngroup {\nA\nB\n}\n}\n"


def lines_of(read: Reads, text: str) -> list[str]:
    configuration = read(text, testing=False).configuration
    assert configuration is not None
    return vrrp_lines(configuration)


def members(more: str = "") -> str:
    return MEMBER.format(name="A", vrid=1, more=more) + MEMBER.format(name="B", vrid=2, more="")


def test_without_instances_there_is_nothing(read: Reads) -> None:
    assert lines_of(read, "static_ipaddress {\n192.0.2.7 dev eth0\n}\n") == []


def test_empty_sections_are_left_out(read: Reads) -> None:
    titles = [line for line in lines_of(read, members()) if line.startswith("---")]
    assert titles == ["------< VRRP Topology >------"]


def test_an_instance_that_this_version_cannot_run_is_shown_in_its_place(read: Reads) -> None:
    heads = [line for line in lines_of(read, members("use_vmac")) if line.startswith(" VRRP Instance")]
    assert heads == [" VRRP Instance = A", " VRRP Instance = B"]


def test_a_group_begins_as_backup_and_takes_its_members_wish_to_be_master(read: Reads) -> None:
    lines = lines_of(read, GROUP + members("state MASTER\npriority 100"))
    assert " VRRP Sync Group = G, BACKUP" in lines
    assert "   Wantstate = MASTER" not in lines


def test_a_group_whose_member_cannot_run_begins_in_fault(read: Reads) -> None:
    lines = lines_of(read, GROUP + members("unicast_src_ip 192.0.2.9\nunicast_fault_no_peer"))
    at = lines.index(" VRRP Sync Group = G, FAULT")
    assert lines[at + 1] == "   Num member fault 1, num member init 0"


def test_a_group_waits_for_a_script_without_weight(read: Reads) -> None:
    script = "vrrp_script S {\nscript /bin/true\nuser root\n}\n"
    lines = lines_of(read, script + GROUP + members("track_script {\nS\n}"))
    at = lines.index(" VRRP Sync Group = G, INIT")
    assert lines[at + 1] == "   Num member fault 0, num member init 1"


def test_gaps_between_gratuitous_arps_hold_for_every_interface_in_use(read: Reads) -> None:
    lines = lines_of(read, "global_defs {\nvrrp_garp_interval 0.5\n}\n" + members())
    assert lines[:6] == [
        "------< Gratuitous ARP delays >------",
        "------< GARP delay group >------",
        " GARP interval = 0.500000",
        " GARP next time 0.000000 (Thu Jan  1 00:00:00.000000)",
        " Interfaces",
        "  eth0",
    ]
