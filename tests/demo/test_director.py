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
TCP  C0A838CD:0050 wrr persistent 50000 FFFFFFFF
  -> C0A82101:0050      Masq    1      0          0
  -> C0A82103:0050      Masq    2      0          0
"""
ROWS = (
    Row("TCP 192.168.56.205:80 wrr persistent 50", "192.168.33.1:80", "Masq", "1"),
    Row("TCP 192.168.56.205:80 wrr persistent 50", "192.168.33.3:80", "Masq", "2"),
)


def test_the_kernels_table_and_the_listing_of_a_dry_run_read_the_same() -> None:
    assert tuple(_listed(LISTING)) == ROWS
    assert tuple(_kernel_table(KERNEL)) == ROWS


def test_a_table_is_told_in_a_line() -> None:
    assert describe(ROWS) == "192.168.56.205:80 wrr persistent 50 Masq → web-1, web-3 (weight 2)"
    assert describe(()) == "empty"
