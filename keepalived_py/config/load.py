"""From a path to a typed configuration: the reading stages in keepalived's order, one report.

The entry to this room. Bad input never raises: it is in the report.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.config.ast import Configuration
from keepalived_py.config.blocks import Outline, Reading
from keepalived_py.config.build import Context, Drafts, MissingParameterError, build_stage, refuses
from keepalived_py.config.expand import Expander
from keepalived_py.config.parser import parse
from keepalived_py.config.report import AT_END, EXIT_NO_CONFIG, ErrorClass, Report, Stage
from keepalived_py.config.source import MATCH, READ, WILDCARD, Source, check_readable
from keepalived_py.config.verify import enter_namespace, verify_checkers, verify_globals, verify_vrrp

if TYPE_CHECKING:
    from keepalived_py.config.host import Host

_EVERYTHING = 0x0F


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a path gave: the configuration (None when a normal start must fail), the report, and the files that were read."""

    configuration: Configuration | None
    report: Report
    files: tuple[str, ...]


def load(path: str, *, host: Host, config_id: str, testing: bool = False, all_includes: bool = False) -> Loaded:
    """Read, build and verify a configuration.

    ``config_id`` decides the ``@id`` lines; ``testing`` makes numbers strict where ``-t`` does; ``all_includes`` is the option
    ``-e``: every include problem is fatal.
    """
    collecting = gc.isenabled()
    gc.disable()  # a large tree lives through all of this; collecting while it grows costs half the time
    try:
        return _load(path, host, config_id, testing=testing, include_check=_EVERYTHING if all_includes else 0)
    finally:
        if collecting:
            gc.enable()


def _load(path: str, host: Host, config_id: str, *, testing: bool, include_check: int) -> Loaded:
    report = Report()
    if not check_readable(path, report, include_check=include_check):
        return Loaded(configuration=None, report=report, files=())
    source = Source(report, include_check=include_check)
    source.open(path, READ | MATCH | WILDCARD)
    consolidated = Expander(source, report, config_id=config_id).read()
    if source.failed:
        report.stop(EXIT_NO_CONFIG, stage=Stage.PARENT, position=AT_END)
    drafts = Drafts()
    configuration = _stages(report, host, drafts, Outline.of(consolidated.lines), testing=testing)
    if "reload_check_config" in drafts.globals.values and any(
        problem.error_class > ErrorClass.OK and problem.stage != Stage.BFD for problem in report.problems
    ):
        report.reject()  # whoever asks for checked reloads does not start with errors either
    if report.fatal_status:
        configuration = None
    return Loaded(configuration=configuration, report=report, files=consolidated.files)


def _stages(report: Report, host: Host, drafts: Drafts, outline: Outline, *, testing: bool) -> Configuration | None:
    contexts = {stage: Context(report, stage, host, drafts.globals, testing=testing) for stage in Stage}
    for stage, context in contexts.items():
        reading = Reading(outline, stage, report, refuses(context))
        reading.balance()
        try:
            items = parse(reading.terminals())
        except MissingParameterError:
            return None
        build_stage(context, drafts, items)
        if report.abort_status is not None:
            return None
        if stage == Stage.PARENT:
            global_defs = verify_globals(context)
            if not enter_namespace(context):
                return None
        elif stage == Stage.CHECKER:
            servers = verify_checkers(context, drafts)
        elif stage == Stage.VRRP:
            sections = verify_vrrp(context, drafts)
    if sections is None:
        return None
    scripts, groups, instances = sections
    return Configuration(
        global_defs=global_defs,
        vrrp_scripts=scripts,
        vrrp_sync_groups=groups,
        vrrp_instances=instances,
        virtual_servers=servers,
    )
