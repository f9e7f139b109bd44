"""The virtual machine is what the other tests here take it for."""

from __future__ import annotations

import subprocess

import pytest

from tests.lab.netns import Lab

pytestmark = pytest.mark.vm


def test_the_guest_kernel_has_a_virtual_server_table_of_its_own_in_every_namespace() -> None:
    with Lab() as lab:
        one, two = lab.namespace("one"), lab.namespace("two")
        one.run("ipvsadm", "--add-service", "--tcp-service", "192.0.2.1:80", "--scheduler", "wrr")
        assert "192.0.2.1:80 wrr" in one.run("ipvsadm", "-Ln").stdout
        assert "192.0.2.1:80" not in two.run("ipvsadm", "-Ln").stdout
    assert "ip_vs" in subprocess.run(["cat", "/proc/modules"], capture_output=True, text=True, check=True).stdout
