"""What the ipvs worker is told of a router, over a real pipe."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

from keepalived_py.config.ast import Configuration, GlobalDefinitions, LvsSyncDaemon
from keepalived_py.runtime.messages import RouterMoved
from keepalived_py.runtime.pipe import Channel
from keepalived_py.vrrp.edge.synchronisation import SynchronisationReports
from keepalived_py.vrrp.events import State

if TYPE_CHECKING:
    from collections.abc import Callable

FOLLOWS_V = Configuration(global_defs=GlobalDefinitions(lvs_sync_daemon=LvsSyncDaemon(interface="eth0", instance="V")))


def told(do: Callable[[SynchronisationReports], None]) -> list[RouterMoved]:
    ours, theirs = multiprocessing.Pipe()
    channel = Channel(ours)
    reports = SynchronisationReports({"ipvs": channel}, {"V": State.MASTER}.get)
    do(reports)
    found = []
    while theirs.poll():
        found.append(theirs.recv())
    channel.close()
    theirs.close()
    return found


def test_only_the_router_that_is_followed_is_reported_and_neither_its_beginning_nor_its_end() -> None:
    def do(reports: SynchronisationReports) -> None:
        reports.prepare(FOLLOWS_V)
        for name, state in (
            ("W", State.MASTER),
            ("V", State.INIT),
            ("V", State.BACKUP),
            ("V", State.MASTER),
            ("V", State.FAULT),
            ("V", State.STOP),
        ):
            reports.moved(name, state)

    moves = [message.is_master for message in told(do)]
    assert moves == [False, True, False]


def test_a_new_ipvs_worker_is_told_how_it_is() -> None:
    def do(reports: SynchronisationReports) -> None:
        reports.repeat()
        reports.prepare(FOLLOWS_V)
        reports.repeat()

    assert told(do) == [RouterMoved(instance="V", is_master=True)]


def test_without_a_sync_daemon_nothing_is_told() -> None:
    def do(reports: SynchronisationReports) -> None:
        reports.prepare(Configuration())
        reports.moved("V", State.MASTER)

    assert told(do) == []
