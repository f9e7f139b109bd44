"""``--check-conf`` as the command line has it: its settings read and checked, the output written, the exit status.

Exit statuses: 0 nothing found, 1 findings as bad as ``--fail-on``, 2 a file could not be read or a setting is wrong.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TextIO

from keepalived_py.lint.diagnostic import SEVERITIES
from keepalived_py.lint.document import explain
from keepalived_py.lint.engine import EXIT_UNREADABLE, Selection, UnknownRuleError, run
from keepalived_py.lint.render import FORMATS, render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from keepalived_py.config.host import Host

_COLOURS: Final = ("auto", "always", "never")
_DEFAULTS: Final = {"format": "text", "select": "", "ignore": "", "fail-on": "error", "color": "auto"}
_CHOICES: Final = {"format": FORMATS, "fail-on": tuple(SEVERITIES), "color": _COLOURS}


def check_files(
    paths: Sequence[str],
    *,
    host: Host,
    config_id: str,
    settings: Mapping[str, str],
    output: TextIO,
    complain: Callable[[str], None],
) -> int:
    """Check files, or explain a rule; ``settings`` are the long options by name. Returns the exit status."""
    chosen = {**_DEFAULTS, **settings}
    for name, choices in _CHOICES.items():
        if chosen[name] not in choices:
            complain(f"keepalived-py: --{name} takes {', '.join(choices)}, not '{chosen[name]}'")
            return EXIT_UNREADABLE
    try:
        if "explain" in settings:
            output.write(explain(settings["explain"]))
            return 0
        selection = Selection.of(chosen["select"], chosen["ignore"])
    except UnknownRuleError as error:
        complain(f"keepalived-py: there is no rule '{error}'; --explain=all lists them")
        return EXIT_UNREADABLE
    result = run(paths, host=host, config_id=config_id, selection=selection)
    colour = chosen["color"] == "always" or (
        chosen["color"] == "auto"
        and output.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )
    output.write(render(result, chosen["format"], colour=colour).encode("utf-8", "replace").decode("utf-8"))
    for path in result.unreadable:
        complain(f"keepalived-py: {path}: cannot be read")
    return result.status(SEVERITIES[chosen["fail-on"]])
