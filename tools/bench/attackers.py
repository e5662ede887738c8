"""Those who flood, in a process of their own: what they use of the processor is nobody else's.

    python -m tools.bench.attackers NAME COUNT PORT PATH ORIGIN

Starts at the first line of its input, each once at least, and goes on until the input ends; then prints
how many floods ended as they must and how many did not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tools.bench import machine
from tools.bench.attacks import ATTACKS, Attack, Target, carry_out
from tools.bench.product import ROOT, BenchFailed

# They stand for people elsewhere: here they get what the measured ones leave of the core they share.
NICE = 19
FULL_S = 0.05


@dataclass(slots=True)
class Attackers:
    """A running process of them, as the bench sees it."""

    process: subprocess.Popen[str]
    right: int = 0
    wrong: int = 0

    def begin(self) -> None:
        """From here on they flood without pause."""
        assert self.process.stdin is not None
        self.process.stdin.write("begin\n")
        self.process.stdin.flush()

    def end(self) -> None:
        """Let each flood come to its end, and count."""
        told, _ = self.process.communicate()
        if self.process.returncode != 0:
            raise BenchFailed("The attackers failed; their message is above.")
        self.right, self.wrong = json.loads(told)


@contextmanager
def attacking(attack: Attack, count: int, target: Target, core: int) -> Iterator[Attackers]:
    """So many that carry out `attack`, ready to begin; their counts stand when the block was left."""
    words = (attack.name, str(count), str(target.port), target.path, target.origin)
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.bench.attackers", *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    machine.pin(process.pid, core)
    found = Attackers(process)
    try:
        yield found
    finally:
        found.end()


def _go_on(attack: Attack, target: Target, over: threading.Event, ended: Counter[bool]) -> None:
    while True:
        try:
            ended[carry_out(attack, target) == attack.code] += 1
        except TimeoutError:
            ended[False] += 1  # the server neither ended it nor read on
        except ConnectionError:
            over.wait(FULL_S)  # turned away at the door: too many came at once
        if over.is_set():
            return


def main() -> None:
    """One of the attacks by its name; a thread for each attacker."""
    name, count, port, path, origin = sys.argv[1:]
    (attack,) = (one for one in ATTACKS if one.name == name)
    over, ended = threading.Event(), Counter[bool]()
    arguments = (attack, Target(int(port), path, origin), over, ended)
    threads = [threading.Thread(target=_go_on, args=arguments) for _ in range(int(count))]
    os.nice(NICE)
    if sys.stdin.readline():
        for thread in threads:
            thread.start()
        sys.stdin.read()
        over.set()
        for thread in threads:
            thread.join()
    print(json.dumps([ended[True], ended[False]]))


if __name__ == "__main__":
    main()
