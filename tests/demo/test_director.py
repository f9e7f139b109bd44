"""What the demonstration reads of a director's table, whichever way the table is kept."""

from __future__ import annotations

from tests.demo.director import Row, _kernel_table, _listed
from tests.demo.stage import describe

LISTING = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  192.168.56.205:80 wrr persistent 50
  -> 192.168.33.1:80              Masq    1      0          0
  -> 192.168.33.3:80              Masq    2      0          0
"""
KERNEL = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C0A838CD:0050 wrr persistent 12500 FFFFFFFF
  -> C0A82101:0050      Masq    1      0          0
  -> C0A82103:0050      Masq    2      0          0
"""


def rows(service: str) -> tuple[Row, ...]:
    return Row(service, "192.168.33.1:80", "Masq", "1"), Row(service, "192.168.33.3:80", "Masq", "2")


def test_the_listing_of_a_dry_run_is_read() -> None:
    assert tuple(_listed(LISTING)) == rows("TCP 192.168.56.205:80 wrr persistent 50")


def test_the_kernels_table_is_read_without_the_persistence_time_that_is_in_ticks() -> None:
    assert tuple(_kernel_table(KERNEL)) == rows("TCP 192.168.56.205:80 wrr persistent")


def test_a_table_is_told_in_a_line() -> None:
    assert describe(rows("TCP 192.168.56.205:80 wrr")) == "192.168.56.205:80 wrr Masq → web-1, web-3 (weight 2)"
    assert describe(()) == "empty"
