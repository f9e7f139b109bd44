"""Each test runs a program of its own: how a process is scheduled is not to be tried on the one that runs the tests."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lab.capabilities import cannot_run

PRELUDE = """
import json, os, resource, sys, time
from keepalived_py.config.ast import ProcessSettings
from keepalived_py.runtime import scheduling
lines = []
own = scheduling.Scheduling("vrrp", lambda _level, text: lines.append(text))
def facts():
    locked = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmLck"))
    return {
        "policy": os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK, "realtime": os.sched_getparam(0).sched_priority,
        "nice": os.getpriority(os.PRIO_PROCESS, 0), "cpus": sorted(os.sched_getaffinity(0)), "locked": int(locked),
    }
def in_script():
    reader, writer = os.pipe()
    if os.fork() == 0:
        scheduling.give_back()
        limits = resource.getrlimit(scheduling.RLIMIT_RTTIME)
        os.write(writer, json.dumps({**facts(), "warned": limits[0] != limits[1]}).encode())
        os._exit(0)
    os.wait()
    return json.loads(os.read(reader, 4096))
seen = []
"""


@pytest.fixture(autouse=True)
def _privileged() -> None:
    if os.geteuid() != 0:
        cannot_run("real-time scheduling needs CAP_SYS_NICE")


def run(program: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Run a program after PRELUDE; give what it put into ``seen``, and the lines that were logged."""
    done = subprocess.run(
        [sys.executable, "-c", f"{PRELUDE}\n{program}\nprint(json.dumps([seen, lines]))"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, f"status {done.returncode}: {done.stderr}"
    seen, lines = json.loads(done.stdout)
    return seen, lines


def test_priority_and_processors_are_set_and_taken_back_at_a_reload() -> None:
    cpu = min(os.sched_getaffinity(0))
    (first, second), lines = run(f"""
own.apply(ProcessSettings(priority=-7, cpu_affinity=({cpu},)))
seen.append(facts())
own.apply(ProcessSettings())
seen.append(facts())
""")
    assert (first["nice"], first["cpus"]) == (-7, [cpu])
    assert (second["nice"], second["cpus"]) == (0, sorted(os.sched_getaffinity(0)))
    assert lines == []


def test_real_time_priority_is_round_robin_and_goes_again_with_its_keyword() -> None:
    (first, second), lines = run("""
own.apply(ProcessSettings(realtime_priority=12, priority=-3))
seen.append(facts())
own.apply(ProcessSettings(priority=-3))
seen.append(facts())
""")
    assert (first["policy"], first["realtime"], first["nice"]) == (os.SCHED_RR, 12, 0)
    assert (second["policy"], second["realtime"], second["nice"]) == (os.SCHED_OTHER, 0, -3)
    assert lines == []


def test_a_script_is_scheduled_as_the_daemon_was_started() -> None:
    (as_realtime, as_nice), _lines = run("""
own.apply(ProcessSettings(realtime_priority=12, no_swap=True))
seen.append(in_script())
own.apply(ProcessSettings(priority=9))
seen.append(in_script())
""")
    assert (as_realtime["policy"], as_realtime["realtime"], as_realtime["locked"]) == (os.SCHED_OTHER, 0, 0)
    assert not as_realtime["warned"]
    assert (as_nice["policy"], as_nice["nice"]) == (os.SCHED_OTHER, 0)


def test_memory_is_locked_and_let_go() -> None:
    (locked, free), lines = run("""
own.apply(ProcessSettings(no_swap=True))
seen.append(facts())
own.apply(ProcessSettings())
seen.append(facts())
""")
    assert locked["locked"] > 1000
    assert free["locked"] == 0
    assert lines == []


def test_what_is_not_permitted_is_a_line_each_and_the_process_goes_on() -> None:
    (facts,), lines = run("""
resource.setrlimit(resource.RLIMIT_NICE, (0, 0))
resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
own.apply(ProcessSettings(realtime_priority=12, no_swap=True))
own.apply(ProcessSettings(priority=-5, no_swap=True))
seen.append(facts())
""")
    assert (facts["policy"], facts["nice"]) == (os.SCHED_OTHER, 0)
    assert lines == [
        "child process: cannot raise priority",
        "Unable to lock process in memory - Cannot allocate memory",
        "Unable to set process priority to -5 - Permission denied",
    ]


def test_a_process_that_was_late_goes_up_step_by_step_to_the_ceiling() -> None:
    seen, lines = run("""
own.apply(ProcessSettings(), max_auto_priority=2, min_auto_priority_delay=400_000)
for late in (400_000, 400_001, 1_500_000, 2_000_000):
    own.was_late(late)
    seen.append(facts())
own.apply(ProcessSettings(), max_auto_priority=2)
seen.append(facts())
own.apply(ProcessSettings())
seen.append(facts())
""")
    assert [facts["realtime"] for facts in seen] == [0, 1, 2, 2, 2, 0]
    assert lines == [
        "A thread timer expired 0.400001 seconds ago",
        "Set realtime priority 1",
        "A thread timer expired 1.500000 seconds ago",
        "Set realtime priority 2",
        "A thread timer expired 2.000000 seconds ago",
    ]


def test_without_a_ceiling_being_late_is_spoken_of_and_with_minus_one_not_even_that() -> None:
    seen, lines = run("""
for ceiling in (0, -1):
    own.apply(ProcessSettings(), max_auto_priority=ceiling)
    own.was_late(1_000_001)
    seen.append(facts())
""")
    assert [facts["realtime"] for facts in seen] == [0, 0]
    assert lines == ["A thread timer expired 1.000001 seconds ago"]


def test_at_the_limit_of_real_time_the_process_pauses_instead_of_being_killed() -> None:
    # It works for three times the hard limit: without a pause in between the kernel would have killed it.
    _seen, lines = run("""
scheduling.LEAST_HARD_LIMIT = 200_000
own.apply(ProcessSettings(realtime_priority=1, realtime_limit=20_000))
began = time.process_time()
while time.process_time() - began < 0.6:
    pass
own.apply(ProcessSettings())  # Python lets go of its signal handlers before it ends
""")
    assert lines == ["VRRP process has used too much CPU time, vrrp_rlimit_rttime may need to be increased"]


def test_what_hangs_outside_python_at_real_time_priority_is_ended_by_the_kernel() -> None:
    program = """
scheduling.LEAST_HARD_LIMIT = 100_000
own.apply(ProcessSettings(realtime_priority=1, realtime_limit=20_000))
sum(range(10**9))
"""
    done = subprocess.run(
        [sys.executable, "-c", f"{PRELUDE}\n{program}"],
        cwd=Path(__file__).parents[2],
        timeout=60,
        check=False,
    )
    assert done.returncode == -9
