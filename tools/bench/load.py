"""The load generator where no C compiler is: the same plan and the same files as load.c, on raw epoll.

It is dearer for each vote and frame, so that the bench marks its points as generator-bound sooner.

    python -m tools.bench.load PLAN OUT
"""

from __future__ import annotations

import array
import json
import random
import re
import resource
import select
import socket
import sys
import time
from collections import Counter

from tools.bench.load_plan import (
    CONNECTING,
    GONE,
    GREETING,
    IN,
    UPGRADING,
    Client,
    Plan,
    Told,
    find_seen,
    masked,
    read,
    write,
)

ACK = re.compile(rb'"r":(\d+).*"votes":(\d+)')
REFUSED = re.compile(rb'"r":(\d+|null),"code":"(\w+)"')
TALLY = re.compile(rb"\[(\d+),(\d+)\]")


class Crowd:
    """All clients, on one epoll loop."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.raw = bool(plan.number("raw"))
        self.rate, self.warm = plan.number("rate"), plan.number("warm")
        self.seconds = plan.number("seconds")
        self.questions = max(1, plan.number("questions"))
        self.clients = [Client(number, hello) for number, hello in enumerate(plan.hellos)]
        self.by_fd: dict[int, Client] = {}
        self.poll = select.epoll()
        self.order = list(range(len(self.clients)))
        random.Random(1).shuffle(self.order)
        planned = self.rate * (self.warm + self.seconds)
        self.times = [array.array("d", bytes(8 * planned)) for _ in range(4)]
        self.whole = [array.array("i", bytes(4 * planned)) for _ in range(4)]
        self.told: list[Told] = []
        self.tallies: dict[int, list[tuple[int, int]]] = {}
        self.codes: Counter[str] = Counter()
        self.inside = self.gone = self.failed = self.acked = self.refused = 0
        self.sent = self.frames = self.frame_bytes = self.resnapshots = 0
        self.join_from = self.join_to = self.window_from = self.window_to = self.cpu = 0.0

    def open(self, client: Client) -> None:
        client.wire = socket.socket()
        client.wire.setblocking(False)
        client.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.wire.connect_ex((self.plan.words["host"], self.plan.number("port")))
        self.by_fd[client.wire.fileno()] = client
        self.poll.register(client.wire, select.EPOLLIN | select.EPOLLOUT)

    def send(self, client: Client, data: bytes) -> None:
        try:
            if client.wire is None or client.wire.send(data) != len(data):
                self.failed += 1
        except OSError:
            self.failed += 1

    def drop(self, client: Client) -> None:
        if client.state == GONE or client.wire is None:
            return
        self.inside -= client.state == IN
        client.state = GONE
        self.gone += 1
        del self.by_fd[client.wire.fileno()]
        client.wire.close()

    def turn(self, wait_s: float) -> None:
        for fd, _ in self.poll.poll(wait_s):
            client = self.by_fd.get(fd)
            if client is None:
                continue
            if client.state == CONNECTING:
                self._connected(client)
            else:
                self._readable(client)

    def _connected(self, client: Client) -> None:
        assert client.wire is not None
        if client.wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.drop(client)
            return
        self.poll.modify(client.wire, select.EPOLLIN)
        client.state = UPGRADING
        words = self.plan.words
        self.send(
            client,
            (
                f"GET {words['path']} HTTP/1.1\r\nHost: {words['hosthdr']}\r\n"
                f"Origin: {words['origin']}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            ).encode(),
        )

    def _readable(self, client: Client) -> None:
        assert client.wire is not None
        try:
            got = client.wire.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            got = b""
        if not got:
            self.drop(client)
            return
        t, data, at = time.monotonic(), client.rest + got, 0
        if client.state == UPGRADING:
            end = data.find(b"\r\n\r\n")
            if end >= 0 and not data.startswith(b"HTTP/1.1 101"):
                self.drop(client)
                return
            if end >= 0:
                at = end + 4
                self._upgraded(client, t)
        if client.state in (GREETING, IN):
            at = self._frames(client, data, at, t)
        client.rest = data[at:]

    def _upgraded(self, client: Client, t: float) -> None:
        client.state = GREETING
        if self.raw:
            client.state, client.came = IN, t
            self.inside += 1
        if client.hello != b"-":
            self.send(client, masked(2 if self.raw else 1, client.hello))

    def _frames(self, client: Client, data: bytes, at: int, t: float) -> int:
        while client.state != GONE and len(data) - at >= 2:
            length, start = data[at + 1] & 127, at + 2
            if length >= 126:
                start += 2 if length == 126 else 8
                if len(data) < start:
                    break
                length = int.from_bytes(data[at + 2 : start])
            if len(data) - start < length:
                break
            payload, opcode = data[start : start + length], data[at] & 15
            if opcode in (1, 2):
                if self.window_from <= t < self.window_to:
                    self.frames += 1
                    self.frame_bytes += start - at + length
                if not self.raw:
                    self._text(client, payload, t)
            elif opcode == 9:
                self.send(client, masked(10, payload))
            elif opcode == 8:
                self.drop(client)
            at = start + length
        return at

    def _text(self, client: Client, text: bytes, t: float) -> None:
        if text.startswith(b'{"t":"ack"'):
            found = ACK.search(text)
            if found and int(found[1]) < len(self.times[0]):
                self.times[2][int(found[1])] = t
                self.whole[2][int(found[1])] = int(found[2])
                self.acked += 1
        elif text.startswith(b'{"t":"delta"'):
            self._delta(client, text, t)
        elif text.startswith(b'{"t":"snapshot"'):
            if client.state == GREETING:
                client.state, client.came = IN, t
                self.inside += 1
            elif client.told < len(self.told) - 1:
                client.told = len(self.told) - 1
                self.resnapshots += 1
        elif text.startswith(b'{"t":"refused"'):
            found = REFUSED.search(text)
            self.refused += 1
            code = found[2].decode() if found else "none"
            self.codes[code] += 1
            if found and found[1] != b"null" and int(found[1]) < len(self.times[0]):
                self.whole[3][int(found[1])] = list(self.codes).index(code) + 1

    def _delta(self, client: Client, text: bytes, t: float) -> None:
        to = text.partition(b'"to":"')[2].partition(b'"')[0]
        at = len(self.told) - 1
        while at > client.told and self.told[at].to != to:
            at -= 1
        if at <= client.told:
            at = len(self.told)
            self.told.append(Told(to))
            run = text.partition(b'"tallies":[')[2].partition(b"]]")[0] + b"]"
            for n, votes in TALLY.findall(run):
                shown = self.tallies.setdefault(int(n), [(0, at)])
                new = int(votes) > shown[-1][0]  # a lower total shows nothing new
                shown += [(int(votes), at)] * new
        for passed in self.told[client.told + 1 : at + 1]:
            passed.reached += 1
            passed.last = t
        client.told = at

    def join(self) -> None:
        """Open everybody at the plan's pace; return when all are in, gone or late."""
        start, pace, opened = time.monotonic(), self.plan.number("joins", 100), 0
        self.join_from = start
        while self.inside + self.gone < len(self.clients):
            t = time.monotonic()
            while opened < len(self.clients) and start + opened / pace <= t:
                self.clients[opened].intended = start + opened / pace
                self.open(self.clients[opened])
                opened += 1
            if t > start + len(self.clients) / pace + 30:
                break
            self.turn(0.001)
        self.join_to = time.monotonic()

    def _vote(self, i: int, t0: float) -> None:
        client = self.clients[self.order[i % len(self.order)]]
        round_ = i // len(self.order)
        question = (client.number + round_) % self.questions + 1
        self.times[0][i] = t0 + i / self.rate
        self.whole[0][i], self.whole[1][i] = client.number, question
        if client.state == IN:
            text = b'{"t":"vote","n":%d,"on":true,"c":%d,"r":%d}' % (question, round_ + 1, i)
            self.send(client, masked(1, text))
            self.times[1][i] = time.monotonic()

    def load(self) -> None:
        """Vote by the clock, whatever comes back; then wait for what is still on its way."""
        self.window_from = (t0 := time.monotonic() + 0.01) + self.warm
        self.window_to = end = look = self.window_from + self.seconds
        planned, grace = len(self.times[0]), self.plan.number("grace", 5)
        known, begun, cpu = -1, 0, 0.0
        while True:
            t = time.monotonic()
            if t >= self.window_from and begun == 0:
                begun, cpu = 1, time.process_time()
                print("window-start", flush=True)
            if t >= self.window_to and begun == 1:
                begun, self.cpu = 2, time.process_time() - cpu
                print("window-end", flush=True)
            while self.sent < planned and t0 + self.sent / self.rate <= t:
                self._vote(self.sent, t0)
                self.sent += 1
            if t >= end and self.sent >= planned:
                if known != self.acked + self.refused:
                    known, end = self.acked + self.refused, t
                if t > end + grace or t > self.window_to + 60:
                    return
                if planned and t > look:
                    if self.find_seen():
                        return
                    look = t + 0.25
            self.turn(0.001)

    def find_seen(self) -> bool:
        """Note when each vote was shown to the last client: True where none is on its way any more."""
        find_seen(self.times, self.whole, self.tallies, self.told, self.inside)
        on_its_way = any(acked and not seen for acked, seen in zip(*self.times[2:], strict=True))
        return self.acked + self.refused >= self.sent and not on_its_way


def main() -> None:
    """Play the plan; the last line printed is JSON."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = Crowd(read(sys.argv[1]))
    crowd.join()
    joined = crowd.inside
    print(f"joined {joined}", flush=True)
    until = time.monotonic() + 1
    while time.monotonic() < until:
        crowd.turn(0.001)
    crowd.load()
    crowd.find_seen()
    joins = [client.came - client.intended if client.came else -1.0 for client in crowd.clients]
    write(sys.argv[2], crowd.times, crowd.whole, joins)
    told = {"clients": len(crowd.clients), "joined": joined, "send_failed": crowd.failed}
    told |= {"planned": len(crowd.times[0]), "deltas": len(crowd.told)}
    counted = ("gone", "acked", "refused", "frames", "frame_bytes", "resnapshots", "cpu")
    times = ("join_from", "join_to", "window_from", "window_to")
    told |= {name: getattr(crowd, name) for name in (*counted, *times)}
    print(json.dumps({**told, "codes": crowd.codes}))


if __name__ == "__main__":
    main()
