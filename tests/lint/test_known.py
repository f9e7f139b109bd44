from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds, instance, leaves, script, server

if TYPE_CHECKING:
    from pathlib import Path

TRACKED = "track_script {\nchk\n}"
GOOD = instance()

CASES: dict[str, tuple[str, str]] = {
    "K001": (instance("«interfce» eth1"), GOOD),
    "K002": (GOOD + "«}»\n", GOOD),
    "K003": (instance('«notify_master "/bin/true»'), instance('notify_master "/bin/true"')),
    "K004": (instance("«advert_int»"), instance("advert_int 1")),
    "K005": (instance("garp_master_delay «x»"), instance("garp_master_delay 1")),
    "K008": (instance("«lvs_sync_daemon_interface eth0»"), GOOD),
    "K016": (instance("authentication {\nauth_type «FOO»\nauth_pass a\n}"), GOOD),
    "K017": (instance(vip="virtual_ipaddress {\n«VIP_HERE»\n}"), GOOD),
    "V101": (instance().replace("virtual_router_id 5", "virtual_router_id «256»"), GOOD),
    "V102": ("«vrrp_instance VI» {\ninterface eth0\nvirtual_router_id 5\npriority 100\n}\n", GOOD),
    "V103": (
        instance()
        + instance(name="V2", vip="virtual_ipaddress {\n198.51.100.11\n}").replace(
            "virtual_router_id 5", "«virtual_router_id 5»"
        ),
        instance() + instance(name="V2", vrid=6, vip="virtual_ipaddress {\n198.51.100.11\n}"),
    ),
    "V104": (GOOD + instance(name="«VI»", vrid=6), GOOD),
    "V105": (instance(vip="virtual_ipaddress {\n198.51.100.10\n«198.51.100.10»\n}"), GOOD),
    "V106": (instance(vip="virtual_ipaddress {\n198.51.100.10\n«2001:db8::9»\n}"), GOOD),
    "V107": (
        instance("authentication {\nauth_type PASS\n«auth_pass sesame-sesame»\n}"),
        instance("authentication {\nauth_type PASS\nauth_pass sesame12\n}"),
    ),
    "V108": (
        instance("version 3", "«authentication» {\nauth_type PASS\nauth_pass sesame\n}"),
        instance("version 2", "authentication {\nauth_type PASS\nauth_pass sesame\n}"),
    ),
    "V109": (instance("strict_mode on", "«unicast_peer» {\n198.51.100.2\n}"), instance("strict_mode on")),
    "V110": (instance("version 2", "«advert_int 0.5»"), instance("version 3", "advert_int 0.5")),
    "V111": (instance("state MASTER", "«nopreempt»"), instance("state BACKUP", "nopreempt")),
    "V112": (
        instance("unicast_src_ip 198.51.100.1", name="VI").replace("vrrp_instance VI", "«vrrp_instance VI»"),
        GOOD,
    ),
    "V113": (
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n«198.51.100.2»\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n198.51.100.3\n}"),
    ),
    "V114": (instance("track_interface {\n«eth0»\n}"), instance("track_interface {\neth1\n}")),
    "V115": (
        script("weight 5") + instance("track_script {\n«chk»\n}", priority="priority 255"),
        script() + instance(TRACKED, priority="priority 255"),
    ),
    "V116": (GOOD + "vrrp_sync_group G {\n«group» {\nVI\n}\n}\n", GOOD),
    "V117": (instance("«vmac_xmit_base»"), instance("use_vmac", "vmac_xmit_base")),
    "V118": (
        instance(
            vip="virtual_ipaddress {\n" + "\n".join(f"10.1.{n // 250}.{n % 250 + 1}/16" for n in range(300)) + "\n}"
        ).replace("vrrp_instance VI", "«vrrp_instance VI»"),
        GOOD,
    ),
    "V119": (instance("state «master»"), instance("state MASTER")),
    "S101": (script() + instance("track_script {\n«chj»\n}"), script() + instance(TRACKED)),
    "S102": ('vrrp_script chk {\n«script "/no/such"»\n}\n' + instance(TRACKED), script() + instance(TRACKED)),
    "S103": (
        script() + instance(TRACKED),
        "global_defs {\nenable_script_security\nscript_user root\n}\n" + script() + instance(TRACKED),
    ),
    "L101": (
        server(real="192.0.2.1 81").replace("virtual_server 198.51.100.10 80", "«virtual_server 198.51.100.10 80»"),
        server(),
    ),
    "L102": (server("«quorum 5»"), server("quorum 1")),
    "L104": ("«virtual_server 198.51.100.10 80» {\nlvs_sched rr\nlvs_method DR\nprotocol TCP\n}\n", server()),
    "L105": (server(head="«virtual_server 198.51.100.10 80»").replace("protocol TCP\n", ""), server()),
    "G101": (
        "global_defs {\nsmtp_server «no.such.example»\n}\n" + GOOD,
        "global_defs {\nsmtp_server 127.0.0.1\n}\n" + GOOD,
    ),
    "H001": (instance().replace("interface eth0", "interface «eth00»"), GOOD),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for_and_says_where(rule: str, tmp_path: Path) -> None:
    finds(tmp_path, rule, CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_the_near_miss_alone(rule: str, tmp_path: Path) -> None:
    leaves(tmp_path, rule, CASES[rule][1])
