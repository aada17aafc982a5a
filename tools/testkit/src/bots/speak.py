"""Speaks for simulated bots: connects to a trap from their addresses, with the network stacks and the SMTP dialects of their kinds.

In: one JSON document on standard input (see namespace.rs). It runs in a network namespace of its own, whose sysctls it sets.
Out: nothing; it ends with 1 when a bot is not answered as it should be.
"""
import asyncio
import json
import socket
import sys

TTL, MTU_DISCOVER = socket.IP_TTL, 10
MAXSEG, WINDOW_CLAMP = socket.TCP_MAXSEG, socket.TCP_WINDOW_CLAMP
PATIENCE = 120


def set_stack(kind):
    """What only a whole namespace can be told."""
    for name, has in (("timestamps", "stamps"), ("sack", "selects"), ("window_scaling", "scales")):
        with open(f"/proc/sys/net/ipv4/tcp_{name}", "w") as file:
            file.write("1" if kind[has] else "0")


def connect(kind, address, ttl, trap):
    """Connects. On loopback this takes no time, and whoever speaks early must not be held up between."""
    shaped = socket.socket()
    shaped.setsockopt(socket.IPPROTO_IP, TTL, ttl)
    shaped.setsockopt(socket.IPPROTO_IP, MTU_DISCOVER, 2 if kind["whole"] else 0)
    shaped.setsockopt(socket.IPPROTO_TCP, MAXSEG, kind["mss"])
    shaped.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if kind["window"]:
        shaped.setsockopt(socket.IPPROTO_TCP, WINDOW_CLAMP, kind["window"])
    shaped.bind((address, 0))
    shaped.settimeout(PATIENCE)
    shaped.connect(trap)
    return shaped


async def answer(reader, wanted):
    """Reads a whole answer."""
    while True:
        line = await asyncio.wait_for(reader.readline(), PATIENCE)
        if line[:1] != wanted:
            raise RuntimeError(f"wanted {wanted!r}: {line!r}")
        if line[3:4] != b"-":
            return


def lines_of(step, values, recipients):
    """The commands of a step, with one for each recipient."""
    for line in step.split("|"):
        if "{rcpt}" in line:
            for number in range(recipients):
                yield line.replace("{rcpt}", f"trap{number}@trap.example")
        else:
            yield line.format(**values)


def message(kind, size):
    """A message of exactly that many bytes."""
    text = kind["head"]
    left = size - len(text)
    while left > 74:
        text += "x" * 70 + "\r\n"
        left -= 72
    return text + "x" * (left - 2) + "\r\n"


async def say(kind, streams, step, values, recipients):
    """Says what is said in one go, or line by line where only recipients repeat; waits for all answers."""
    reader, writer = streams
    commands = list(lines_of(step, values, recipients))
    groups = [commands] if "|" in step else [[command] for command in commands]
    for group in groups:
        if kind["waits"]:
            await asyncio.sleep(kind["waits"])
        writer.write("".join(command + kind["line_end"] for command in group).encode())
        for command in group:
            await answer(reader, b"3" if command.upper() == "DATA" else b"2")


async def converse(kind, who, texts, trap):
    """One connection."""
    _, address, ttl, helo = who
    values = {"helo": helo, "from": kind["from"]}
    shaped = connect(kind, address, ttl, trap)
    hello = list(kind["hello"])
    if kind["early"]:
        shaped.sendall((hello.pop(0).format(**values) + kind["line_end"]).encode())
    shaped.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=shaped)
    streams = (reader, writer)
    for _ in range(2 if kind["early"] else 1):
        await answer(reader, b"2")
    for step in hello:
        await say(kind, streams, step, values, 1)
    for recipients, size in texts:
        for step in kind["mail"]:
            await say(kind, streams, step, values, recipients)
        writer.write((message(kind, size) + ".\r\n").encode())
        await answer(reader, b"2")
    if kind["quits"]:
        writer.write(("QUIT" + kind["line_end"]).encode())
        await answer(reader, b"2")
    writer.close()


async def speak(plan):
    """One kind after the other, because they share the namespace."""
    for place, kind in enumerate(plan["kinds"]):
        connections = [connection for connection in plan["connections"] if connection[0][0] == place]
        set_stack(kind)
        waiting = iter(connections)

        async def work():
            for who, texts in waiting:
                await converse(kind, who, texts, tuple(plan["trap"]))

        await asyncio.gather(*(work() for _ in range(plan["sessions"])))


asyncio.run(speak(json.load(sys.stdin)))
