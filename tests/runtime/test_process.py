import subprocess
import sys
from pathlib import Path

TITLE = """
import sys
from keepalived_py.runtime.process import ProcessTitle
title = ProcessTitle()
title.set(sys.argv[1], tuple((sys.argv[2] * int(sys.argv[3])).split()))
print(open("/proc/self/comm").read().strip())
print(open("/proc/self/cmdline").read().rstrip("\\0").replace("\\0", " "))
"""


def names(name: str, arguments: str, repeat: int = 1) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", TITLE, name, arguments, str(repeat)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    return done.stdout.splitlines()


def test_tools_see_the_name_and_the_arguments() -> None:
    assert names("keepalived", "-n -l") == ["keepalived", "keepalived -n -l"]


def test_a_name_longer_than_the_kernel_keeps_is_cut_only_there() -> None:
    assert names("keepalived_with_a_long_name", "x") == ["keepalived_with", "keepalived_with_a_long_name x"]


def test_a_title_longer_than_the_argument_area_is_cut() -> None:
    comm, title = names("keepalived", "z", 100_000)
    assert comm == "keepalived"
    assert title.startswith("keepalived zzz")
    assert len(title) < 100_000
