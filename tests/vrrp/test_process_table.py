"""Which processes count. Source: reference/vrrp-behaviour.md §7 and the keyword tables' rows of vrrp_track_process."""

from __future__ import annotations

import pytest

from keepalived_py.config.ast import TrackProcess
from keepalived_py.vrrp.events import Counting, ProcessesCounted
from keepalived_py.vrrp.process_table import Command, ProcessTable, matches

NGINX = Command(comm="nginx", cmdline="/usr/sbin/nginx\0-g\0daemon off;\0")


def track(name: str = "P", process: str = "nginx", **settings: object) -> TrackProcess:
    return TrackProcess(name=name, process=process, **settings)  # type: ignore[arg-type]


def test_without_full_command_the_kernel_s_name_counts() -> None:
    assert matches(track(), NGINX)
    assert not matches(track(process="/usr/sbin/nginx"), NGINX)
    assert not matches(track(process="nginx"), Command(comm="nginx-debug"))


def test_a_name_longer_than_the_kernel_keeps_is_compared_as_far_as_it_goes() -> None:
    assert matches(track(process="a-very-long-name-of-a-daemon"), Command(comm="a-very-long-nam"))
    assert not matches(track(process="a-very-long-name-of-a-daemon"), Command(comm="a-very-long"))


def test_with_full_command_the_first_argument_counts() -> None:
    assert matches(track(process="/usr/sbin/nginx", full_command=True), NGINX)
    assert not matches(track(process="nginx", full_command=True), NGINX)
    assert not matches(track(process="", full_command=True), Command(comm="kthreadd"))


@pytest.mark.parametrize(
    ("match", "configured", "running", "expected"),
    [
        ("exact", ("-a", "b"), ("-a", "b"), True),
        ("exact", ("-a", "b"), ("-a", "b", "c"), False),
        ("exact", (), (), True),
        ("exact", (), ("-a",), False),
        ("partial", ("-a",), ("-a", "b"), True),
        ("partial", ("-a",), ("-ab",), False),
        ("partial", (), ("-x",), True),
        ("initial", ("-a",), ("-ab",), True),
        ("initial", ("-a", "b"), ("-a", "bc", "d"), True),
        ("initial", ("-a", "b"), ("-a",), False),
        ("initial", (), (), True),
    ],
)
def test_parameters_are_compared_as_configured(
    match: str, configured: tuple[str, ...], running: tuple[str, ...], expected: bool
) -> None:
    wanted = track(parameters=configured, match=match, full_command=True)
    cmdline = "".join(f"{word}\0" for word in ("nginx", *running))
    assert matches(wanted, Command(comm="nginx", cmdline=cmdline)) is expected


def test_a_child_is_what_its_parent_is_until_it_becomes_another_program() -> None:
    table = ProcessTable([track()])
    assert table.listed([(10, NGINX), (11, Command(comm="sh"))]) == [ProcessesCounted(name="P", count=1)]
    assert table.forked(10, 12) == [ProcessesCounted(name="P", count=2, by=Counting.FORK)]
    assert table.forked(11, 13) == []
    assert table.executed(12, Command(comm="sh")) == [ProcessesCounted(name="P", count=1, by=Counting.OTHER)]
    assert table.executed(13, NGINX) == [ProcessesCounted(name="P", count=2, by=Counting.OTHER)]
    assert table.exited(13) == [ProcessesCounted(name="P", count=1, by=Counting.EXIT)]
    assert table.exited(13) == []
    assert table.follows(10)
    assert not table.follows(13)


def test_a_fork_that_the_list_already_had_is_not_counted_twice() -> None:
    table = ProcessTable([track()])
    table.listed([(10, NGINX), (12, NGINX)])
    assert table.forked(10, 12) == []
    assert table.readings == (ProcessesCounted(name="P", count=2),)


def test_another_name_changes_nothing_for_those_known_by_their_arguments() -> None:
    table = ProcessTable([track(), track("A", "/usr/sbin/nginx", full_command=True)])
    table.listed([(10, NGINX)])
    assert table.renamed(10, "worker") == [ProcessesCounted(name="P", count=0, by=Counting.OTHER)]
    assert table.renamed(20, "nginx") == [ProcessesCounted(name="P", count=1, by=Counting.OTHER)]
    assert table.readings == (ProcessesCounted(name="P", count=1), ProcessesCounted(name="A", count=1))


def test_arguments_are_asked_for_only_when_something_depends_on_them() -> None:
    assert not ProcessTable([track()]).needs_cmdline
    assert ProcessTable([track(), track("A", full_command=True)]).needs_cmdline
