"""A small stand-in for nginx: a TCP proxy that gives each connection to the next web server.

Run as `nginx` (a link to the interpreter) with the port and the servers as arguments. Standard library only.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
        target.write_eof()


async def _serve(port: int, servers: Iterator[str]) -> None:
    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            from_server, to_server = await asyncio.open_connection(next(servers), 80)
            await asyncio.gather(_copy(reader, to_server), _copy(from_server, writer))
            to_server.close()
        writer.close()

    server = await asyncio.start_server(proxy, "0.0.0.0", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), itertools.cycle(sys.argv[2:])))
