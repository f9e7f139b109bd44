"""Start the demonstration in namespaces of its own, and make sure that nothing outlives it.

Owns the way in and the way out: new network, mount and process id namespaces (and a user namespace for who is not root).
Whatever ends this program, the first process of the new namespace is killed, and the kernel ends everything in it.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.lab.provision import find_program

_PR_SET_PDEATHSIG = 1
_CAP_SYS_ADMIN = 21
_INSIDE = "--inside"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--scene", type=int, action="append", choices=(1, 2, 3), help="show only this one")
    parser.add_argument("--logs", action="store_true", help="also print what the directors log")
    parser.add_argument("--reference", action="store_true", help="run Debian's keepalived instead, to compare")
    parser.add_argument("--patience", type=float, default=1, metavar="N", help="wait N times as long (slow machines)")
    parser.add_argument(_INSIDE, choices=("root", "user"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside is None:
        return _start_inside()
    from tests.demo.show import run

    return run(
        scenes=tuple(arguments.scene or (1, 2, 3)),
        privileged=arguments.inside == "root",
        reference=arguments.reference,
        print_logs=arguments.logs,
        patience=arguments.patience,
    )


def _start_inside() -> int:
    missing = [name for name in ("ip", "unshare", "nsenter", "mount") if find_program(name) is None]
    if missing:
        sys.stderr.write(f"demo: not installed: {', '.join(missing)} (packages iproute2, util-linux)\n")
        return 1
    root = _may_administrate()
    command = ["unshare", "--fork", "--kill-child", "--pid", "--mount-proc", "--net", "--mount"]
    if not root:
        command += ["--user", "--map-root-user"]
    command += [sys.executable, "-m", "tests.demo", *sys.argv[1:], _INSIDE, "root" if root else "user"]
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"}
    root_folder = Path(__file__).resolve().parents[2]
    libc = ctypes.CDLL(None)

    def die_with_us() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    modules = _ipvs_modules()
    if root and not modules and (modprobe := find_program("modprobe")):
        subprocess.run([modprobe, "-q", "ip_vs"], check=False, capture_output=True)

    # Only what must be is done between fork and exec; this program has one thread.
    inner = subprocess.Popen(command, env=environment, cwd=root_folder, preexec_fn=die_with_us)  # noqa: PLW1509 - see above

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        status = inner.wait()
    except KeyboardInterrupt:
        # The terminal told the inside too: let it say goodbye.
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            inner.wait(2)
        status = 128 + signal.SIGINT
    finally:
        inner.kill()
        inner.wait()
        if root and (loaded := sorted(_ipvs_modules() - modules)):
            # Their users went with the namespaces; one that the kernel still holds stays, as a module may.
            subprocess.run(["modprobe", "-q", "-r", "-a", *loaded], check=False, capture_output=True, env=environment)
    if status < 0:
        status = 128 - status
    return status


def _may_administrate() -> bool:
    """Tell whether this is root with CAP_SYS_ADMIN (in a container root may lack it)."""
    status = Path("/proc/self/status").read_text()
    effective = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff:"))
    return os.geteuid() == 0 and bool(effective >> _CAP_SYS_ADMIN & 1)


def _ipvs_modules() -> set[str]:
    """Return the loaded modules of IPVS."""
    try:
        lines = Path("/proc/modules").read_text().splitlines()
    except OSError:
        return set()
    return {line.split()[0] for line in lines if line.startswith("ip_vs")}


if __name__ == "__main__":
    sys.exit(main())
