"""vrrp/trailer.py"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.config.ast import HmacAuthentication, HmacKey
from keepalived_py.vrrp.adverts import AdvertBuilder
from keepalived_py.vrrp.trailer import HighWaterMarks, Signer, Verdict, Verifier, clock_sequence
from keepalived_py.wire.hmac_trailer import Trailer, decode
from tests.vrrp.notation import HIGHER, SECOND, on_the_wire, wanted

if TYPE_CHECKING:
    from keepalived_py.wire.vrrp import Packet

_NOW = 1_800_000_000 * SECOND
_KEY, _OTHER = HmacKey(id=1, secret=b"k" * 32), HmacKey(id=2, secret=b"o" * 64)
_TIME = HmacAuthentication(keys=(_KEY, _OTHER), active_key=1, time_window=5)
_MONOTONIC = replace(_TIME, anti_replay_time=False)
_WINDOW = 5 * SECOND


def _packet(at: int = _NOW, *, hmac: HmacAuthentication = _TIME, source: IPv4Address = HIGHER) -> Packet:
    return on_the_wire(AdvertBuilder(wanted(hmac=hmac)), source, wall_clock=at)


def _verifier(hmac: HmacAuthentication = _TIME, *, unicast: bool = False) -> Verifier:
    return Verifier(hmac, HighWaterMarks(), unicast=unicast)


def _judge(verifier: Verifier, packet: Packet, at: int = _NOW) -> Verdict:
    return verifier.judge(packet, decode(packet.trailer), at)


# --- the receiver -----------------------------------------------------------------------------------------------------


def test_a_signed_advert_is_genuine_and_the_same_one_again_a_replay() -> None:
    verifier, packet = _verifier(), _packet()
    assert _judge(verifier, packet) is Verdict.GENUINE
    assert _judge(verifier, packet) is Verdict.REPLAYED


def test_an_older_advert_is_a_replay_a_younger_one_is_not() -> None:
    verifier = _verifier()
    assert _judge(verifier, _packet(_NOW)) is Verdict.GENUINE
    assert _judge(verifier, _packet(_NOW - SECOND)) is Verdict.REPLAYED
    assert _judge(verifier, _packet(_NOW + 1000)) is Verdict.GENUINE


@pytest.mark.parametrize(("skew", "verdict"), [(5, Verdict.GENUINE), (6, Verdict.STALE)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_time_outside_the_window_is_stale_on_either_side(skew: int, sign: int, verdict: Verdict) -> None:
    packet = _packet(_NOW + sign * skew * SECOND)
    assert _judge(_verifier(), packet) is verdict
    assert _verifier().skew(decode(packet.trailer), _NOW) == -sign * skew


def test_monotonic_mode_does_not_look_at_the_clock() -> None:
    verifier = _verifier(_MONOTONIC)
    assert _judge(verifier, _packet(_NOW - 1000 * SECOND, hmac=_MONOTONIC)) is Verdict.GENUINE
    assert _judge(verifier, _packet(_NOW - 1001 * SECOND, hmac=_MONOTONIC)) is Verdict.REPLAYED


def test_every_key_that_is_known_will_do_and_no_other() -> None:
    assert _judge(_verifier(), _packet(hmac=replace(_TIME, active_key=2))) is Verdict.GENUINE
    assert _judge(_verifier(replace(_TIME, keys=(_OTHER,))), _packet()) is Verdict.UNKNOWN_KEY


def test_another_secret_or_a_changed_advert_is_forged_and_leaves_no_mark() -> None:
    verifier, packet = _verifier(), _packet()
    stolen = replace(_TIME, keys=(HmacKey(id=1, secret=b"x" * 32),))
    assert _judge(verifier, _packet(_NOW + SECOND, hmac=stolen)) is Verdict.FORGED
    changed = bytearray(packet.payload)
    changed[2] = 255
    assert _judge(verifier, replace(packet, payload=bytes(changed))) is Verdict.FORGED
    assert _judge(verifier, replace(packet, source=IPv4Address("10.0.0.9"))) is Verdict.FORGED
    assert _judge(verifier, packet) is Verdict.GENUINE


@pytest.mark.parametrize("changes", [{"type": 2}, {"reserved": 1}])
def test_another_type_or_reserved_bits_are_malformed(changes: dict[str, int]) -> None:
    packet = _packet()
    trailer = replace(decode(packet.trailer), **changes)  # type: ignore[arg-type]
    assert _verifier().judge(packet, trailer, _NOW) is Verdict.MALFORMED


def test_what_is_malformed_is_not_called_stale_and_what_is_stale_is_not_called_forged() -> None:
    verifier, packet = _verifier(), _packet(_NOW - 100 * SECOND)
    assert verifier.judge(packet, replace(decode(packet.trailer), reserved=1), _NOW) is Verdict.MALFORMED
    assert verifier.judge(packet, replace(decode(packet.trailer), key_id=9), _NOW) is Verdict.STALE


def test_a_sender_whose_clock_was_put_back_is_heard_again_after_the_window() -> None:
    verifier = _verifier()
    assert _judge(verifier, _packet(_NOW + 4 * SECOND)) is Verdict.GENUINE
    # It steps back by 8 seconds. Its adverts are in the window, but below its mark until that is older than the window.
    heard = {
        second: _judge(verifier, _packet(_NOW + (second - 4) * SECOND), _NOW + second * SECOND)
        for second in range(1, 12)
    }
    assert [second for second, verdict in heard.items() if verdict is Verdict.REPLAYED] == list(range(1, 9))
    assert heard[10] is heard[11] is Verdict.GENUINE


def test_multicast_remembers_the_four_senders_heard_last() -> None:
    verifier = _verifier()
    senders = [IPv4Address(f"10.0.0.{number}") for number in range(1, 6)]
    for sender in (*senders[:4], senders[0]):
        _judge(verifier, _packet(_NOW + (sender == senders[0]), source=sender))
    assert _judge(verifier, _packet(source=senders[4])) is Verdict.GENUINE
    # The second one was heard longest ago.
    assert _judge(verifier, _packet(source=senders[0])) is Verdict.REPLAYED
    assert _judge(verifier, _packet(source=senders[2])) is Verdict.REPLAYED
    assert _judge(verifier, _packet(source=senders[1])) is Verdict.GENUINE


def test_unicast_remembers_every_peer() -> None:
    verifier = _verifier(unicast=True)
    senders = [IPv4Address(f"10.0.0.{number}") for number in range(1, 10)]
    assert {_judge(verifier, _packet(source=sender)) for sender in senders} == {Verdict.GENUINE}
    assert {_judge(verifier, _packet(source=sender)) for sender in senders} == {Verdict.REPLAYED}


def test_sequences_compare_as_serial_numbers() -> None:
    marks = HighWaterMarks()
    for sequence, is_new in ((1 << 64) - 1, True), (0, True), ((1 << 64) - 1, False), (1 << 62, True):
        assert marks.admits(HIGHER, sequence, most=None, now=0, window=None) is is_new


# --- the sender -------------------------------------------------------------------------------------------------------


def _sequences(signer: Signer, *at: int) -> list[int]:
    return [decode(signer.sign(b"", each)).sequence for each in at]


def test_the_sequence_is_the_clock_and_one_more_when_the_clock_stands() -> None:
    clock = clock_sequence(_NOW)
    assert clock == 1_800_000_000 << 32
    assert _sequences(Signer(_TIME), _NOW, _NOW, _NOW + SECOND // 2) == [clock, clock + 1, clock + 0x8000_0000]


def test_a_clock_put_back_within_the_window_is_waited_for() -> None:
    clock = clock_sequence(_NOW)
    assert _sequences(Signer(_TIME), _NOW, _NOW - _WINDOW) == [clock, clock + 1]


def test_a_clock_put_back_beyond_the_window_is_followed_because_nobody_would_believe_us_else() -> None:
    earlier = _NOW - _WINDOW - SECOND
    assert _sequences(Signer(_TIME), _NOW, earlier) == [clock_sequence(_NOW), clock_sequence(earlier)]
    assert _sequences(Signer(_MONOTONIC), _NOW, earlier) == [clock_sequence(_NOW), clock_sequence(_NOW) + 1]


def test_a_signer_goes_on_after_its_predecessor() -> None:
    first = Signer(_TIME)
    first.sign(b"", _NOW)
    assert _sequences(Signer(_TIME, first.last), _NOW) == [clock_sequence(_NOW) + 1]


def test_the_clock_may_run_beyond_2038_and_wrap_in_2106() -> None:
    for seconds in (1 << 31, (1 << 32) - 1):
        signer = Signer(_TIME)
        before, after = _sequences(signer, seconds * SECOND, (seconds + 1) * SECOND)
        assert (after - before) % (1 << 64) == 1 << 32


@given(st.lists(st.integers(-20 * SECOND, 20 * SECOND), min_size=1, max_size=30), st.booleans())
def test_whatever_the_clock_does_a_receiver_with_the_same_clock_never_calls_it_forged_or_malformed(
    steps: list[int], monotonic: bool
) -> None:
    hmac = _MONOTONIC if monotonic else _TIME
    builder, verifier, at = AdvertBuilder(wanted(hmac=hmac)), _verifier(hmac), _NOW
    for step in steps:
        at += step
        verdict = _judge(verifier, on_the_wire(builder, wall_clock=at), at)
        assert verdict is Verdict.GENUINE, (step, verdict)


@given(st.binary(min_size=28, max_size=28))
def test_random_trailers_are_never_genuine(data: bytes) -> None:
    trailer: Trailer = decode(data)
    assert _verifier(_MONOTONIC).judge(_packet(hmac=_MONOTONIC), trailer, _NOW) is not Verdict.GENUINE
