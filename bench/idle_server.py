# SPDX-License-Identifier: AGPL-3.0-or-later
"""An IMAP server over TLS whose mailboxes are all empty: idle_server.py CERTIFICATE KEY. Prints its port, then a line
for every hundred connections that are in IDLE. It stands in for a thousand real ones, which would take the machine."""

import asyncio
import ssl
import sys

ANSWERS = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN IDLE UIDPLUS\r\n",
           b"SELECT": b"* 0 EXISTS\r\n* OK [UIDVALIDITY 1] valid\r\n"}
idle = 0


async def talk(reader, writer):
    global idle
    writer.write(b"* OK ready\r\n")
    tag = b"*"
    while line := await reader.readline():
        words = line.split()
        if words[0] == b"DONE":
            writer.write(tag + b" OK\r\n")
            idle -= 1
        elif words[1] == b"IDLE":
            tag = words[0]
            writer.write(b"+ idling\r\n")
            idle += 1
            if idle % 100 == 0:
                print(idle, flush=True)
        else:
            writer.write(ANSWERS.get(words[1], b"") + words[0] + b" OK\r\n")


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*sys.argv[1:3])
    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
