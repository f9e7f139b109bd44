import asyncio
import multiprocessing
import os
from collections.abc import Callable, Coroutine
from typing import Any

from keepalived_py.runtime.messages import Message, PeerReplaced, Ready, Stop
from keepalived_py.runtime.pipe import Channel


def run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(body(), 10))


class Inbox:
    """Collects what a channel delivers; ``wanted`` is set when enough arrived or the channel closed."""

    def __init__(self, count: int) -> None:
        self.messages: list[Message] = []
        self.descriptors: list[list[int]] = []
        self.closed = False
        self.done = asyncio.Event()
        self._count = count

    def on_message(self, message: Message, descriptors: list[int]) -> None:
        self.messages.append(message)
        self.descriptors.append(descriptors)
        if len(self.messages) == self._count:
            self.done.set()

    def on_close(self) -> None:
        self.closed = True
        self.done.set()


def pair() -> tuple[Channel, Channel]:
    left, right = multiprocessing.Pipe()
    return Channel(left), Channel(right)


def test_messages_arrive_whole_and_in_order() -> None:
    async def body() -> None:
        sender, receiver = pair()
        inbox = Inbox(3)
        receiver.attach(asyncio.get_running_loop(), inbox.on_message, inbox.on_close)
        sent: list[Message] = [Ready(worker="vrrp"), Stop(), Ready(worker="x" * 100)]
        for message in sent:
            sender.send(message)
        await inbox.done.wait()
        assert inbox.messages == sent
        sender.close()
        receiver.close()

    run(body)


def test_a_message_larger_than_the_socket_buffer_is_sent_without_blocking_the_sender() -> None:
    async def body() -> None:
        sender, receiver = pair()
        loop = asyncio.get_running_loop()
        sender.attach(loop, lambda *_: None, lambda: None)
        big = Ready(worker="y" * 5_000_000)
        sender.send(big)
        sender.send(Stop())
        inbox = Inbox(2)
        receiver.attach(loop, inbox.on_message, inbox.on_close)
        await inbox.done.wait()
        assert inbox.messages == [big, Stop()]
        sender.close()
        receiver.close()

    run(body)


def test_a_plain_multiprocessing_connection_understands_the_frames() -> None:
    left, right = multiprocessing.Pipe()
    channel = Channel(left)
    channel.send(Ready(worker="a"))
    assert right.recv() == Ready(worker="a")
    channel.close()
    right.close()


def test_a_descriptor_travels_with_its_message() -> None:
    async def body() -> None:
        sender, receiver = pair()
        inbox = Inbox(1)
        receiver.attach(asyncio.get_running_loop(), inbox.on_message, inbox.on_close)
        read_end, write_end = os.pipe()
        sender.send(PeerReplaced(peer="checkers"), (write_end,))
        os.close(write_end)
        await inbox.done.wait()
        (received,) = inbox.descriptors[0]
        os.write(received, b"through")
        os.close(received)
        assert os.read(read_end, 100) == b"through"
        assert os.read(read_end, 100) == b""
        os.close(read_end)
        sender.close()
        receiver.close()

    run(body)


def test_the_end_of_the_other_side_is_told_once_and_sending_then_is_harmless() -> None:
    async def body() -> None:
        left, right = pair()
        inbox = Inbox(1)
        left.attach(asyncio.get_running_loop(), inbox.on_message, inbox.on_close)
        right.close()
        await inbox.done.wait()
        assert inbox.closed
        assert left.closed
        left.send(Stop())
        left.close()

    run(body)


def test_what_is_queued_is_written_before_the_process_ends() -> None:
    left, right = multiprocessing.Pipe()
    channel = Channel(left)
    channel.send(Ready(worker="last words"))
    channel.flush_blocking(1.0)
    channel.close()
    assert right.recv() == Ready(worker="last words")
    right.close()
