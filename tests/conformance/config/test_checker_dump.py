"""How far the checker process's start-up dump agrees with the reference's own, over other people's files."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.dump import dump
from keepalived_py.config.host import FactsHost
from keepalived_py.config.load import load

if TYPE_CHECKING:
    from types import ModuleType

SHARED = Path(__file__).parents[4] / "shared"

#: What holds now, in files of the set. Raise it when agreement rises.
FLOOR = 97
#: Shorter ones are of starts that failed.
SHORTEST = 20


@pytest.fixture(scope="module")
def compare() -> ModuleType:
    """The shared comparison tool, for its description of the recording host and the lines it leaves out."""
    spec = importlib.util.spec_from_file_location("compare_reference", SHARED / "tools" / "compare_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded runs are not at hand")
def test_the_dump_is_the_references_line_by_line(compare: ModuleType) -> None:
    differing = []
    equal = 0
    for line in (SHARED / "corpus" / "runs.jsonl").read_text(encoding="utf-8").splitlines():
        run = json.loads(line)
        wanted = compare.dump(run.get("check") or [])
        if len(wanted) <= SHORTEST:
            continue
        path = SHARED / "corpus" / Path(run["file"]).name
        loaded = load(str(path), host=FactsHost(compare.facts(run)), config_id="vm")
        configuration = loaded.configuration or loaded.checkers_only
        got = [] if configuration is None else compare.dump(dump(configuration, "check"))
        if got == wanted:
            equal += 1
        else:
            differing.append(run["file"])
    print(f"equal {equal}; different: {', '.join(differing)}")
    assert equal >= FLOOR
