"""The Internet checksum (RFC 1071), used by IP and VRRP. Knows no header layout."""

from __future__ import annotations


def internet_checksum(data: bytes) -> int:
    """Return the complement of the one's complement sum of ``data`` as big-endian 16-bit words, odd end zero padded.

    Over a message that already carries its right checksum the result is 0.
    """
    if len(data) & 1:
        data += b"\0"
    number = int.from_bytes(data, "big")
    # 2**16 is 1 modulo 65535, so the remainder is the folded sum of the words; a non-zero sum folds to 65535, never to
    # 0.
    folded = number % 0xFFFF or (0xFFFF if number else 0)
    return folded ^ 0xFFFF
