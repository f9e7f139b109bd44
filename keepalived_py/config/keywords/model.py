"""What a keyword declaration is, and the text form the tables are written in.

A declaration is written as::

    name ARGUMENTS | type range | default | since [| deprecated or alias]
      ! what keepalived says when the value is wrong (with ``!=N`` the value becomes N then)
      ? what it says when the value is missing (without this line a missing value ends the reading)
      & what it says to a repetition (the first stays; with ``&=`` the last stays)
      One sentence about what it does.

In the messages ``{name}`` is the name of the enclosing block, ``{0}`` the keyword, ``{1}`` the word after it, ``{old}`` the value
it had. Types: see KINDS; ``~`` marks keepalived's lenient numbers. Source of all facts: reference/keywords-*.tsv.
"""

from __future__ import annotations

from typing import Final

#: How the words after a keyword are read.
KINDS: Final = frozenset(
    {
        "flag",  # presence is all
        "bool",  # optional true/on/yes/false/off/no
        "str",  # one word
        "words",  # any words, read by a function of the block
        "uint",  # whole number, not negative
        "int",  # whole number
        "dec3",  # decimal number with three places
        "dec6",  # decimal number with six places
        "script",  # command, user, group, read from the raw line
        "lines",  # value block: one entry a line
        "names",  # value block: every word an entry
        "block",  # block with keywords of its own
    }
)

_UNLIMITED: Final = {"u32": 4294967295, "i32": 2147483647, "-i32": -2147483648}


class Keyword:
    """One keyword of one block; see the module's text for the fields."""

    __slots__ = (
        "absent",
        "alias_of",
        "arguments",
        "default",
        "deprecated",
        "high",
        "invalid",
        "kind",
        "lenient",
        "low",
        "name",
        "on_failure",
        "overwrite",
        "repeated",
        "since",
        "summary",
    )

    def __init__(self, head: str) -> None:
        fields = [field.strip() for field in head.split("|")]
        name, _, arguments = fields[0].partition(" ")
        kind, _, limits = fields[1].partition(" ")
        self.name = name
        self.arguments = arguments
        self.lenient = kind.endswith("~")
        self.kind = kind.rstrip("~")
        self.low, self.high = _limits(self.kind, limits) if ".." in limits else (0, 0)
        self.default = fields[2]
        self.since = fields[3]
        remark = fields[4] if len(fields) > 4 else ""
        self.alias_of = remark.removeprefix("alias of ").partition(",")[0] if remark.startswith("alias of ") else ""
        self.deprecated = remark
        self.invalid = self.absent = self.repeated = self.summary = ""
        self.overwrite = False
        self.on_failure: int | None = None

    @property
    def places(self) -> int:
        """Decimal places of a dec3 or dec6; the value is stored multiplied by ten to that power."""
        return int(self.kind[3])

    @property
    def optional(self) -> bool:
        """Whether the keyword may stand without a value."""
        return self.arguments.startswith("[") or not self.arguments

    def remark(self, text: str) -> None:
        """Take one of the lines below the head."""
        mark, rest = text[0], text[1:].strip()
        match mark:
            case "!":
                if rest.startswith("="):
                    number, _, rest = rest[1:].partition(" ")
                    self.on_failure = int(number)
                self.invalid = rest
            case "?":
                self.absent = rest
            case "&":
                self.overwrite = rest.startswith("=")
                self.repeated = rest.removeprefix("=").strip()
            case _:
                self.summary = f"{self.summary} {text}".strip()


def _limits(kind: str, text: str) -> tuple[int, int]:
    low, high = (_UNLIMITED.get(limit, limit) for limit in text.split(".."))
    if kind.startswith("dec"):
        places = int(kind[3])
        return _scaled(str(low), places), _scaled(str(high), places)
    return int(low), int(high)


def _scaled(text: str, places: int) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(places, "0"))


def table(text: str) -> dict[str, Keyword]:
    """Read the declarations of one block. Raises ValueError for a kind that does not exist."""
    keywords: dict[str, Keyword] = {}
    current: Keyword | None = None
    for line in text.splitlines():
        if not line:
            continue
        if line[0] != " ":
            current = Keyword(line)
            if current.kind not in KINDS:
                message = f"{current.name}: no kind {current.kind}"
                raise ValueError(message)
            keywords[current.name] = current
        elif current is not None:
            current.remark(line.strip())
    return keywords
