"""The user's NAT and direct routing directors with real traffic, keepalived-py beside Debian's keepalived.

All judge the same four plays (see directors.py), performed at the same time: both programs over both of the user's files.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Program
from tests.vm.directors import DOWN_AFTER, SLACK, UP_AFTER, Story, Topology, play

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.vm, pytest.mark.interop]


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Program, Topology], Story]]:
    nginx = tmp_path_factory.mktemp("nginx")
    casts = [(program, topology) for program in Program for topology in Topology]
    with ThreadPoolExecutor(len(casts)) as pool, a_process_called_nginx(nginx):
        running: dict[tuple[Program, Topology], Future[Story]] = {
            cast: pool.submit(play, *cast, tmp_path_factory.mktemp("director")) for cast in casts
        }
        yield lambda program, topology: running[(program, topology)].result(400)


@contextlib.contextmanager
def a_process_called_nginx(folder: Path) -> Iterator[None]:
    """Run what the user's script looks for: it says "pidof nginx"."""
    program = folder / "nginx"
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([str(program), "3600"]) as process:
        try:
            yield
        finally:
            process.kill()


@pytest.fixture(params=list(Topology), ids=lambda topology: topology.name.lower())
def ours(request: pytest.FixtureRequest, plays: Callable[[Program, Topology], Story]) -> Story:
    return plays(Program.OURS, request.param)


@pytest.fixture
def theirs(ours: Story, plays: Callable[[Program, Topology], Story]) -> Story:
    return plays(Program.REFERENCE, ours.topology)


def test_ipvsadm_shows_the_same_table_as_for_the_reference_at_every_act(ours: Story, theirs: Story) -> None:
    for act in ("all up", "two down", "all back", "workers killed", "stopped"):
        assert sorted(ours.tables[act].splitlines()) == sorted(theirs.tables[act].splitlines()), act
        assert ours.rules[act] == theirs.rules[act], act


def test_traffic_through_the_virtual_address_reaches_all_three_servers(ours: Story) -> None:
    assert set(ours.pages["all up"]) == {"web1", "web2", "web3"}


def test_a_client_stays_with_its_server_while_persistence_lasts(ours: Story) -> None:
    before = ours.pages["all up"]
    after = ours.pages["two down"]
    assert [page for page in before if page == "web1"] == [
        now for page, now in zip(before, after, strict=True) if page == "web1"
    ]


def test_no_traffic_reaches_a_server_that_left_the_table(ours: Story) -> None:
    assert set(ours.pages["two down"]) == {"web1"}


def test_a_server_with_a_changed_page_and_a_dead_one_leave_in_their_configured_time(ours: Story) -> None:
    assert ours.seconds["changed page leaves"] <= DOWN_AFTER + SLACK
    assert ours.seconds["dead server leaves"] <= DOWN_AFTER + SLACK


def test_servers_that_recovered_return_in_their_configured_time(ours: Story) -> None:
    assert ours.seconds["both return"] <= UP_AFTER + SLACK


def test_a_worker_killed_with_9_is_replaced_and_the_table_and_the_address_are_whole_again(ours: Story) -> None:
    assert ours.facts["an ipvs worker of its own"]
    assert ours.rules["workers killed"] == ours.rules["all back"]
    assert ours.log.count("Respawning") == 3


def test_a_clean_stop_empties_the_table_and_takes_the_address_away(ours: Story) -> None:
    assert ours.facts["exit status 0"]
    assert ours.facts["no virtual address left"]
    assert "192.168" not in ours.tables["stopped"]


def test_mails_about_servers_that_went_and_came_are_those_of_the_reference(ours: Story, theirs: Story) -> None:
    assert any("DOWN" in subject for subject in ours.subjects())
    assert sorted(ours.subjects()) == sorted(theirs.subjects())


def test_nothing_ends_in_a_traceback(ours: Story) -> None:
    assert "Traceback" not in ours.log
