"""How much an instance adds to the receive buffer of the socket that it shares.

Pure arithmetic. Source: reference/keywords-global-vrrp.tsv (``vrrp_rx_bufs_policy``, ``kernel_rx_buf_size``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast import AuthenticationType

if TYPE_CHECKING:
    from keepalived_py.config.ast import ReceiveBuffers, VrrpInstance

_IPV4_HEADER = 20
_VRRP_HEADER = 8
_VERSION_2_AUTHENTICATION = 8
_AH = 24
_HMAC_TRAILER = 28


def share(wanted: VrrpInstance, policy: ReceiveBuffers, mtu: int) -> int:
    """Return the bytes that ``kernel_rx_buf_size`` or the policy gives an instance on an interface of this MTU; 0: not said."""
    if wanted.kernel_rx_buf_size:
        return wanted.kernel_rx_buf_size
    if policy.policy == "SIZE":
        return policy.size
    if policy.policy == "ADVERT":
        return policy.multiplier * advert_length(wanted)
    if policy.policy == "MTU":
        return policy.multiplier * mtu
    return 0


def advert_length(wanted: VrrpInstance) -> int:
    """Return the bytes of an instance's advert as a socket receives it."""
    addresses = sum(len(address.address.packed) for address in wanted.virtual_addresses)
    header = _IPV4_HEADER if wanted.family == 4 else 0
    # Version 2 over IPv6 has no authentication field (reference/vrrp-behaviour.md §2.4).
    authentication = _VERSION_2_AUTHENTICATION if wanted.version == 2 and wanted.family == 4 else 0
    if wanted.authentication.type is AuthenticationType.AH:
        authentication += _AH
    if wanted.hmac is not None:
        authentication += _HMAC_TRAILER
    return header + _VRRP_HEADER + addresses + authentication
