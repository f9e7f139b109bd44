"""The urls of HTTP_GET and SSL_GET, with their regular expressions, which checks share when they are the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import HttpGet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keepalived_py.config.ast import AnyCheck, HttpUrl, UrlRegex

_USUAL: Final = ((200, 299),)
#: Every option the reference knows, in its order: with one of them set it prints them all.
_OPTIONS: Final = (
    "allow_empty_class alt_bsux auto_callout caseless dollar_endonly dotall dupnames extended firstline match_unset_backref"
    " multiline never_ucp never_utf no_auto_capture no_auto_possess no_dotstar_anchor no_start_optimize ucp ungreedy utf"
    " never_backslash_c alt_circumflex alt_verbnames use_offset_limit"
)


@dataclass(slots=True)
class Patterns:
    """How often each expression with its options is used, and the largest stack asked for, in bytes: start and maximum."""

    uses: Counter[tuple[str, frozenset[str]]] = field(default_factory=Counter)
    stack_start: int = 0
    stack_max: int = 0

    @classmethod
    def of(cls, checks: Iterable[AnyCheck]) -> Patterns:
        """Go through all checks."""
        patterns = cls()
        for check in checks:
            for url in check.urls if isinstance(check, HttpGet) else ():
                if url.regex is None:
                    continue
                patterns.uses[url.regex.pattern, url.regex.options] += 1
                start, maximum = url.regex.stack or (0, 0)
                patterns.stack_start = max(patterns.stack_start, start)
                patterns.stack_max = max(patterns.stack_max, maximum)
        return patterns


def url_lines(url: HttpUrl, patterns: Patterns) -> Iterator[str]:
    """Write a url; ``tls_compliant`` even of plain HTTP, as the reference does."""
    yield f"   Checked url = {url.path}"
    if url.digest is not None:
        yield f"     digest = {url.digest.hex()}"
    yield f"     tls_compliant {'set' if url.tls_compliant else 'unset'}"
    yield "     HTTP Status Code(s)"
    for low, high in _merged(url.status_codes or _USUAL):
        yield f"       {low}" if low == high else f"       {low}-{high}"
    if url.virtualhost:
        yield f"     Virtual host = {url.virtualhost}"
    if url.regex is not None:
        yield from _regex(url.regex, patterns)


def _merged(ranges: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """Join ranges that touch."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _regex(regex: UrlRegex, patterns: Patterns) -> Iterator[str]:
    yield f'     Regex = "{regex.pattern}"'
    if regex.no_match:
        yield "     Regex no match"
    if regex.max_offset is not None:
        yield f"     Regex min offset = {regex.min_offset}, max_offset = {regex.max_offset}"
    elif regex.min_offset:
        yield f"     Regex min offset = {regex.min_offset}"
    yield f"     Regex options:{f' {_OPTIONS}' if regex.options else ''}"
    yield f"     Regex ref count = {patterns.uses[regex.pattern, regex.options]}"
    if regex.stack is not None:
        yield f"     Regex stack start {patterns.stack_start}, max {patterns.stack_max}"
