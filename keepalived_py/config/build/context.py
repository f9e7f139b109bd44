"""What reading a block's statements needs: where we are, what to complain to, whom to ask, and the generic readers.

Most keywords need no code of their own: ``read_statement`` stores what the declaration says. It must not know any block.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Protocol

from keepalived_py.config.ast import Command, IPAddress, Location
from keepalived_py.config.build import numbers
from keepalived_py.config.lexer import UnclosedQuoteError, split_script
from keepalived_py.config.report import AT_END, ErrorClass, NotActedOn, Report, Stage
from keepalived_py.config.tree import Block

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keepalived_py.config.build.drafts import GlobalDraft
    from keepalived_py.config.expand import Line
    from keepalived_py.config.host import Host
    from keepalived_py.config.keywords import Keyword
    from keepalived_py.config.tree import Terminal


class MissingParameterError(Exception):
    """A keyword lacks a word it cannot do without: keepalived's process ends here. Reported already."""


class Draft(Protocol):
    """Whatever collects the values of a block."""

    name: str
    values: dict[str, Any]


class Context:
    """One stage's state while its tree is built."""

    def __init__(self, report: Report, stage: Stage, host: Host, globals_: GlobalDraft, *, testing: bool) -> None:
        self.report = report
        self.stage = stage
        self.host = host
        self.globals = globals_
        self.testing = testing
        self.line: Line | None = None
        self._named: dict[str, Mapping[str, int]] = {}

    # ---- where we are, and complaints

    def at(self, line: Line | None) -> None:
        """Go to a line; None is after the last one."""
        self.line = line

    @property
    def location(self) -> Location | None:
        """The line we are at."""
        line = self.line
        if line is None or line.position == AT_END:
            return None
        return Location(file=line.file, line=line.line)

    def problem(self, error_class: ErrorClass, message: str) -> None:
        """Complain at the line we are at."""
        if self.report.full(self.stage):
            self.report.leave_out(error_class, self.stage)
            return
        position = AT_END if self.line is None else self.line.position
        self.report.add(error_class, message, stage=self.stage, position=position, location=self.location)

    def error(self, message: str) -> None:
        """Complain; class GENERAL."""
        self.problem(ErrorClass.GENERAL, message)

    def log(self, message: str) -> None:
        """Say something that ``-t`` does not print."""
        self.problem(ErrorClass.LOG, message)

    def bad_number(self, message: str) -> None:
        """Complain about a number."""
        self.problem(ErrorClass.INVALID_NUMBER, message)

    def not_acted_on(self, what: str, consequence: str = "", *, unsafe: bool = False) -> None:
        """Note something understood that is not done yet."""
        self.report.not_acted_on.append(
            NotActedOn(what=what, location=self.location, unsafe=unsafe, consequence=consequence)
        )

    def named_numbers(self, file: str) -> Mapping[str, int]:
        """Give the numbers that the host has names for in one of iproute2's files."""
        if file not in self._named:
            vendor, local = (
                (self.globals.values.get(keyword) or [usual])[0]
                for keyword, usual in (("iproute_usr_dir", "/usr/share/iproute2"), ("iproute_etc_dir", "/etc/iproute2"))
            )
            self._named[file] = self.host.named_numbers(file, vendor, local)
        return self._named[file]

    # ---- words

    def word(self, words: list[str], index: int) -> str:
        """Give the word at a place. Raises MissingParameterError, after complaining, when there is none."""
        if index < len(words):
            return words[index]
        line = self.line
        self.problem(
            ErrorClass.MISSING_PARAMETER,
            f"*** Configuration line starting `{words[0]}` is missing a parameter after keyword"
            f" `{words[index - 1] if index - 1 < len(words) else words[-1]}` at word position {index + 1}",
        )
        self.report.stop(2, stage=self.stage, position=AT_END if line is None else line.position)
        raise MissingParameterError

    def unsigned(self, word: str, low: int, high: int, *, lenient: bool = False) -> int | None:
        """Read a whole number, not negative."""
        return numbers.unsigned(word, low, high, lenient=lenient, testing=self.testing, complain=self.bad_number)

    def signed(self, word: str, low: int, high: int, *, lenient: bool = False) -> int | None:
        """Read a whole number, signed."""
        return numbers.signed(word, low, high, lenient=lenient, testing=self.testing, complain=self.bad_number)

    def number(self, keyword: Keyword, word: str) -> int | None:
        """Read a number as the keyword declares it."""
        if keyword.kind == "uint":
            return self.unsigned(word, keyword.low, keyword.high, lenient=keyword.lenient)
        if keyword.kind == "int":
            return self.signed(word, keyword.low, keyword.high, lenient=keyword.lenient)
        return numbers.decimal(
            word,
            keyword.low,
            keyword.high,
            keyword.places,
            lenient=keyword.lenient,
            testing=self.testing,
            complain=self.bad_number,
        )

    def socket_address(self, text: str, port: str | None = None) -> tuple[IPAddress, int] | None:
        """Read an address, cut at the first ``-`` or ``/``, and a port of 1 to 65535; None when either is bad."""
        number = 0
        if port is not None:
            read = self.unsigned(port, 1, 65535, lenient=True)
            if read is None:
                return None
            number = read
        for mark in "-/":
            if mark in text:
                text = text.partition(mark)[0]
                break
        address = parse_address(text)
        return None if address is None else (address, number)

    # ---- users and scripts

    def identity(self, user: str, group: str | None) -> tuple[int, int] | None:
        """Give the numbers of a user and group; None, logged, when there is no such."""
        found = self.host.user(user)
        if found is None:
            self.log(f"Script user '{user}' does not exist")
            return None
        uid, gid = found
        if group is not None and group.startswith(":"):
            group = group[1:] or None
        if group is not None:
            number = self.host.group(group)
            if number is None:
                self.log(f"Script group '{group}' does not exist")
                return None
            gid = number
        return uid, gid

    def default_identity(self) -> tuple[int, int] | None:
        """Whom scripts run as that name nobody; None when that cannot be."""
        globals_ = self.globals
        if globals_.script_identity_failed:
            return None
        globals_.identity_stages.add(self.stage)
        if globals_.script_identity is None:
            uid, gid, _ = self.host.identity()
            found = self.identity("keepalived_script", None)
            if found is None and "enable_script_security" in globals_.values:
                self.error("Unable to set default user keepalived_script for script")
                globals_.script_identity_failed = True
                return None
            globals_.script_identity = found or (uid, gid)
        return globals_.script_identity

    def script_words(self, text: str, *, escapes: bool) -> list[str]:
        """Split a script's line; empty, reported, when a quote is not closed."""
        try:
            return split_script(text, escapes=escapes)
        except UnclosedQuoteError as error:
            quote = error.args[0]
            if quote == "\\":
                self.log(f"Missing escape char at end: '{text}'")
            else:
                message = f"String '{text}': missing terminating {quote}"
                self.problem(ErrorClass.UNMATCHED_QUOTE, message)
            return []

    def argv(self, line: Line) -> tuple[list[str], list[str]]:
        """Give the raw line's words, and the command's words within the first of them."""
        words = self.script_words(line.text, escapes=False)
        if len(words) < 2:
            return words, []
        return words, self.script_words(words[1], escapes=True)

    def notify_command(self, line: Line, kind: str) -> Command | None:
        """Read a notify script with its user; None, logged, when it cannot be used."""
        words, argv = self.argv(line)
        if not words:
            self.log("Unable to parse notify script")
            return None
        self.word(words, 1)
        if not argv:
            self.log(f"Unable to parse script '{words[1]}' - ignoring")
            return None
        user = words[2] if len(words) > 2 else None
        group = words[3] if len(words) > 3 else None
        identity = self.default_identity() if user is None else self.identity(user, group)
        if identity is None:
            if user is None:
                self.log(f"Failed to set default user for {kind} script {argv[0]} - ignoring")
            else:
                self.log(f"Invalid user/group for {kind} script {argv[0]} - ignoring")
            return None
        return Command(
            argv=tuple(argv), user=user, group=group, uid=identity[0], gid=identity[1], location=self.location
        )


