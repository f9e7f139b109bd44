"""From a path to a typed configuration: the reading stages in keepalived's order, one report.

The entry to this room. Bad input never raises: it is in the report.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from keepalived_py.config.ast import Configuration
from keepalived_py.config.blocks import Outline, Reading
from keepalived_py.config.build import Context, Drafts, MissingParameterError, build_stage, refuses
from keepalived_py.config.cache import CannotRecallError, Memory, Recollection
from keepalived_py.config.expand import Expander
from keepalived_py.config.parser import parse
from keepalived_py.config.report import AT_END, EXIT_NO_CONFIG, ErrorClass, Report, Stage
from keepalived_py.config.source import MATCH, READ, WILDCARD, Source, check_readable
from keepalived_py.config.verify import (
    complete_globals,
    enter_namespace,
    tracker_sections,
    verify_checkers,
    verify_globals,
    verify_vrrp,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from keepalived_py.config.host import Host

_EVERYTHING = 0x0F

SourceType = TypeVar("SourceType", bound=Source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a path gave: the configuration (None when a normal start must fail), the report, and the files that were read.

    ``checkers_only`` is what the checker process alone understands: it is there even when the VRRP process must fail.
    """

    configuration: Configuration | None
    report: Report
    files: tuple[str, ...]
    checkers_only: Configuration | None = None


@dataclass(slots=True, kw_only=True)
class Text(Generic[SourceType]):
    """What was read of a path before anything is made of it. ``outline`` is None when there was no file to read."""

    report: Report
    source: SourceType
    outline: Outline | None = None


def read_text(
    path: str,
    *,
    config_id: str,
    reader: Callable[..., SourceType],
    all_includes: bool = False,
) -> Text[SourceType]:
    """Read the lines of a path and of what it includes, through a Source of the kind that ``reader`` makes."""
    report = Report()
    include_check = _EVERYTHING if all_includes else 0
    text = Text(report=report, source=reader(report, include_check=include_check))
    if check_readable(path, report, include_check=include_check):
        text.source.open(path, READ | MATCH | WILDCARD)
        text.outline = Outline.of(Expander(text.source, report, config_id=config_id).read().lines)
        if text.source.failed:
            report.stop(EXIT_NO_CONFIG, stage=Stage.PARENT, position=AT_END)
    return text


def load(
    path: str,
    *,
    host: Host,
    config_id: str,
    testing: bool = False,
    all_includes: bool = False,
    memory: Memory | None = None,
    namespace: str | None = None,
) -> Loaded:
    """Read, build and verify a configuration.

    ``config_id`` decides the ``@id`` lines; ``testing`` makes numbers strict where ``-t`` does; ``all_includes`` is the option
    ``-e``: every include problem is fatal. ``memory``, kept from one reading to the next, makes the next one faster, and nothing
    else. ``namespace`` (option ``-s``) is used instead of ``net_namespace``.
    """
    with uncollected():
        text = read_text(path, config_id=config_id, reader=Source, all_includes=all_includes)
        try:
            return understand(text, host=host, testing=testing, memory=memory, namespace=namespace)
        except CannotRecallError:
            text = read_text(path, config_id=config_id, reader=Source, all_includes=all_includes)
            return understand(text, host=host, testing=testing, namespace=namespace)


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage: a large tree lives through all of a reading; collecting while it grows costs half the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def understand(
    text: Text[SourceType],
    *,
    host: Host,
    testing: bool = False,
    memory: Memory | None = None,
    namespace: str | None = None,
) -> Loaded:
    """Build and verify what was read; its report gets the problems. Raises CannotRecallError with a memory that does not fit."""
    report = text.report
    if text.outline is None:
        return Loaded(configuration=None, report=report, files=())
    drafts = Drafts()
    drafts.globals.namespace_override = namespace
    configuration, checkers_only = _stages(report, host, drafts, text.outline, memory, testing=testing)
    if "reload_check_config" in drafts.globals.values and any(
        problem.error_class > ErrorClass.OK and problem.stage != Stage.BFD for problem in report.problems
    ):
        report.reject()  # whoever asks for checked reloads does not start with errors either
    if report.fatal_status:
        configuration = None
    return Loaded(
        configuration=configuration, report=report, files=tuple(text.source.files), checkers_only=checkers_only
    )


def _stages(
    report: Report, host: Host, drafts: Drafts, outline: Outline, memory: Memory | None, *, testing: bool
) -> tuple[Configuration | None, Configuration | None]:
    """Read and verify stage by stage: the whole, and what the checker process alone makes of it."""
    checkers_only = None
    contexts = {stage: Context(report, stage, host, drafts.globals, testing=testing) for stage in Stage}
    for stage, context in contexts.items():
        recollection = None
        if memory is not None and stage == Stage.CHECKER:
            recollection = memory.recollection(context, outline)
        reading = _reading(outline, context, recollection)
        try:
            items = parse(reading.terminals())
        except MissingParameterError:
            return None, checkers_only
        if recollection is None:
            build_stage(context, drafts, items)
        else:
            recollection.build(context, drafts, items)
        del items
        if report.abort_status is not None:
            return None, checkers_only
        if stage == Stage.PARENT:
            global_defs = verify_globals(context)
            if not enter_namespace(context):
                return None, checkers_only
        elif stage == Stage.CHECKER:
            notes = len(report.not_acted_on)
            servers, lvs = verify_checkers(context, drafts)
            if recollection is not None:
                servers, lvs = recollection.merge(report, notes, drafts, servers, lvs)
            checkers_only = Configuration(
                global_defs=complete_globals(global_defs, drafts), virtual_servers=servers, lvs=lvs
            )
        elif stage == Stage.VRRP:
            sections = verify_vrrp(context, drafts)
    if sections is None:
        return None, checkers_only
    configuration = Configuration(
        global_defs=complete_globals(global_defs, drafts),
        vrrp_scripts=sections.scripts,
        vrrp_sync_groups=sections.groups,
        vrrp_instances=sections.instances,
        declared_sync_groups=sections.declared_groups,
        declared_instances=sections.declared_instances,
        **tracker_sections(contexts[Stage.VRRP], drafts),
        virtual_servers=servers,
        lvs=lvs,
    )
    return configuration, checkers_only


def _reading(outline: Outline, context: Context, recollection: Recollection | None) -> Reading:
    """Begin a stage's reading, with the problems that the braces alone make."""
    decide = refuses(context)
    if recollection is None:
        reading = Reading(outline, context.stage, context.report, decide)
    else:
        reading = Reading(outline, context.stage, context.report, decide, recollection.recall)
    reading.balance()
    return reading
