"""The grammar at work: Lark's LALR tables, fed with our terminals, give the block tree.

The only importer of lark, and only to write the tables: they are generated from grammar/keepalived.lark and committed
(``_tables.py``), so that starting costs no grammar analysis, nothing is ever unpickled, and a check of a small file does not
spend most of its time on importing lark. Following them is the textbook's shift and reduce. It must not report problems: its
input is already mended (config/blocks.py).
"""

from __future__ import annotations

import functools
import os
import sys
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config import _tables
from keepalived_py.config.tree import Block, Item, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GRAMMAR: Final = os.path.join(os.path.dirname(__file__), "..", "..", "grammar", "keepalived.lark")
_END: Final = "$END"


class GrammarError(Exception):
    """The terminals do not follow the grammar, which is a mistake of ours."""


def parse(terminals: Iterable[Terminal]) -> list[Item]:
    """Parse a configuration's terminals into its root items. Raises GrammarError."""
    states, reductions = _machinery()
    values: list[Any] = []
    stack = [_tables.START]
    actions = states[_tables.START]
    last: Iterable[Any] = (_EndOfInput(),)
    for terminal in chain(terminals, last):
        kind = terminal.type
        while (action := actions.get(kind)) is not None and action < 0:
            origin, size, make = reductions[-1 - action]
            if size:
                value = make(values[-size:])
                del values[-size:], stack[-size:]
            else:
                value = make([])
            values.append(value)
            state = states[stack[-1]][origin]
            stack.append(state)
            actions = states[state]
            if kind == _END and state == _tables.END:
                root: list[Item] = values[-1]
                return root
        if action is None:
            raise GrammarError(f"{terminal!r} where one of {', '.join(sorted(actions))} may stand")
        values.append(terminal)
        stack.append(action)
        actions = states[action]
    raise GrammarError("the end of the input is no end of the grammar")


class _EndOfInput:
    """What Lark calls the end of the input."""

    __slots__ = ()
    type = _END


@functools.cache
def _machinery() -> tuple[list[dict[str, int]], list[tuple[str, int, Callable[[list[Any]], Any]]]]:
    """Give the states, and for each rule what it is reduced to, from how many values, and how."""
    reductions = [(origin, len(expansion), _action(origin, len(expansion))) for origin, expansion in _tables.RULES]
    return _tables.STATES, reductions


def _action(origin: str, size: int) -> Callable[[list[Any]], Any]:
    """Give what reducing a rule makes of its values."""
    if origin == "start":
        return lambda values: values[0] if values else []
    if origin.startswith("__"):  # the repetitions behind (...)*
        return _begin_list if size == 1 else _append
    if size == 1:
        return lambda values: values[0]
    return _block


def _begin_list(values: list[Any]) -> list[Any]:
    return [values[0]]


def _append(values: list[Any]) -> list[Any]:
    items: list[Any] = values[0]
    items.append(values[1])
    return items


def _block(values: list[Any]) -> Block:
    return Block(values[0], values[2] if len(values) == 4 else [], values[-1])


def generate_tables(grammar: str) -> str:
    """Analyse the grammar and write the tables as Python source."""
    from pprint import pformat  # noqa: PLC0415  only for this command

    from lark import Lark  # noqa: PLC0415  only for this command
    from lark.parsers.lalr_analysis import Shift  # noqa: PLC0415  only for this command

    lark = Lark(grammar, parser="lalr", lexer=_no_lexer(), maybe_placeholders=False)
    table = lark.parser.parser._parse_table  # noqa: SLF001  Lark offers no public way to its tables
    numbers = _in_order(table)
    reduced = {
        argument for state in numbers for action, argument in table.states[state].values() if action is not Shift
    }
    rules = sorted((str(rule.origin.name), tuple(str(symbol.name) for symbol in rule.expansion)) for rule in reduced)
    places = {rule: place for place, rule in enumerate(rules)}
    states = []
    for state in numbers:
        actions = {}
        for name, (action, argument) in sorted(table.states[state].items()):
            if action is Shift:
                actions[str(name)] = numbers[argument]
            else:
                key = (str(argument.origin.name), tuple(str(symbol.name) for symbol in argument.expansion))
                actions[str(name)] = -1 - places[key]
        states.append(actions)
    return (
        '"""Generated from grammar/keepalived.lark by ``python -m keepalived_py.config.parser --write-tables``."""\n\n'
        f"START = {numbers[table.start_states['start']]}\nEND = {numbers[table.end_states['start']]}\n"
        f"RULES = {pformat(rules, width=118, compact=True)}\n"
        f"STATES = {pformat(states, width=118, compact=True)}\n"
    )


def _in_order(table: Any) -> dict[int, int]:
    """Give number the states in the order they are reached: Lark's own numbers change from run to run."""
    from lark.parsers.lalr_analysis import Shift  # noqa: PLC0415  only for the command

    start = table.start_states["start"]
    numbers = {start: 0}
    waiting = [start]
    for state in waiting:
        for _name, (action, argument) in sorted(table.states[state].items(), key=lambda item: str(item[0])):
            if action is Shift and argument not in numbers:
                numbers[argument] = len(numbers)
                waiting.append(argument)
    return numbers


def _no_lexer() -> type:
    from lark.lexer import Lexer  # noqa: PLC0415  only for the command

    class NoLexer(Lexer):
        """The terminals come from us."""

        def __init__(self, _conf: object) -> None:
            pass

        def lex(self, _lexer_state: object, _parser_state: object) -> Any:
            raise GrammarError("the tables are written without reading anything")

    return NoLexer


def main(arguments: list[str]) -> int:
    """Write the tables, or say whether they are what the grammar gives."""
    import argparse  # noqa: PLC0415  only for this command

    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("--write-tables", action="store_true")
    with open(GRAMMAR, encoding="utf-8") as stream:
        wanted = generate_tables(stream.read())
    if options.parse_args(arguments).write_tables:
        with open(_tables.__file__, "w", encoding="utf-8") as stream:
            stream.write(wanted)
        return 0
    with open(_tables.__file__, encoding="utf-8") as stream:
        return 0 if stream.read() == wanted else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
