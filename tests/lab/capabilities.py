"""What this machine can run, asked once: why namespace, interoperation and virtual machine tests cannot run here.

Owns the answers; deciding what follows (skip, or fail in CI) is tests/conftest.py's.
"""

from __future__ import annotations

import functools
import os
import subprocess
from typing import NoReturn

import pytest

from tests.lab.provision import TEST_PROGRAMS, cached_kernel, find_program


def cannot_run(reason: str) -> NoReturn:
    """Skip the test that asks, or fail it where CI=true: nothing is silently left out there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"cannot run here, and must in CI: {reason}", pytrace=False)
    pytest.skip(f"cannot run here: {reason}")


# Set by tests/lab/vm.py inside the virtual machine.
GUEST_VARIABLE = "KEEPALIVED_LAB_GUEST"


def in_guest() -> bool:
    """Tell whether this is the virtual machine."""
    return bool(os.environ.get(GUEST_VARIABLE))


def _missing(*programs: str) -> str | None:
    absent = [TEST_PROGRAMS.get(program, program) for program in programs if find_program(program) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


@functools.cache
def netns_reason() -> str | None:
    """Say why namespace tests cannot run, or None: they need root, iproute2 and a kernel with namespaces and veth."""
    missing = _missing("ip", "unshare")
    if missing:
        return missing
    if os.geteuid() != 0:
        return "network namespaces need root"
    probe = subprocess.run(
        ["unshare", "--net", "--mount", "ip", "link", "add", "probe0", "type", "veth", "peer", "name", "probe1"],
        capture_output=True,
        text=True,
        check=False,
    )
    return None if probe.returncode == 0 else f"no network namespaces or veth here: {probe.stderr.strip()}"


@functools.cache
def interop_reason() -> str | None:
    """Say why tests against Debian's keepalived cannot run, or None."""
    return _missing("keepalived") or netns_reason()


@functools.cache
def vm_reason() -> str | None:
    """Say why tests that need ip_vs cannot run, or None: they need QEMU, virtme-ng and an unpacked kernel."""
    if in_guest():
        return None
    missing = _missing("qemu-system-x86_64", "busybox", "depmod", "script", "keepalived", "ipvsadm", "curl", "ip")
    if missing:
        return missing
    if os.geteuid() != 0:
        return "the virtual machine shares the host's files as they are: it needs root"
    if cached_kernel() is None:
        return "no kernel unpacked for the virtual machine (make test fetches it)"
    return None


REASONS = {"netns": netns_reason, "interop": interop_reason, "vm": vm_reason}
