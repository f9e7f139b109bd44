import asyncio
import selectors
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.runtime.deadlines import Deadlines


class SteppedLoop(asyncio.SelectorEventLoop):
    """A real event loop whose clock is turned by hand: nothing sleeps."""

    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())
        self.clock = 1000.0

    def time(self) -> float:
        return self.clock


def advance(loop: SteppedLoop, to: float) -> None:
    loop.clock = to
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.call_soon(loop.stop)
    loop.run_forever()


def collect() -> tuple[SteppedLoop, Deadlines[Any], list[tuple[Any, int]]]:
    loop = SteppedLoop()
    fired: list[tuple[Any, int]] = []
    return loop, Deadlines(loop, lambda key, now: fired.append((key, now))), fired


def test_deadlines_fire_in_the_order_of_their_times() -> None:
    loop, deadlines, fired = collect()
    deadlines.schedule("late", 1_002_000_000)
    deadlines.schedule("early", 1_001_000_000)
    advance(loop, 1000.5)
    assert fired == []
    advance(loop, 1003.0)
    assert [key for key, _ in fired] == ["early", "late"]
    loop.close()


def test_scheduling_again_replaces_the_deadline_in_both_directions() -> None:
    loop, deadlines, fired = collect()
    deadlines.schedule("a", 1_001_000_000)
    deadlines.schedule("a", 1_005_000_000)
    advance(loop, 1002.0)
    assert fired == []
    deadlines.schedule("a", 1_003_000_000)
    advance(loop, 1003.5)
    assert fired == [("a", 1_003_500_000)]
    advance(loop, 1010.0)
    assert len(fired) == 1
    loop.close()


def test_a_cancelled_deadline_never_fires() -> None:
    loop, deadlines, fired = collect()
    deadlines.schedule("a", 1_001_000_000)
    deadlines.schedule("b", 1_001_000_000)
    deadlines.schedule("a", None)
    advance(loop, 1002.0)
    assert [key for key, _ in fired] == ["b"]
    assert len(deadlines) == 0
    loop.close()


def test_a_timer_that_comes_late_is_told_of_before_what_it_is_for() -> None:
    loop = SteppedLoop()
    told: list[tuple[str, int]] = []
    deadlines: Deadlines[str] = Deadlines(
        loop, lambda key, _now: told.append((key, 0)), lambda late: told.append(("late", late))
    )
    deadlines.schedule("a", 1_001_000_000)
    advance(loop, 1003.5)
    assert [word for word, _ in told] == ["late", "a"]
    assert told[0][1] - 2_500_000 in (0, 1)
    loop.close()


def test_a_callback_may_schedule_its_own_key_again() -> None:
    loop = SteppedLoop()
    fired: list[int] = []

    def on_deadline(key: str, now: int) -> None:
        fired.append(now)
        deadlines.schedule(key, now + 1_000_000)

    deadlines: Deadlines[str] = Deadlines(loop, on_deadline)
    deadlines.schedule("tick", 1_001_000_000)
    for second in (1001, 1002, 1003):
        advance(loop, float(second))
    assert fired == [1_001_000_000, 1_002_000_000, 1_003_000_000]
    loop.close()


def test_a_callback_that_raises_does_not_stop_the_other_timers() -> None:
    loop = SteppedLoop()
    loop.set_exception_handler(lambda _loop, _details: None)
    fired: list[str] = []

    def on_deadline(key: str, now: int) -> None:
        del now
        fired.append(key)
        if key == "broken":
            raise ValueError(key)

    deadlines: Deadlines[str] = Deadlines(loop, on_deadline)
    deadlines.schedule("broken", 1_001_000_000)
    deadlines.schedule("sound", 1_001_500_000)
    advance(loop, 1002.0)
    advance(loop, 1002.0)
    assert fired == ["broken", "sound"]
    loop.close()


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 50) | st.none()), max_size=300))
def test_any_sequence_of_changes_fires_exactly_the_deadlines_that_stand(changes: list[tuple[int, int | None]]) -> None:
    loop, deadlines, fired = collect()
    standing: dict[int, int] = {}
    for key, offset in changes:
        when = None if offset is None else 1_000_000_000 + offset * 1_000_000
        deadlines.schedule(key, when)
        if when is None:
            standing.pop(key, None)
        else:
            standing[key] = when
    assert len(deadlines) == len(standing)
    advance(loop, 1100.0)
    assert sorted(key for key, _ in fired) == sorted(standing)
    assert [standing[key] for key, _ in fired] == sorted(standing.values())
    loop.close()
