"""Tracked files, processes and BFD sessions, static entries and interface settings: their AST nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keepalived_py.config.ast import BfdInstance, TrackFile, TrackGroup, TrackProcess
from keepalived_py.config.verify.nodes import static_address

if TYPE_CHECKING:
    from keepalived_py.config.build import Context, Drafts, TrackFileDraft


def tracker_sections(context: Context, drafts: Drafts) -> dict[str, Any]:
    """Give the fields of Configuration that neither instances, groups and scripts nor servers make."""
    return {
        "track_files": tuple(_file(draft) for draft in drafts.files.values()),
        "track_processes": tuple(_process(draft) for draft in drafts.processes.values()),
        "bfd_instances": _sessions(drafts),
        "vrrp_bfd_instances": tuple(_vrrp_session(draft) for draft in drafts.sessions.values()),
        "track_groups": tuple(
            TrackGroup(name=name, members=tuple(member for member in members if member in drafts.instances))
            for name, members in drafts.track_groups.items()
        ),
        "static_addresses": tuple(static_address(context, draft) for draft in drafts.static_addresses),
        "static_routes": tuple(drafts.static_routes),
        "static_rules": tuple(drafts.static_rules),
        "garp_groups": tuple(drafts.garp),
        "linkbeat_interfaces": tuple(drafts.linkbeat_interfaces),
        "interface_delays": tuple(drafts.interface_delays),
    }


def _file(draft: TrackFileDraft) -> TrackFile:
    return TrackFile(
        name=draft.name,
        path=draft.values["file"],
        weight=draft.weight,
        reverse=draft.reverse,
        initial=draft.values.get("initial"),
        overwrite="overwrite" in draft.values,
        location=draft.location,
    )


def _process(draft: TrackFileDraft) -> TrackProcess:
    values = draft.values
    words = values["process"]
    parameters = tuple(words[1:])
    match = values.get("param_match", "exact" if parameters else "")
    quorum, maximum = values["quorum"], values.get("quorum_max")
    if maximum == 0:
        quorum = 0
    return TrackProcess(
        name=draft.name,
        process=words[0],
        parameters=parameters,
        match=match,
        weight=draft.weight,
        reverse=draft.reverse,
        quorum=quorum,
        maximum=maximum,
        terminate_delay=values.get("terminate_delay", values.get("delay", 0)),
        fork_delay=values.get("fork_delay", values.get("delay", 0)),
        full_command="full_command" in values or bool(match),
        location=draft.location,
    )


def _vrrp_session(draft: TrackFileDraft) -> BfdInstance:
    return BfdInstance(name=draft.name, weight=draft.weight, reverse=draft.reverse, location=draft.location)


def _sessions(drafts: Drafts) -> tuple[BfdInstance, ...]:
    """Give the sessions as the BFD process has them; which of the others hear of them is known from their readings."""
    sessions = []
    for name, draft in drafts.bfd.items():
        values = draft.values
        selected = {"vrrp", "checker"} & values.keys()
        tracked = drafts.sessions.get(name)
        ttl = values.get("ttl")
        usual = 255 if draft.neighbor is not None and draft.neighbor.version == 4 else 64
        sessions.append(
            BfdInstance(
                name=name,
                neighbor=draft.neighbor,
                source=draft.source,
                min_rx=values.get("min_rx", 10_000),
                min_tx=values.get("min_tx", 10_000),
                idle_tx=values.get("idle_tx", 1_000_000),
                multiplier=values.get("multiplier", 5),
                passive="passive" in values,
                ttl=ttl,
                max_hops=min(values.get("max_hops", 0), ttl or usual),
                multihop=values.get("multihop", False),
                for_vrrp=not selected or "vrrp" in selected,
                for_checkers=not selected or "checker" in selected,
                weight=0 if tracked is None else tracked.weight,
                reverse=tracked is not None and tracked.reverse,
                location=draft.location,
            )
        )
    return tuple(sessions)
