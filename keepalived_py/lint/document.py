"""The rules for people: one explained (``--explain``), all listed, and docs/lint-rules.md.

``python -m keepalived_py.lint.document`` writes the document; a test holds it current.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Final

from keepalived_py.lint.engine import UnknownRuleError
from keepalived_py.lint.registry import FAMILIES, RULES, Rule

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "lint-rules.md"
_HEAD: Final = """# What `keepalived-py --check-conf` looks for

Generated from the rules by `python -m keepalived_py.lint.document`; do not edit.

An **error** certainly does not do what was meant, a **warning** probably not, an **info** is worth knowing. The severity
of a single finding may be milder than its rule's. `--select=V,L003` and `--ignore=K015` take ids or beginnings of them;
`--explain=V001` prints one of these texts.
"""


def rules() -> list[Rule]:
    """Give all rules in the order of their families and numbers."""
    families = list(FAMILIES)
    return sorted(RULES.values(), key=lambda rule: (families.index(rule.id[0]), rule.id))


def explain(name: str) -> str:
    """Give the long text of a rule, or the list of all for ``all``. Raises UnknownRuleError."""
    if name == "all":
        return "".join(f"{rule.id}  {rule.severity.word:<8} {rule.title}\n" for rule in rules())
    rule = RULES.get(name.upper())
    if rule is None:
        raise UnknownRuleError(name)
    body = textwrap.fill(" ".join(rule.text.split()), width=100)
    return f"{rule.id} ({rule.severity.word}): {rule.title}\n\n{body}\n"


def document() -> str:
    """Give the text of docs/lint-rules.md."""
    parts = [_HEAD]
    for letter, meaning in FAMILIES.items():
        parts.append(f"## {letter}: {meaning}\n")
        parts.extend(
            f"### {rule.id}: {rule.title} ({rule.severity.word})\n\n"
            + textwrap.fill(" ".join(rule.text.split()), width=130, break_long_words=False, break_on_hyphens=False)
            + "\n"
            for rule in rules()
            if rule.id[0] == letter
        )
    return "\n".join(parts)


def main() -> int:
    """Write the document."""
    DOCUMENT.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
