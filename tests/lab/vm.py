"""Boot Debian's own kernel in QEMU over this machine's files, run one program in it, and bring its results back.

Owns the boot and its end. The guest sees the host's files read-only (its own writes go to memory) and one folder
that is written through. No hardware virtualisation is used: it hangs on some machines, and a boot takes seconds without.
"""

from __future__ import annotations

import compileall
import dataclasses
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.capabilities import GUEST_VARIABLE
from tests.lab.process import descendants, kill
from tests.lab.provision import SYSTEM_PATH, cached_kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

PROJECT = Path(__file__).resolve().parents[2]
PASSED_ON = ("CI", "KEEPALIVED_LAB_STAND_IN")
MEMORY = "2G"
PROCESSORS = 2
CACHED_OPTIONS = "ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000"
CACHED_DEVICE = "-device virtio-9p-pci,fsdev=cached,mount_tag=cached"


@dataclasses.dataclass(frozen=True, slots=True)
class GuestRun:
    """How a run in the guest ended: status is the program's, or None when the guest never told."""

    status: int | None
    seconds: float
    console: str


def run_in_guest(command: Sequence[str], results: Path, timeout: float) -> GuestRun:
    """Boot, run a command in the project's folder as root, and power off; results is the folder written through."""
    kernel = cached_kernel()
    if kernel is None:
        raise RuntimeError("no kernel unpacked: run tests/lab/provision.py test")
    # The guest is slow and cannot write here: without this each of its programs would compile every module anew.
    compileall.compile_dir(PROJECT / "keepalived_py", quiet=2)
    compileall.compile_dir(PROJECT / "tests", quiet=2)
    results.mkdir(parents=True, exist_ok=True)
    status_file = results / "status"
    status_file.unlink(missing_ok=True)
    path = f"{Path(sys.prefix) / 'bin'}:{os.environ.get('PATH', '')}:{SYSTEM_PATH}"
    # Python asks for thousands of files: a second view of the same files, which the guest may keep in its cache, is put
    # over the project and the interpreter (the root itself is mounted without a cache).
    interpreter = (
        [Path(sys.base_prefix)] if Path(sys.base_prefix) != Path("/usr") else sorted(Path("/usr/lib").glob("python3*"))
    )
    fast = " ".join(shlex.quote(str(folder)) for folder in (PROJECT, *interpreter))
    passed_on = [f"{name}={shlex.quote(os.environ[name])}" for name in PASSED_ON if name in os.environ]
    program = results / "run.sh"
    program.write_text(
        f"export PATH={shlex.quote(path)} {GUEST_VARIABLE}=1 PYTHONDONTWRITEBYTECODE=1 HOME=/root LC_ALL=C.UTF-8\n"
        f"export _= {' '.join(passed_on)}\n"
        f"mkdir -p /run/cached && mount -t 9p -o {CACHED_OPTIONS} cached /run/cached &&\n"
        f"for folder in {fast}; do mount --bind /run/cached$folder $folder; done\n"
        f"cd {shlex.quote(str(PROJECT))}\n"
        f"{shlex.join(command)} </dev/null >{shlex.quote(str(results / 'output.txt'))} 2>&1\n"
        f"echo $? >{shlex.quote(str(status_file))}\n"
        "sync\n"
    )
    boot = shlex.join(
        [
            *("vng", "-r", str(kernel), "--disable-kvm", "--user", "root", "--force-9p"),
            *("--memory", MEMORY, "--cpus", str(PROCESSORS), f"--rwdir={results}", "-e", f"sh {program}"),
            f"--qemu-opts=-fsdev local,id=cached,path=/,security_model=none,readonly=on,multidevs=remap {CACHED_DEVICE}",
        ]
    )
    started = time.monotonic()
    # script(1) gives it the terminal that virtme-ng wants.
    with subprocess.Popen(
        ["script", "-qec", boot, "/dev/null"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PATH": path},
        cwd=PROJECT,
        text=True,
        errors="replace",
    ) as machine:
        try:
            console = machine.communicate(timeout=timeout)[0]
        except subprocess.TimeoutExpired:
            for pid in [machine.pid, *descendants(machine.pid)]:
                kill(pid)
            console = (machine.communicate()[0] or "") + f"\nkilled after {timeout} s"
    output = results / "output.txt"
    if output.exists():
        console += output.read_text(errors="replace")
    status = int(status_file.read_text()) if status_file.exists() else None
    return GuestRun(status=status, seconds=time.monotonic() - started, console=console.replace("\r", ""))
