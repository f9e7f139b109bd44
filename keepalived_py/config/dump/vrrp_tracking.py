"""The sections about what is tracked: scripts, files, processes, BFD sessions, each with the instances that follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from keepalived_py.config.dump.text import command_text, decimal_text, linked_elsewhere, true_false, yes_no

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import Configuration, Microseconds, SyncGroup, VrrpInstance

_SECOND: Final = 1_000_000
_MILLISECOND: Final = 1000

Kind: TypeAlias = Literal["track_scripts", "track_files", "track_processes", "track_bfds"]


def _followers(configuration: Configuration, kind: Kind, name: str) -> list[str]:
    """Give the lines of the instances that follow a thing: those that name it, then the members of groups that do."""
    weights: dict[str, tuple[int, bool]] = {}
    for instance in configuration.declared_instances:
        for tracked in getattr(instance, kind):
            if tracked.name == name:
                weights[instance.name] = (tracked.weight, tracked.reverse)
    for group in configuration.declared_sync_groups:
        for tracked in getattr(group, kind):
            if tracked.name != name:
                continue
            for member in group.members:
                # The group's weight counts, unless the instance follows it without one.
                if member not in weights or weights[member][0]:
                    weights[member] = (tracked.weight, tracked.reverse)
    if not weights:
        return []
    lines = ["   Tracking instances :"]
    for member, (weight, reverse) in weights.items():
        lines.append(f"     {member}, weight {weight}{' reverse' if reverse else ''}")
    return lines


def is_faulty(configuration: Configuration, instance: VrrpInstance, group: SyncGroup) -> bool:
    """Whether an instance begins in FAULT: it cannot run, has no address, or follows without weight what is not there yet.

    At the start files say 0, no process has been counted, and no BFD session is up.
    """
    if instance.config_faults or (instance.source_address is None and instance.interface_address is None):
        return True
    absent = {process.name for process in configuration.track_processes if process.quorum > 0}
    processes = (*instance.track_processes, *group.track_processes)
    sessions = (*instance.track_bfds, *group.track_bfds)
    files = (*instance.track_files, *group.track_files)
    return (
        any(not tracked.weight and tracked.reverse != (tracked.name in absent) for tracked in processes)
        or any(not tracked.weight and not tracked.reverse for tracked in sessions)
        or any(not tracked.weight and tracked.reverse for tracked in files)
    )


def waits_for_scripts(instance: VrrpInstance, group: SyncGroup) -> bool:
    """Whether an instance follows a script without weight, of which nothing is known at the start."""
    return any(not script.weight for script in (*instance.track_scripts, *group.track_scripts))


def _weight(weight: int, *, reverse: bool) -> str:
    return f"   Weight = {weight}{' reverse' if reverse else ''}"


def script_lines(configuration: Configuration) -> Iterator[str]:
    """Give the scripts that somebody follows; the reference has thrown away the others by now."""
    for script in configuration.vrrp_scripts:
        followers = _followers(configuration, "track_scripts", script.name)
        if not followers:
            continue
        command = script.command
        yield f" VRRP Script = {script.name}"
        yield f"   Command = {command_text(command)}"
        if linked_elsewhere(command):
            yield f"   Path = {command.path}"
        yield f"   Interval = {_seconds(script.interval)} sec"
        yield f"   Timeout = {_seconds(script.configured_timeout)} sec"
        yield _weight(script.weight, reverse=script.reverse)
        yield f"   Rise = {script.rise}"
        yield f"   Fall = {script.fall}"
        yield "   Result = 0"
        yield f"   Insecure = {yes_no(script.insecure)}"
        yield "   Init state = INIT"
        yield "   Status = BAD"
        yield f"   Script uid:gid = {command.uid}:{command.gid}"
        yield "   VRRP instances :"
        yield from followers
        yield "   State = idle"


def _seconds(microseconds: Microseconds) -> str:
    whole, rest = divmod(microseconds, _SECOND)
    return f"{whole}.{rest // _MILLISECOND:03d}" if rest else str(whole)


def track_file_lines(configuration: Configuration) -> Iterator[str]:
    """Give the files that somebody follows."""
    for file in configuration.track_files:
        followers = _followers(configuration, "track_files", file.name)
        if not followers:
            continue
        yield f" Track file = {file.name}"
        yield f"   File = {file.path}"
        yield "   Status = 0"
        yield _weight(file.weight, reverse=file.reverse)
        yield from followers


def process_lines(configuration: Configuration) -> Iterator[str]:
    """Give the tracked processes."""
    for process in configuration.track_processes:
        yield f" VRRP Track process = {process.name}"
        yield f"   Process = {process.process}"
        if process.parameters:
            yield f"   Parameters = {' '.join(process.parameters)}"
        if process.match:
            yield f"   Param match{'' if process.match == 'exact' else f' = {process.match}'}"
        yield f"   Min processes = {process.quorum}"
        if process.maximum is not None:
            yield f"   Max processes = {process.maximum}"
        yield "   Current processes = 0"
        yield f"   Have quorum = {true_false(process.quorum == 0)}"
        yield _weight(process.weight, reverse=process.reverse)
        yield f"   Terminate delay = {decimal_text(process.terminate_delay)}s"
        yield f"   Fork delay = {decimal_text(process.fork_delay)}s"
        yield f"   Full command = {true_false(process.full_command)}"
        yield from _followers(configuration, "track_processes", process.name)


def session_lines(configuration: Configuration) -> Iterator[str]:
    """Give the BFD sessions that the VRRP process hears of."""
    for session in configuration.vrrp_bfd_instances:
        yield f" VRRP Track BFD = {session.name}"
        yield _weight(session.weight, reverse=session.reverse)
        yield "   Bfd is down"
        yield "   Tracking VRRP instances :"
        yield from _followers(configuration, "track_bfds", session.name)
