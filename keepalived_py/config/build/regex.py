"""``regex`` and its options in a ``url``. What is wrong with them is logged, never an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.ast import UrlRegex

if TYPE_CHECKING:
    from keepalived_py.config.build.context import Context

#: The options in the reference's order. Others are ignored without a word.
OPTIONS: Final = (
    "allow_empty_class",
    "alt_bsux",
    "auto_callout",
    "caseless",
    "dollar_endonly",
    "dotall",
    "dupnames",
    "extended",
    "firstline",
    "match_unset_backref",
    "multiline",
    "never_ucp",
    "never_utf",
    "no_auto_capture",
    "no_auto_possess",
    "no_dotstar_anchor",
    "no_start_optimize",
    "ucp",
    "ungreedy",
    "utf",
    "never_backslash_c",
    "alt_circumflex",
    "alt_verbnames",
    "use_offset_limit",
)
_NUMBER: Final = re.compile(r"\s*[+-]?\d+")


def url_regex(context: Context, values: dict[str, Any]) -> UrlRegex | None:
    """Make the regular expression of what a url's statements gave; None without ``regex``."""
    options = frozenset(values.get("regex_options", ())) & frozenset(OPTIONS)
    low = _offset(context, values, "min") or 0
    high = _offset(context, values, "max")
    stack = _stack(context, values)
    pattern = values.get("regex")
    if pattern is None:
        if options or "regex_no_match" in values or low or high is not None or stack:
            context.log("regex parameters specified without regex")
        return None
    if high is not None and low > high:
        context.log(f"regex min offset {low} > regex_max_offset {high} - ignoring")
        low, high = 0, None
    return UrlRegex(
        pattern=pattern,
        options=options,
        no_match="regex_no_match" in values,
        min_offset=low,
        max_offset=high,
        stack=stack,
    )


def _number(word: str) -> int | None:
    return int(word) if _NUMBER.fullmatch(word) else None


def _offset(context: Context, values: dict[str, Any], kind: str) -> int | None:
    words = values.get(f"regex_{kind}_offset")
    if words is None:
        return None
    if len(words) != 1:
        context.log(f"Missing or too may options for regex_{kind}_offset")
        return 0
    number = _number(words[0])
    if number is None:
        context.log(f"Invalid regex_{kind}_offset {words[0]} specified")
        return 0
    return number


def _stack(context: Context, values: dict[str, Any]) -> tuple[int, int] | None:
    words = values.get("regex_stack")
    if words is None:
        return None
    if len(words) != 2:
        context.log("regex_stack requires start and max values")
        return None
    start, maximum = _number(words[0]), _number(words[1])
    if start is None:
        context.log("regex_stack invalid start value")
    elif maximum is None:
        context.log("regex_stack invalid max value")
    elif start > maximum:
        context.log("regex stack start cannot exceed max value")
    else:
        return start, maximum
    return None
