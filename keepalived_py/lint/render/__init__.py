"""How findings are shown: ``text`` for people, ``json``, ``sarif`` and ``github`` for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.lint.render import github, json_format, sarif, text

if TYPE_CHECKING:
    from keepalived_py.lint.engine import Result

FORMATS: Final = ("text", "json", "sarif", "github")


def render(result: Result, format_: str, *, colour: bool = False) -> str:
    """Give the output for a result; ``colour`` counts for text only."""
    match format_:
        case "json":
            return json_format.render(result)
        case "sarif":
            return sarif.render(result)
        case "github":
            return github.render(result)
    return text.render(result, colour=colour)
