"""What an instance has learnt about the trustworthiness of others and must not forget when its configuration is read anew.

Owns the values only. A reload that forgot them would accept packets that were recorded before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from keepalived_py.vrrp.sequence import SequenceCounter
from keepalived_py.vrrp.trailer import HighWaterMarks


@dataclass(slots=True)
class Memory:
    """The state of authentication, by what needs it."""

    #: ``auth_type AH``
    sequence: SequenceCounter = field(default_factory=SequenceCounter)
    #: ``auth_hmac``
    marks: HighWaterMarks = field(default_factory=HighWaterMarks)
    #: A peer computes version 3's checksum over the multicast group, as keepalived did before 1.3.6 (reference §2.3).
    group_checksum: bool = False
