# SPDX-License-Identifier: AGPL-3.0-or-later
"""out_sink.py DELAY_MS: an SMTP server that throws mails away and takes its time for each. Prints its port, then for each line
of input how many mails it took since the last one and the seconds from the first one's MAIL to the last one's 250."""

import asyncio
import sys
import time

EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 50000000\r\n250 ENHANCEDSTATUSCODES\r\n"


class Tally:
    def __init__(self):
        self.reset()

    def reset(self):
        self.mails, self.first, self.last, self.open, self.most = 0, None, None, 0, 0


async def talk(tally, delay, reader, writer):
    tally.open += 1
    tally.most = max(tally.most, tally.open)
    writer.write(b"220 sink ESMTP\r\n")
    try:
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"MAIL":
                tally.first = tally.first or time.monotonic()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await writer.drain()
                await reader.readuntil(b"\r\n.\r\n")
                if delay:
                    await asyncio.sleep(delay)
                tally.mails, tally.last = tally.mails + 1, time.monotonic()
            writer.write(EHLO if verb in (b"EHLO", b"HELO") else b"221 2.0.0 bye\r\n" if verb == b"QUIT" else b"250 2.0.0 fine\r\n")
            await writer.drain()
            if verb == b"QUIT":
                break
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        tally.open -= 1
        writer.close()


async def main(delay):
    tally = Tally()
    server = await asyncio.start_server(lambda r, w: talk(tally, delay, r, w), "127.0.0.1", 0, limit=1 << 22, backlog=200)
    print(server.sockets[0].getsockname()[1], flush=True)
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    while word := (await stdin.readline()).strip():
        if word == b"reset":
            tally.reset()
        print(tally.mails, (tally.last or 0) - (tally.first or 0), tally.most, flush=True)


asyncio.run(main(float(sys.argv[1]) / 1000))
