"""The demonstration is run as a user runs it: it succeeds, ends in time, and nothing is left of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.capabilities import cannot_run
from tests.lab.process import children, descendants, is_alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.netns

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "tests.demo")
LIMIT = 60  # seconds
NOBODY = 65534


def traces() -> set[str]:
    """Return what a careless program leaves on a machine: named namespaces, links, files."""
    found = {f"netns {name}" for name in _names("/run/netns") if not name.startswith("kp-")}  # other tests of ours
    found |= {f"run {name}" for name in _names("/run") if "demo" in name}
    found |= {f"file {path}" for folder in ("conf-samples", "tests/demo") for path in _files(ROOT / folder)}
    return found | {f"link {name}" for name in _names("/sys/class/net")}


def _names(folder: str) -> Iterator[str]:
    with contextlib.suppress(OSError):
        yield from (entry.name for entry in Path(folder).iterdir())


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if "__pycache__" not in path.parts)


def processes_of_the_demo() -> list[str]:
    """Return the processes that were started as the demo, or run from its folder in memory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and is_alive(int(entry.name)):
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if "tests.demo" in words or any(word.startswith("/run/demo/") for word in words):
                    found.append(" ".join(words))
    return found


def run_demo(temporary: Path, *prefix: str) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run it with a folder for temporary files, which must stay empty."""
    temporary.mkdir()
    temporary.chmod(0o777)
    began = time.monotonic()
    done = subprocess.run(
        [*prefix, *COMMAND],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=2 * LIMIT,
        check=False,
    )
    assert list(temporary.iterdir()) == []
    return done, time.monotonic() - began


def check(done: subprocess.CompletedProcess[str], seconds: float) -> None:
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert seconds < LIMIT
    assert "\033" not in done.stdout  # colour is for terminals
    assert "MASTER killed with -9" in done.stdout
    assert "clean stop of the MASTER" in done.stdout


def test_the_demo_succeeds_in_under_a_minute_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before = traces()
    done, seconds = run_demo(tmp_path / "temporary")
    check(done, seconds)
    assert processes_of_the_demo() == []
    assert traces() - before == set()


def test_the_demo_runs_without_root(tmp_path: Path) -> None:
    prefix = _as_nobody(tmp_path)
    if not _works(*prefix, "unshare", "--user", "--map-root-user", "--net", "--mount", "true"):
        cannot_run("this machine does not let users make namespaces")
    before = traces()
    done, seconds = run_demo(tmp_path / "temporary", *prefix)
    check(done, seconds)
    assert "the kernel lets only root program IPVS" in done.stdout or "this kernel has no ip_vs" in done.stdout
    assert processes_of_the_demo() == []
    assert traces() - before == set()


def _as_nobody(folder: Path) -> tuple[str, ...]:
    """Return the command that runs another as nobody, who sees the checkout and the interpreter wherever they are."""
    script = ["set -e", "PATH=$PATH:/usr/sbin:/sbin"]
    needed = {ROOT, Path(sys.base_prefix)}
    closed = {next((p for p in reversed(path.parents) if not p.stat().st_mode & 0o001), None) for path in needed}
    for number, path in enumerate(sorted(needed)):
        script += [f"mkdir -p {folder}/{number}", f"mount --bind {path} {folder}/{number}"]
    # In this mount namespace alone, folders that are closed to others hold only what is needed.
    script += [f"mount -t tmpfs -o mode=755 tmpfs {path}" for path in closed if path is not None]
    for number, path in enumerate(sorted(needed)):
        if closed & set(path.parents):
            script += [f"mkdir -p {path}", f"mount --bind {folder}/{number} {path}"]
    script += [f"cd {ROOT}", f'exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups -- "$@"']
    return ("unshare", "--mount", "--", "sh", "-c", "\n".join(script), "sh")


def _works(*command: str) -> bool:
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_demo_leaves_nothing_behind(number: signal.Signals) -> None:
    before = traces()
    demo = subprocess.Popen(
        COMMAND, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        wait_until(lambda: len(descendants(demo.pid)) > 10, 10, "the demo's machines")
        family = descendants(demo.pid)
        if number == signal.SIGINT:
            os.killpg(demo.pid, number)  # as a terminal does
        else:
            demo.send_signal(number)
        demo.wait(10)
        wait_until(lambda: not any(map(is_alive, family)), 10, "the end of what the demo started")
    finally:
        for pid in children(demo.pid):
            os.kill(pid, signal.SIGKILL)
        demo.kill()
        demo.communicate()
    assert processes_of_the_demo() == []
    assert traces() - before == set()
