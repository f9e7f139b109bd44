"""``vrrp_script`` and the things tracked by name: ``track_file``, ``vrrp_track_process``, ``bfd_instance``."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.build import numbers
from keepalived_py.config.build.context import read_block, read_statement
from keepalived_py.config.build.drafts import BfdDraft, Drafts, ScriptDraft, TrackFileDraft
from keepalived_py.config.keywords import ROOT
from keepalived_py.config.report import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.build.context import Context
    from keepalived_py.config.tree import Block, Terminal

    Special = Callable[[Context, Any, Terminal], None]

_SCRIPT: Final = ROOT.blocks["vrrp_script"].keywords
_BFD: Final = ROOT.blocks["bfd_instance"].keywords


def command_text(argv: list[str]) -> str:
    """Give a command as keepalived prints it: every word in single quotes."""
    return " ".join(f"'{word}'" for word in argv)


def build_script(context: Context, drafts: Drafts, block: Block) -> None:
    """Read a ``vrrp_script`` block. The first of two with one name is the one that references find."""
    draft = ScriptDraft(name=context.word(block.head.words, 1), location=context.location)
    read_block(context, block, draft, _SCRIPT_SPECIAL, {})
    if not draft.argv or not draft.argv[0]:
        context.error(f"No script set for vrrp_script {draft.name} - removing")
        return
    if not draft.remove and draft.identity is None:
        draft.identity = context.default_identity()
        if draft.identity is None:
            context.error(f"Unable to set default user for vrrp script {draft.name} - removing")
            return
    if not draft.remove:
        drafts.scripts.setdefault(draft.name, draft)


def _script(context: Context, draft: ScriptDraft, terminal: Terminal) -> None:
    draft.argv = context.argv(terminal.line)[1]


def _interval(context: Context, draft: ScriptDraft, terminal: Terminal) -> None:
    keyword = terminal.words[0]
    read_statement(context, _SCRIPT[keyword], terminal, draft)
    if draft.values.get(keyword) == 0:
        context.error(f"({draft.name}): vrrp script {keyword} must be greater than 0, setting to 1")
        draft.values[keyword] = 1000


def _weight(context: Context, draft: ScriptDraft, terminal: Terminal) -> None:
    words = terminal.words
    word = context.word(words, 1)
    weight = context.signed(word, -253, 253, lenient=True)
    if weight is None:
        context.error(f"vrrp_script {draft.name} weight {word} must be in [-253, 253]")
        # The reference keeps the number it has just refused. So do we: without a weight a failure would mean FAULT instead.
        weight = numbers.leading(word)
    draft.weight = weight
    if len(words) >= 3:
        if words[2] == "reverse":
            draft.reverse = True
        else:
            context.error(f"vrrp_script {draft.name} unknown weight option {words[2]}")


def _user(context: Context, draft: ScriptDraft, terminal: Terminal) -> None:
    words = terminal.words
    user = context.word(words, 1)
    group = words[2] if len(words) > 2 else None
    draft.identity = context.identity(user, group)
    draft.remove = draft.identity is None
    if draft.remove:
        context.error(f"Unable to set uid/gid for script {command_text(draft.argv)}")
    draft.user, draft.group = user, group


_SCRIPT_SPECIAL: Final[dict[str, Special]] = {
    "script": _script,
    "interval": _interval,
    "timeout": _interval,
    "weight": _weight,
    "user": _user,
}


def build_track_file(context: Context, drafts: Drafts, block: Block) -> None:
    """Read a ``track_file`` block."""
    if block.keyword == "vrrp_track_file":
        context.log("'vrrp_track_file' is deprecated after v2.0.21 - please use 'track_file'")
    draft = TrackFileDraft(name=context.word(block.head.words, 1), location=context.location, weight=1)
    read_block(context, block, draft, {"weight": _file_weight, "init_file": _init_file}, {})
    path = draft.values.get("file")
    if path is None:
        context.error(f"No file set for track_file {draft.name} - ignoring")
        return
    if not context.host.directory_exists(posixpath.dirname(path)):
        context.error(f"realpath() error 2 (No such file or directory) for {draft.name}")
        return
    known = drafts.checker_files if context.stage == Stage.CHECKER else drafts.files
    known.setdefault(draft.name, draft)


def _file_weight(context: Context, draft: TrackFileDraft, terminal: Terminal) -> None:
    words = terminal.words
    if len(words) < 2:
        context.error(f"No weight specified for track file {draft.name} - ignoring")
        return
    if draft.weight != 1:
        context.error(f"Weight already set for track file {draft.name} - ignoring {words[1]}")
        return
    weight = context.signed(words[1], -254, 254, lenient=True)
    if weight is None:
        context.error(
            f"Weight ({words[1]}) for track_file {draft.name} must be between [-254..254] inclusive. Ignoring..."
        )
        weight = 1
    draft.weight = weight
    if len(words) >= 3:
        if words[2] == "reverse":
            draft.reverse = True
        else:
            context.error(f"track_file {draft.name} unknown weight option {words[2]}")


def _init_file(context: Context, draft: TrackFileDraft, terminal: Terminal) -> None:
    for word in terminal.words[1:]:
        if word.lstrip("+-")[:1].isdigit():
            value = context.signed(word, -(1 << 31), (1 << 31) - 1)
            draft.values["initial"] = value
            if value is None:
                context.error(f"Track file {draft.name} init value {word} is invalid")
            elif abs(value) > 254:
                context.error(f"Track file {draft.name} init value {value} is outside sensible range [-254, 254]")
        elif word == "overwrite":
            draft.values["overwrite"] = True
        else:
            context.error(f"Unknown track file init option {word}")


def build_process(context: Context, drafts: Drafts, block: Block) -> None:
    """Read a ``vrrp_track_process`` block."""
    draft = TrackFileDraft(name=context.word(block.head.words, 1), location=context.location)
    draft.values["quorum"] = 1
    read_block(context, block, draft, _PROCESS_SPECIAL, {})
    if "process" not in draft.values:
        context.error(f"track process '{draft.name}' process name not specified")
        return
    drafts.processes.setdefault(draft.name, draft)


def _process(context: Context, draft: TrackFileDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    if "process" in draft.values:
        context.error(f"Process already set for track process {draft.name} - ignoring {word}")
        return
    draft.values["process"] = terminal.words[1:]


def _param_match(context: Context, draft: TrackFileDraft, terminal: Terminal) -> None:
    words = terminal.words
    if len(words) > 1 and words[1] not in {"initial", "partial"}:
        context.error(f"Invalid param_match type {words[1]} - ignoring")
    elif len(words) > 1:
        draft.values["param_match"] = words[1]


def _process_weight(context: Context, draft: TrackFileDraft, terminal: Terminal) -> None:
    words = terminal.words
    if len(words) < 2:
        context.error(f"No weight specified for track process {draft.name} - ignoring")
        return
    if draft.weight:
        context.error(f"Weight already set for track process {draft.name} - ignoring {words[1]}")
        return
    weight = context.signed(words[1], -254, 254, lenient=True)
    if weight is None:
        context.error(
            f"Weight ({words[1]}) for vrrp_track_process {draft.name} must be between"
            " [-254..254] inclusive. Ignoring..."
        )
        return
    draft.weight = weight
    if len(words) >= 3:
        if words[2] == "reverse":
            draft.reverse = True
        else:
            context.error(f"vrrp_track_process {draft.name} unknown weight option {words[2]}")


_PROCESS_SPECIAL: Final[dict[str, Special]] = {
    "process": _process,
    "param_match": _param_match,
    "weight": _process_weight,
}


def build_session(context: Context, drafts: Drafts, block: Block) -> None:
    """Read a ``bfd_instance`` block, of which each process reads its own keywords."""
    name = context.word(block.head.words, 1)
    draft = BfdDraft(name=name, location=context.location)
    tracked = TrackFileDraft(name=name, location=context.location)
    functions: dict[str, Special] = dict.fromkeys(_BFD, _ignored)
    functions["vrrp"] = functions["checker"] = _for_process
    if context.stage == Stage.BFD:
        context.not_acted_on(f"bfd_instance {name}", "the session is not run")
        for keyword in set(_BFD) - {"vrrp", "checker", "weight"}:
            del functions[keyword]
        functions.update(source_ip=_bfd_source, neighbor_ip=_bfd_neighbor, neighbour_ip=_bfd_neighbor)
    elif context.stage == Stage.VRRP:
        functions["weight"] = lambda context, _draft, terminal: _bfd_weight(context, tracked, terminal)
    read_block(context, block, draft, functions, {})
    wanted = {word for word in ("vrrp", "checker") if word in draft.values} or {"vrrp", "checker"}
    if context.stage == Stage.BFD:
        _end_of_session(context, drafts, draft)
    elif context.stage == Stage.VRRP and "vrrp" in wanted:
        tracked.values = draft.values
        drafts.sessions[name] = tracked
    elif context.stage == Stage.CHECKER and "checker" in wanted:
        drafts.checker_sessions[name] = None


def _ignored(_context: Context, _draft: BfdDraft, _terminal: Terminal) -> None:
    """Another process's keyword."""


