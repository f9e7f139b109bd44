"""Names, paths and refusals; the moving itself is tried with whole daemons in tests/netns/test_namespaces.py."""

from __future__ import annotations

from dataclasses import replace

from keepalived_py.config.ast import GlobalDefinitions, Nftables, VrrpDefaults
from keepalived_py.premises import Premises, refusals
from keepalived_py.runtime.options import Options


def test_without_anything_special_pid_files_are_in_run() -> None:
    premises = Premises(Options(), GlobalDefinitions())
    assert premises.suffix == ""
    assert premises.options == Options(
        pid_file="/run/keepalived.pid",
        vrrp_pid_file="/run/vrrp.pid",
        checkers_pid_file="/run/checkers.pid",
        inside=True,
    )


def test_an_instance_and_a_namespace_are_in_the_names_and_the_command_line_wins() -> None:
    global_defs = GlobalDefinitions(network_namespace="blue", instance_name="one")
    premises = Premises(Options(vrrp_pid_file="/tmp/mine.pid"), global_defs)
    assert premises.suffix == "_blue_one"
    assert premises.options.pid_file == "/run/keepalived/keepalived_one.pid"
    assert premises.options.vrrp_pid_file == "/tmp/mine.pid"
    assert premises.options.checkers_pid_file == "/run/keepalived/checkers_one.pid"


def test_a_directory_of_their_own_is_asked_for_by_its_keyword_too() -> None:
    premises = Premises(Options(), GlobalDefinitions(use_pid_dir=True))
    assert (premises.suffix, premises.options.pid_file) == ("", "/run/keepalived/keepalived.pid")


def test_what_only_a_restart_can_change_is_named_each_in_a_line() -> None:
    old = GlobalDefinitions(network_namespace="blue", nftables=Nftables(table="mine"))
    assert refusals(old, replace(old, router_id="other")) == []
    new = replace(
        old,
        network_namespace=None,
        network_namespace_ipvs="red",
        instance_name="one",
        nftables=None,
        nftables_ipvs=Nftables(table="marks"),
        config_save_directory="/x",
        vrrp=VrrpDefaults(disable_local_igmp=True),
    )
    assert refusals(old, new) == [
        f"Cannot change {what} at a reload - please restart keepalived"
        for what in (
            "network namespace",
            "IPVS network namespace",
            "instance name",
            "nftables table name",
            "IPVS nftables table name",
            "config_directory",
            "disable_local_igmp",
        )
    ]
