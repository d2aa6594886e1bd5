"""Subscribers by HTTP, good and bad ones, each on a port of its own: one loop for all of them serves hundreds."""
import asyncio
import json
import queue
import threading

PATIENCE = 120  # seconds

loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()


class Subscriber:
    """Confirms as AWS's do; what it does with a notification is its kind's."""

    def __init__(self):
        self._tokens, self._messages = queue.Queue(), queue.Queue()
        self._server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), loop).result(PATIENCE)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    async def _serve(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
                message = json.loads(await reader.readexactly(length))
                if message["Type"] == "SubscriptionConfirmation":
                    self._tokens.put(message["Token"])
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                else:
                    await self.answer(message, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(self, message, writer):
        raise NotImplementedError

    def token(self):
        return self._tokens.get(timeout=PATIENCE)

    def close(self):
        loop.call_soon_threadsafe(self._server.close)


class Healthy(Subscriber):
    async def answer(self, message, writer):
        self._messages.put(message["Message"])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def message(self):
        return self._messages.get(timeout=PATIENCE)

    def surplus(self):
        return self._messages.qsize()


class Fails(Subscriber):
    async def answer(self, message, writer):
        writer.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 3\r\n\r\nno\n")


class Hangs(Subscriber):
    async def answer(self, message, writer):
        await asyncio.sleep(3600)


class Trickles(Subscriber):
    async def answer(self, message, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(100_000):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.2)
