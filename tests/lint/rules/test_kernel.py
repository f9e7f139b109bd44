from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lint.texts import FACTS, check, finds, instance, leaves, of, script, server

if TYPE_CHECKING:
    from pathlib import Path

TRACKED = "track_script {\nchk\n}"
MODULES = ["ip_vs", "ip_vs_rr", "ip-vs-wrr", "macvlan"]


def facts(**more: object) -> dict[str, Any]:
    return {**FACTS, **more}


def test_a_capability_that_is_not_held_is_named_once(tmp_path: Path) -> None:
    text = instance(name="VI").replace("vrrp_instance VI", "«vrrp_instance» VI") + instance(name="V2", vrid=6)
    finds(tmp_path, "H015", text, facts(capabilities=["CAP_NET_ADMIN"]))
    leaves(tmp_path, "H015", instance(), facts(capabilities=["CAP_NET_ADMIN", "CAP_NET_RAW"]))
    leaves(tmp_path, "H015", instance())


def test_checks_without_pings_need_no_raw_sockets(tmp_path: Path) -> None:
    leaves(tmp_path, "H015", server(), facts(capabilities=["cap_net_admin"]))
    finds(tmp_path, "H015", server(check="«PING_CHECK» {\n}"), facts(capabilities=["cap_net_admin"]))


def test_a_scheduler_without_its_module_is_found(tmp_path: Path) -> None:
    finds(tmp_path, "H016", server().replace("lvs_sched rr", "lvs_sched «mh»"), facts(modules=MODULES))
    leaves(tmp_path, "H016", server().replace("lvs_sched rr", "lvs_sched wrr"), facts(modules=MODULES))
    leaves(tmp_path, "H016", server().replace("lvs_sched rr", "lvs_sched mh"))


def test_a_kernel_without_ipvs_is_found_once(tmp_path: Path) -> None:
    finds(tmp_path, "H016", server(head="«virtual_server» 198.51.100.10 80"), facts(ip_vs=False))
    leaves(tmp_path, "H016", server(), facts(ip_vs=True))
    leaves(tmp_path, "H016", instance(), facts(ip_vs=False))


def test_a_virtual_mac_needs_its_kind_of_link(tmp_path: Path) -> None:
    finds(tmp_path, "H016", instance("«use_ipvlan»"), facts(modules=MODULES))
    leaves(tmp_path, "H016", instance("use_vmac"), facts(modules=MODULES))


def test_more_checks_than_files_are_found(tmp_path: Path) -> None:
    finds(tmp_path, "H017", server(head="«virtual_server» 198.51.100.10 80"), facts(open_files=50))
    leaves(tmp_path, "H017", server(), facts(open_files=51))
    leaves(tmp_path, "H017", server())


def test_a_tracked_proxy_that_may_not_bind_an_address_elsewhere_is_noted(tmp_path: Path) -> None:
    sysctls = {**FACTS["sysctls"], "net.ipv4.ip_nonlocal_bind": "0"}
    text = script(command="/usr/bin/killall -0 haproxy").replace('script "', '«script» "') + instance(TRACKED)
    finds(tmp_path, "H018", text, facts(sysctls=sysctls))
    leaves(tmp_path, "H018", script() + instance(TRACKED), facts(sysctls=sysctls))
    leaves(tmp_path, "H018", script(command="/usr/bin/killall -0 haproxy") + instance(TRACKED))


def test_a_tracked_process_is_looked_at_like_a_script(tmp_path: Path) -> None:
    sysctls = {**FACTS["sysctls"], "net.ipv4.ip_nonlocal_bind": "0"}
    text = "vrrp_track_process P {\nprocess «nginx»\n}\n" + instance()
    finds(tmp_path, "H018", text, facts(sysctls=sysctls))


def test_a_missing_capability_says_how_a_container_gets_it(tmp_path: Path) -> None:
    (found,) = of(check(tmp_path, instance(), facts=facts(capabilities=["CAP_NET_ADMIN"])), "H015")
    assert "--cap-add=NET_RAW" in found.advice
