"""Make one export: read the public record, keep the file in the jobs' store, tell how far it is.

At least once: a job that runs twice, also at the same time, ends with one file and its right hash,
because a file is kept under its hash and only the first to finish an attempt makes it the export's.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import time
import zipfile
from pathlib import Path

from redis.asyncio import Redis

from server.acts import exports, meetings
from server.acts.log_archive import Beside, beside
from server.acts.log_record import Records
from server.domain.export import LASTS_MS, Kind, Stage
from server.settings import Settings
from server.store import export_files
from server.store.client import connect
from workers.exports.files import NAMES, write
from workers.failing import without_words

README = Path(__file__).with_name("README.txt")
MAX_BYTES = 64 * 1024 * 1024
FILES = {Kind.CSV: "questions.csv", Kind.JSON: "record.json", Kind.ZIP: "record.zip"}


class TooLarge(Exception):
    """The file would take too much of the jobs' store."""


async def write_export(meeting: str, export: str, attempt: str) -> bool:
    """Make this attempt of an export; False when it is over already. Safe to repeat."""
    with without_words():
        settings = Settings.from_environ(os.environ)
        store = connect(settings.store_url, replicas=settings.store_replicas)
        try:
            told = (settings.jobs_url, settings.data / "log", meeting, export, int(attempt))
            return await make(store, *told)
        finally:
            await store.aclose()


async def make(store: Redis, jobs_url: str, logs: Path, m: str, id: str, attempt: int) -> bool:
    """The same on given stores; `logs` is the folder of the sequencer's logs."""
    meeting, place = await meetings.by_id(store, m), await exports.place(store, m)
    begun = {"stage": Stage.RUNNING, "percent": 0, "error": "", "place": place}
    if meeting is None or not await exports.carry_on(store, m, id, attempt, **begun):
        return False
    kind = (await exports.one(store, meeting, id)).kind

    async def told(percent: int) -> None:
        await exports.carry_on(store, m, id, attempt, percent=percent)

    with tempfile.TemporaryDirectory(prefix="of-export-") as name:
        folder = Path(name)
        async with Records().of(logs, m) as held:
            await write(store, meeting, held, folder, int(time.time() * 1000), told)
            # Without a log here, or with nothing published yet, README.txt says what is missing.
            found = await beside(store, m, held) if held and kind is Kind.ZIP else None
        if kind is Kind.ZIP:
            await asyncio.to_thread(_pack, folder, found)
        file = folder / FILES[kind]
        size, sha256 = file.stat().st_size, await asyncio.to_thread(_hash, file)
        if size > MAX_BYTES:
            raise TooLarge
        await asyncio.to_thread(_keep, jobs_url, m, id, sha256, file)
    done = {"stage": Stage.READY, "percent": 100, "size": size, "sha256": sha256}
    done["ready_at"] = int(time.time() * 1000)
    if await exports.carry_on(store, m, id, attempt, **done):
        return True
    after = await exports.one(store, meeting, id)
    if after.sha256 != sha256:
        await asyncio.to_thread(export_files.forget, jobs_url, m, id, sha256)
    return False


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keep(url: str, meeting: str, export: str, sha256: str, path: Path) -> None:
    with path.open("rb") as file:
        export_files.keep(url, meeting, export, sha256, file, LASTS_MS)


def _pack(folder: Path, found: Beside | None) -> None:
    with zipfile.ZipFile(folder / FILES[Kind.ZIP], "w", zipfile.ZIP_DEFLATED) as whole:
        whole.write(README, "README.txt")
        for name in (*NAMES, "settings.json"):
            whole.write(folder / name, name)
        if found is not None:
            with (folder / "log.zip").open("wb") as file:
                found.write(file)
            whole.write(folder / "log.zip", "log.zip")
