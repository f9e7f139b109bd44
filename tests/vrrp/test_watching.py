"""What the world means for instances. Source: reference/vrrp-behaviour.md §4, §7."""

from __future__ import annotations

from ipaddress import IPv4Address

from keepalived_py.config.ast import Configuration, TrackedInterface, TrackedScript
from keepalived_py.vrrp.events import FaultKind, InterfaceFacts, ScriptFinished
from keepalived_py.vrrp.machine import Instance
from keepalived_py.vrrp.watching import NO_SOURCE, Watch
from tests.vrrp.notation import OWN, VIP, lines, wanted
from tests.vrrp.test_scripts import script

TRACKING = wanted(
    track_scripts=(TrackedScript(name="check"),),
    track_interfaces=(TrackedInterface(name="eth1"), TrackedInterface(name="eth2", weight=7)),
)


def watch() -> Watch:
    facts = [InterfaceFacts(name="eth0", addresses=((VIP, 24), (OWN, 24))), InterfaceFacts(name="eth2")]
    return Watch(Configuration(vrrp_instances=(TRACKING,), vrrp_scripts=(script(),)), facts)


def test_the_source_is_never_a_virtual_address() -> None:
    assert watch().source_of(TRACKING) == OWN
    assert watch().is_virtual("eth0", VIP)
    assert not watch().is_virtual("eth1", VIP)


def test_a_configured_source_is_watched_only_when_asked_to() -> None:
    elsewhere = IPv4Address("192.0.2.1")
    assert watch().source_of(wanted(source_address=elsewhere)) == elsewhere
    assert watch().source_of(wanted(source_address=elsewhere, track_source_address=True)) is None


def test_faults_are_told_in_one_order_and_in_the_words_of_the_reference() -> None:
    world = watch()
    world.scripts["check"].handle(ScriptFinished(name="check", exit_status=1), 0)
    instance = Instance(TRACKING)
    assert lines(world.reasons(instance, world.faults_of(instance))) == [
        "log (V): entering FAULT state (interface eth1 down)",
        "log (V) entering FAULT state (no IPv4 address for interface)",
        "log (V): entering FAULT state due to script check",
    ]


def test_a_script_without_a_result_is_unknown_and_no_fault() -> None:
    instance = Instance(TRACKING, source=OWN)
    assert watch().unknown_scripts_of(instance) == {"check"}
    assert {cause.kind for cause in watch().faults_of(instance)} == {FaultKind.INTERFACE_DOWN}
    assert NO_SOURCE not in watch().faults_of(instance)


def test_the_priority_is_the_base_and_what_trackers_give() -> None:
    world = watch()
    assert world.total_of(TRACKING) == 107
    world.interfaces.set_up("eth2", is_up=False)
    assert world.total_of(TRACKING) == 100


def test_what_is_wrong_in_the_configuration_is_a_fault_that_was_told_of_when_it_was_read() -> None:
    wrong = wanted(config_faults=1)
    world = Watch(
        Configuration(vrrp_instances=(wrong,)), [InterfaceFacts(name="eth0", is_up=True, addresses=((OWN, 24),))]
    )
    instance = Instance(wrong, source=OWN)
    faults = world.faults_of(instance)
    assert {cause.kind for cause in faults} == {FaultKind.CONFIGURATION}
    assert lines(world.reasons(instance, faults)) == []