def parse_address(text: str) -> IPAddress | None:
    """Read an address as inet_pton reads it: a colon anywhere makes it IPv6, no zone."""
    try:
        if ":" in text:
            return None if "%" in text else IPv6Address(text)
        return IPv4Address(text)
    except ValueError:
        return None


def read_statement(context: Context, keyword: Keyword, terminal: Terminal, draft: Draft) -> None:
    """Store a statement's value under its keyword's name, as the declaration says."""
    words = terminal.words
    values = draft.values
    name = keyword.alias_of or keyword.name
    kind = keyword.kind
    if kind == "flag":
        values[name] = True
        return
    if len(words) < 2 and not keyword.optional and (kind != "script" or keyword.absent):
        if not keyword.absent:
            context.word(words, 1)
        context.error(_fill(keyword.absent, draft, words))
        return
    if keyword.repeated and name in values:
        context.error(_fill(keyword.repeated, draft, words, old=values[name]))
        if not keyword.overwrite:
            return
    if kind == "bool":
        value: Any = True if len(words) < 2 else numbers.truth(words[1])
    elif kind == "str":
        value = words[1] if len(words) > 1 else ""
    elif kind == "script":
        value = context.notify_command(terminal.line, "notify")
        if value is None:
            return
    elif kind == "words":
        value = words[1:]
    elif len(words) < 2:
        return
    else:
        value = context.number(keyword, words[1])
    if value is not None:
        values[name] = value
        return
    if keyword.invalid:
        context.error(_fill(keyword.invalid, draft, words))
    if keyword.on_failure is not None:
        values[name] = keyword.on_failure


def read_block(
    context: Context,
    block: Block,
    draft: Draft,
    special: Mapping[str, Callable[[Context, Any, Terminal], None]],
    inner: Mapping[str, Callable[[Context, Any, Block], None]],
) -> None:
    """Read everything in a block: by its own function where there is one, else as declared. Ends at the closing brace."""
    kind = block.head.kind
    keywords: dict[str, Keyword] = {} if kind is None else kind.keywords
    for item in block.items:
        if isinstance(item, Block):
            context.at(item.head.line)
            handler = inner.get(item.keyword)
            if handler is not None:
                handler(context, draft, item)
            continue
        context.at(item.line)
        name = item.words[0]
        function = special.get(name)
        if function is not None:
            function(context, draft, item)
        else:
            read_statement(context, keywords[name], item, draft)
    context.at(block.close.line)


def _fill(template: str, draft: Draft, words: list[str], old: object = "") -> str:
    """Put names and words into a message."""
    value = words[1] if len(words) > 1 else ""
    return (
        template.replace("{name}", draft.name).replace("{0}", words[0]).replace("{1}", value).replace("{old}", str(old))
    )
