"""A worker that reports. What it does beside is asked of it by the environment variable REPORTING_WORKERS."""

import os

from keepalived_py.config.ast import Configuration
from keepalived_py.runtime.messages import Message, Ready
from keepalived_py.runtime.worker import WorkerContext


async def run(context: WorkerContext) -> int:
    """Report every event of the context until told to stop."""
    name = context.name
    wishes = dict(wish.split("=") for wish in os.environ.get("REPORTING_WORKERS", "").split() if "=" in wish)

    def say(text: str) -> None:
        context.log(6, f"<{name}> {text}")

    def on_message(peer: str, message: Message) -> None:
        if isinstance(message, Ready):
            say(f"heard {message.worker} over the pipe of {peer}")

    def on_connected(peer: str) -> None:
        say(f"connected to {peer}")
        context.peers[peer].send(Ready(worker=name))

    def on_reconfigure(configuration: Configuration) -> None:
        say(f"has {len(configuration.vrrp_instances)} instances")
        context.ready()

    context.on_peer_message = on_message
    context.on_peer_connected = on_connected
    context.on_peer_lost = lambda peer: say(f"lost {peer}")
    context.on_reconfigure = on_reconfigure
    for channel in context.peers.values():
        channel.send(Ready(worker=name))
    say(f"pid {os.getpid()}")
    context.ready()
    if name in wishes:
        return int(wishes[name])
    await context.stopping.wait()
    say("stops")
    return 0
