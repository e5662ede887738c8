"""A small meeting of the demonstration's own, on a store and data folder of its own, run for real."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import subprocess
import time
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from server.acts import admission, decide, meetings, staff, submit
from server.acts import appeal as appeals
from server.acts.admission import SignIn
from server.acts.log_archive import beside
from server.acts.log_folder import LogFolder
from server.acts.log_record import Records
from server.audit.checks import Receipt
from server.domain.ids import from_bytes
from server.domain.meeting import Meeting
from server.domain.roles import Role
from server.domain.seal import Seal
from server.launch import embedded
from server.orphans import die_with_parent
from server.store import keys, question_rows, typed
from server.store.client import connect
from server.store.loader import load
from server.translog import proof
from server.translog.checkpoint import log_id
from server.translog.note import Signer
from tools.bench.product import PATIENCE_S
from workers.sequencer.files import Files
from workers.sequencer.keyring import Keyring
from workers.sequencer.leaves import LeafStore
from workers.sequencer.sequencer import Sequencer

HOST = "demo.example"
TEXTS = (
    "Why did the night shift lose its bonus?",
    "When is the canteen open again?",
    "Who decided on the new desks?",
    "May the roof garden be used in winter?",
    "Did the new foreman cause the fire in hall 2?",
)
NOTE, APPEAL = "It names a colleague.", "It names nobody, and asks for a cause."
LATE = "Was the accident in hall 3 reported?"


@dataclass(frozen=True, slots=True)
class Record:
    """What everybody holds after the meeting's first hour. `data` and its keys as they are now;
    `backup` the same folders as they were earlier; receipts by the order of the questions."""

    folder: Path
    data: Path
    backup: Path
    log: str
    signer: Signer
    leaves: list[bytes]
    notes: dict[int, str]
    receipts: list[Receipt]
    questions: list[str]

    @property
    def size(self) -> int:
        """How many entries the honest log has."""
        return len(self.leaves)


@asynccontextmanager
async def _store(folder: Path) -> AsyncIterator[Redis]:
    socket = folder / "store"
    binary = embedded.find_binary(None)
    child = subprocess.Popen(
        embedded.arguments(binary, folder, socket),
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent(),
    )
    try:
        embedded.wait_ready(f"unix://{socket}", lambda: child.poll() is None)
        redis = connect(f"unix://{socket}", timeout_s=PATIENCE_S)
        await load(redis)
        yield redis
        await redis.aclose()
    finally:
        child.terminate()
        child.wait()


class _Meeting:
    """The meeting as it is held."""

    def __init__(self, redis: Redis, meeting: Meeting, sequencer: Sequencer) -> None:
        self.redis, self.meeting, self.sequencer = redis, meeting, sequencer
        self.log = log_id(meeting.id)
        self.moderator: SignIn | None = None

    async def settle(self) -> None:
        """Until every intent is a leaf."""
        m = self.meeting.id
        while True:
            await self.sequencer.step(self.redis)
            at = await typed.hget(self.redis, keys.cursor(m), "intake") or ""
            listed = await typed.hget(self.redis, keys.log(m), "size")
            if listed and not await typed.entries(self.redis, keys.intake(m), at, 1):
                return

    async def ask(self, text: str, lock: str) -> str:
        """A question whose withdrawal only its asker can unlock."""
        asker = (await admission.join(self.redis, self.meeting, self.meeting.code, _now())).sign_in
        q = from_bytes(secrets.token_bytes(16))
        seal = Seal(salt=secrets.token_hex(32), withdraw=lock, appeal=lock)
        await submit.submit(
            self.redis, self.meeting, asker, q=q, text=text, lang="en", name=None, via="web",
            secret=bytes(32), now=_now(), seal=seal,
        )  # fmt: skip
        await self.settle()
        return q

    async def appeal(self, q: str, text: str, secret: bytes) -> None:
        """Appeal with the secret behind its lock."""
        asker = (await admission.join(self.redis, self.meeting, self.meeting.code, _now())).sign_in
        await appeals.appeal(self.redis, self.meeting, asker, q, text, _now(), secret.hex())
        await self.settle()

    async def decide(self, q: str, reason: str | None, note: str = "") -> None:
        """List it, or screen it out."""
        if self.moderator is None:
            token = await staff.invite(self.redis, self.meeting, Role.MODERATOR, _now())
            found = await staff.redeem_invitation(self.redis, self.meeting, token, _now())
            self.moderator = found.sign_in
        row = await question_rows.read_one(self.redis, self.meeting.id, q)
        if row is None:
            raise AssertionError("it was asked above")
        about = (self.redis, self.meeting, self.moderator, q, row.revision)
        if reason is None:
            await decide.list_question(*about, _now())
        else:
            await decide.screen_out(*about, reason, note, None, _now())
        await self.settle()


def _now() -> int:
    return time.time_ns() // 1_000_000


async def hold(folder: Path) -> Record:
    """Hold the meeting, give receipts, take its archive away."""
    data, backup, store = folder / "data", folder / "backup", folder / "store"
    store.mkdir(parents=True)
    async with _store(store) as redis:
        leaves, ring = (
            LeafStore(data / "log" / "leaves.sqlite3"),
            Keyring(folder / "data-keys", False),
        )
        sequencer = Sequencer(leaves, Files(data / "log"), ring, HOST, period_s=0)
        meeting = await meetings.create(
            redis, {"title": "Demonstration", "phase": "live", "submit_limit": 100}, _now()
        )
        held = _Meeting(redis, meeting, sequencer)
        record = await _played(held, folder, leaves, backup)
        async with Records().of(data / "log", meeting.id) as published:
            if published is None:
                raise AssertionError("the meeting was held")
            found = await beside(redis, meeting.id, published)
        with (folder / "archive.zip").open("wb") as file:
            found.write(file)
        leaves.close()
    with zipfile.ZipFile(folder / "archive.zip") as whole:
        whole.extractall(folder / "honest")  # made one line above
    return record


async def _played(held: _Meeting, folder: Path, leaves: LeafStore, backup: Path) -> Record:
    served = LogFolder(folder / "data" / "log" / held.log)
    secret = secrets.token_bytes(32)
    lock = hashlib.sha256(secret).hexdigest()
    questions: list[str] = []
    receipts: list[Receipt] = []
    notes: dict[int, str] = {}

    async def ask(text: str) -> None:
        questions.append(await held.ask(text, lock))
        note = served.served()
        size = int(note.split("\n")[1])
        (data,) = leaves.leaves(held.meeting.id, size - 1, size)
        receipts.append(Receipt(f"receipt {len(questions)}", served.receipt(size - 1, note), data))
        notes[size] = note

    for text in TEXTS:
        await ask(text)
    for q, reason in zip(questions, (None, None, "off-topic", None), strict=False):
        await held.decide(q, reason)
    await held.decide(questions[-1], "unclear", NOTE)
    await held.appeal(questions[-1], APPEAL, secret)
    _copy(folder, backup)
    await ask(LATE)
    await held.decide(questions[-1], None)
    note = served.served()
    notes[int(note.split("\n")[1])] = note
    ring = Keyring(folder / "data-keys", logs_exist=True)
    whole = leaves.leaves(held.meeting.id, 0, int(note.split("\n")[1]))
    signer = ring.signer(note.partition("\n")[0])
    proof.verify(receipts[0].proof, whole[1], signer.key)
    return Record(
        folder, folder / "data", backup, held.log, signer, whole, notes, receipts, questions
    )


def _copy(folder: Path, backup: Path) -> None:
    """What a nightly backup of data and keys would have taken."""
    shutil.copytree(folder / "data", backup / "data")
    shutil.copytree(folder / "data-keys", backup / "data-keys")
