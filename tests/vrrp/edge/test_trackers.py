"""vrrp/edge/trackers.py: what is followed, and what is told of it at the start and at a reload."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keepalived_py.config.ast import (
    BfdInstance,
    Configuration,
    LinkbeatInterface,
    SyncGroup,
    Tracked,
    TrackFile,
    TrackProcess,
)
from keepalived_py.runtime.messages import BfdStateChanged
from keepalived_py.vrrp.edge.trackers import Trackers
from keepalived_py.vrrp.events import FileRead, InterfaceChanged, ProcessesCounted, RouterEvent, SessionChanged
from tests.vrrp.notation import wanted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from keepalived_py.log import Level
    from keepalived_py.runtime.messages import Message


class Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, _level: Level, text: str, *, detail: bool = False) -> None:
        del detail
        self.lines.append(text)

    def detail(self, text: str) -> None:
        self.lines.append(text)


@dataclass
class Context:
    """What of a worker's context trackers use."""

    loop: asyncio.AbstractEventLoop
    peers: dict[str, object] = field(default_factory=dict)
    log: Lines = field(default_factory=Lines)
    on_peer_message: Callable[[str, Message], None] | None = None


def play(acts: Callable[[Trackers, Context, list[RouterEvent]], None], **peers: object) -> list[str]:
    """Run the acts in a loop; return what was logged."""

    async def work() -> list[str]:
        context = Context(asyncio.get_running_loop(), peers=peers)
        fed: list[RouterEvent] = []
        trackers = Trackers(context, feed=fed.append)  # type: ignore[arg-type]
        acts(trackers, context, fed)
        trackers.close()
        assert context.on_peer_message is None
        return context.log.lines

    return asyncio.run(work())


def sessions(readings: tuple[Any, ...]) -> list[Any]:
    return [each for each in readings if isinstance(each, SessionChanged)]


BFD = Configuration(
    vrrp_instances=(wanted(track_bfds=(Tracked(name="B"),)),), vrrp_bfd_instances=(BfdInstance(name="B"),)
)


def test_a_session_is_down_until_it_is_told_to_be_up_and_that_is_known_at_a_reload() -> None:
    def acts(trackers: Trackers, context: Context, fed: list[RouterEvent]) -> None:
        assert sessions(trackers.start(BFD)) == [SessionChanged(name="B", is_up=False)]
        assert context.on_peer_message is not None
        context.on_peer_message("bfd", BfdStateChanged(name="B", is_up=True))
        assert fed == [SessionChanged(name="B", is_up=True)]
        assert sessions(trackers.prepare(BFD)) == [SessionChanged(name="B", is_up=True)]

    play(acts, bfd=object())


def test_where_nobody_runs_sessions_nothing_is_known_of_them() -> None:
    def acts(trackers: Trackers, _context: Context, _fed: list[RouterEvent]) -> None:
        assert sessions(trackers.start(BFD)) == []

    play(acts)


def test_only_what_somebody_follows_is_followed_and_a_group_is_somebody(tmp_path: Path) -> None:
    for name in ("own", "group", "nobody"):
        (tmp_path / name).write_text("3")
    configuration = Configuration(
        vrrp_instances=(wanted(track_files=(Tracked(name="own"),)),),
        vrrp_sync_groups=(
            SyncGroup(
                name="G",
                members=("V",),
                track_files=(Tracked(name="group"),),
                track_processes=(Tracked(name="P"),),
            ),
        ),
        track_files=tuple(TrackFile(name=name, path=str(tmp_path / name)) for name in ("own", "group", "nobody")),
        track_processes=(
            TrackProcess(name="P", process="kp-nobody-runs-this"),
            TrackProcess(name="Q", process="kp-nobody-runs-this"),
        ),
    )

    def acts(trackers: Trackers, _context: Context, fed: list[RouterEvent]) -> None:
        readings = trackers.start(configuration)
        assert readings == (
            FileRead(name="own", number=3),
            FileRead(name="group", number=3),
            ProcessesCounted(name="P", count=0),
        )
        trackers.recount(readings)
        assert fed == [ProcessesCounted(name="P", count=0)]
        assert trackers.prepare(Configuration()) == ()

    play(acts)


def test_an_interface_that_nobody_tracks_is_not_asked() -> None:
    configuration = Configuration(
        vrrp_instances=(wanted(dont_track_primary=True),), linkbeat_interfaces=(LinkbeatInterface(name="eth0"),)
    )

    def acts(trackers: Trackers, _context: Context, _fed: list[RouterEvent]) -> None:
        assert trackers.start(configuration) == ()
        report = InterfaceChanged(name="eth0", is_up=False)
        assert trackers.filtered(report) is report

    assert play(acts) == ["Turning off linkbeat for eth0 since not used for tracking"]
