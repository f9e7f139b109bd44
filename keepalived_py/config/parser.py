"""The grammar at work: Lark's LALR tables, fed with our terminals, give the block tree.

The only importer of lark. The tables are generated from grammar/keepalived.lark and committed (``_tables.py``), so that starting
costs no grammar analysis and nothing is ever unpickled; lark itself is imported when the first file is parsed. It must not
report problems: its input is already mended (config/blocks.py).
"""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path
from pprint import pformat
from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.tree import Block, Item, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GRAMMAR: Final = Path(__file__).parents[2] / "grammar" / "keepalived.lark"
_TABLES: Final = Path(__file__).with_name("_tables.py")
_END: Final = "$END"


def parse(terminals: Iterable[Terminal]) -> list[Item]:
    """Parse a configuration's terminals into its root items.

    Raises lark.exceptions.UnexpectedToken if the terminals do not follow the grammar, which would be a mistake of ours.
    """
    state_class, configuration = _machinery()
    state = state_class(configuration, None)
    feed = state.feed_token
    for terminal in terminals:
        feed(terminal)
    root: list[Item] = state.feed_token(_EndOfInput(), is_end=True)
    return root


class _EndOfInput:
    """What Lark calls the end of the input."""

    __slots__ = ()
    type = _END


@functools.cache
def _machinery() -> tuple[Any, Any]:
    """Lark's parser state class and our tables in Lark's form."""
    from lark import grammar  # noqa: PLC0415  lark costs 40 ms
    from lark.parsers.lalr_analysis import IntParseTable, Reduce, Shift  # noqa: PLC0415  as above
    from lark.parsers.lalr_parser_state import ParseConf, ParserState  # noqa: PLC0415  as above

    from keepalived_py.config import _tables  # noqa: PLC0415  as above

    rules = [
        grammar.Rule(grammar.NonTerminal(origin), [_symbol(name) for name in expansion], order)
        for order, (origin, expansion) in enumerate(_tables.RULES)
    ]
    states = {
        number: {
            name: (Shift, action) if action >= 0 else (Reduce, rules[-1 - action]) for name, action in actions.items()
        }
        for number, actions in enumerate(_tables.STATES)
    }
    table = IntParseTable(states, {"start": _tables.START}, {"start": _tables.END})  # type: ignore[no-untyped-call]
    callbacks: Any = {rule: _action(rule.origin.name, len(rule.expansion)) for rule in rules}
    return ParserState, ParseConf(table, callbacks, "start")


def _symbol(name: str) -> Any:
    from lark import grammar  # noqa: PLC0415  imported already when this is called

    return grammar.Terminal(name) if name.isupper() else grammar.NonTerminal(name)


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
            raise NotImplementedError

    return NoLexer


def main(arguments: list[str]) -> int:
    """Write the tables, or say whether they are what the grammar gives."""
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("--write-tables", action="store_true")
    wanted = generate_tables(GRAMMAR.read_text())
    if options.parse_args(arguments).write_tables:
        _TABLES.write_text(wanted)
        return 0
    return 0 if _TABLES.read_text() == wanted else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