def _for_process(_context: Context, draft: BfdDraft, terminal: Terminal) -> None:
    draft.values[terminal.words[0]] = True


def _bfd_weight(context: Context, draft: TrackFileDraft, terminal: Terminal) -> None:
    words = terminal.words
    word = context.word(words, 1)
    weight = context.signed(word, -253, 253, lenient=True)
    if weight is None:
        context.error(
            f"Configuration error: BFD instance {draft.name} weight value {word} not valid"
            " (must be in range [-253-253]), ignoring"
        )
    else:
        draft.weight = weight
    if len(words) >= 3:
        if words[2] == "reverse":
            draft.reverse = True
        else:
            context.error(f"Configuration error: BFD instance {draft.name} unknown weight option {words[2]}")


def _bfd_source(context: Context, draft: BfdDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    found = context.socket_address(word)
    if found is None:
        context.error(f"Configuration error: BFD instance {draft.name} has malformed source address {word}, ignoring")
    else:
        draft.source = found[0]


def _bfd_neighbor(context: Context, draft: BfdDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    found = context.socket_address(word)
    if found is None:
        context.error(
            f"Configuration error: BFD instance {draft.name} has malformed neighbor address {word}, ignoring instance"
        )
        draft.broken = True
    else:
        draft.neighbor = found[0]


def _end_of_session(context: Context, drafts: Drafts, draft: BfdDraft) -> None:
    name = draft.name
    if draft.broken:
        return
    if draft.neighbor is None:
        context.error(f"Configuration error: BFD instance {name} has no neighbor address set, disabling instance")
        return
    if draft.source is not None and draft.source.version != draft.neighbor.version:
        context.error(
            f"Configuration error: BFD instance {name} source address {draft.source} and neighbor address"
            f" {draft.neighbor} are not of the same family, disabling instance"
        )
        return
    for other in drafts.bfd.values():
        if (
            other.neighbor == draft.neighbor
            and other.values.get("multihop", False) == draft.values.get("multihop", False)
            and (None in {other.source, draft.source} or other.source == draft.source)
        ):
            pair = f"{draft.source}/{draft.neighbor}" if draft.source else f"{draft.neighbor}"
            kind = "source/neighbor" if draft.source else "neighbor"
            context.error(
                f"Configuration error: BFD instance {name} has duplicate {kind} address {pair}, ignoring instance"
            )
            return
    ttl = draft.values.get("ttl") or (255 if draft.neighbor.version == 4 else 64)
    if draft.values.get("max_hops", 0) > ttl:
        context.error(f"BFD instance {name}: max_hops exceeds ttl/hoplimit - setting to ttl/hoplimit")
    drafts.bfd[name] = draft
