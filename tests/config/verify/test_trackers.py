from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.config.ast import Configuration
    from tests.config.conftest import Reads


def loaded(read: Reads, text: str) -> Configuration:
    configuration = read(text, testing=False).configuration
    assert configuration is not None
    return configuration


def test_a_tracked_file_keeps_what_it_is_made_with(read: Reads) -> None:
    (file,) = loaded(read, "track_file F {\nfile /var/run/f\nweight -3 reverse\ninit_file 7 overwrite\n}\n").track_files
    assert (file.path, file.weight, file.reverse) == ("/var/run/f", -3, True)
    assert (file.initial, file.overwrite) == (7, True)


def test_parameters_of_a_tracked_process_are_compared_with_its_whole_command(read: Reads) -> None:
    plain, exact = loaded(
        read,
        "vrrp_track_process A {\nprocess x\n}\nvrrp_track_process B {\nprocess y -f z\nquorum_max 0\ndelay 2\n}\n",
    ).track_processes
    assert (plain.match, plain.full_command, plain.quorum) == ("", False, 1)
    assert (exact.match, exact.full_command, exact.parameters) == ("exact", True, ("-f", "z"))
    assert (exact.quorum, exact.maximum, exact.fork_delay) == (0, 0, 2_000_000)


def test_a_bfd_session_is_known_to_the_processes_it_names(read: Reads) -> None:
    text = "bfd_instance A {\nneighbor_ip 192.0.2.9\nmin_rx 50\nvrrp\nweight 4\n}\n"
    configuration = loaded(read, f"{text}bfd_instance B {{\nneighbor_ip 192.0.2.8\nchecker\n}}\n")
    first, second = configuration.bfd_instances
    assert (first.for_vrrp, first.for_checkers, first.min_rx, first.weight) == (True, False, 50_000, 4)
    assert (second.for_vrrp, second.for_checkers) == (False, True)
    assert [session.name for session in configuration.vrrp_bfd_instances] == ["A"]


def test_static_entries_are_kept_in_order(read: Reads) -> None:
    configuration = loaded(
        read,
        "static_ipaddress {\n192.0.2.7/24 dev eth0\n192.0.2.8/24\n}\n"
        "static_routes {\n10.0.0.0/8 via 192.0.2.1\n}\n"
        "static_rules {\nfrom 10.0.0.0/8 table 5 preference 6\n}\n",
    )
    assert [(str(one.address), one.interface) for one in configuration.static_addresses] == [
        ("192.0.2.7", "eth0"),
        ("192.0.2.8", "eth0"),
    ]
    assert configuration.static_routes[0].protocol == 18
    assert (configuration.static_rules[0].table, configuration.static_rules[0].preference) == (5, 6)


def test_settings_of_interfaces_are_kept(read: Reads) -> None:
    configuration = loaded(
        read,
        "linkbeat_interfaces {\neth0 MII\n}\ninterface_up_down_delays {\neth1 1.5 2\n}\n"
        "garp_group {\ngarp_interval 0.5\ninterfaces {\neth0 eth1\n}\n}\n",
    )
    assert configuration.linkbeat_interfaces[0].method == "MII"
    assert (configuration.interface_delays[0].down, configuration.interface_delays[0].up) == (1_500_000, 2_000_000)
    assert configuration.garp_groups[0].interfaces == ("eth0", "eth1")
    assert configuration.garp_groups[0].garp_interval == 500_000
