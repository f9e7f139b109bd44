from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Says

INSTANCE = """\
vrrp_instance VI {{
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {{
  10.0.0.1/24
 }}
 {statement}
}}
"""


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("key 1", "(VI) auth_hmac key needs an id and a value"),
        ("key 0 " + "a" * 32, "(VI) auth_hmac key id '0' must be between 1 and 255"),
        ("key 1 hex:" + "ab" * 31, "(VI) auth_hmac key 1 length 31 not in range [32, 64]"),
        ("key 1 " + "a" * 32 + "\nkey 1 " + "b" * 32, "(VI) duplicate auth_hmac key id 1"),
        ("key 1 " + "a" * 32 + "\nactive_key 2", "(VI) auth_hmac active_key 2 is not defined, disabling extension"),
        ("anti_replay never", "(VI) auth_hmac anti_replay 'never' must be time or monotonic"),
        ("mode lax", "(VI) auth_hmac mode 'lax' must be enforce, permissive or receive-only"),
        ("time_window 400", "(VI) auth_hmac time_window '400' must be between 1 and 300 seconds"),
    ],
)
def test_a_wrong_word_of_auth_hmac_is_answered(says: Says, statement: str, message: str) -> None:
    said = says(INSTANCE.format(statement=f"auth_hmac {{\n{statement}\n}}"))
    assert any(line.endswith(message) for line in said), said
