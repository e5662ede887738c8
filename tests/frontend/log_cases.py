"""What the browser's log modules must answer: published vectors, and what the Python core says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import segno

from server.translog import leaf, tree
from server.translog.note import Signer
from tests.audit.building import MEETING, SALT, Made, honest
from tests.frontend.running import Case
from tests.translog.building import INTENTS, ORIGIN, log_signer, made, q_id, vectors

VKEY = log_signer().key.text()
OTHER = Signer(ORIGIN, bytes(32))
Cases = list[tuple[Case, Any]]


def text(data: bytes) -> str:
    """Base64, as cases carry bytes."""
    return base64.b64encode(data).decode()


def published() -> Cases:
    """The transparency-dev vectors; from size 0 the protocol's empty proof holds."""
    cases: Cases = []
    for one in vectors("rfc6962_inclusion.jsonl"):
        given = {"leaf": one["leafHash"], "index": one["leafIdx"], "size": one["treeSize"]}
        given |= {"proof": one["proof"], "root": one["root"]}
        cases.append((("inclusion", given), not one["wantErr"]))
    for one in vectors("rfc6962_consistency.jsonl"):
        given = {"before": one["size1"], "after": one["size2"], "proof": one["proof"]}
        given |= {"old": one["root1"], "now": one["root2"]}
        holds = not one["wantErr"]
        if one["size1"] == 0:
            old, new = base64.b64decode(one["root1"]), base64.b64decode(one["root2"])
            holds = old == tree.EMPTY_ROOT and not one["proof"] and bool(one["size2"] or new == old)
        cases.append((("consistency", given), holds))
    return cases


def judged(answer: Any, expected: Any) -> bool:
    """True for the expected answer; a refused vector may name any check."""
    return answer is not True if expected is False else bool(answer == expected)


def trees() -> Cases:
    """Roots of every size up to 40, and the codes and spellings around leaves."""
    leaves = [b"leaf %d" % n for n in range(40)]
    node = tree.nodes_of([tree.leaf_hash(data) for data in leaves])
    roots = [tree.root(size, node).hex() for size in range(41)]
    cases: Cases = [(("roots", {"leaves": [text(data) for data in leaves]}), roots)]
    for kind in INTENTS:
        cases.append((("leaf", {"data": text(made(kind))}), kind))
    for wrong in (b"{}", b'{"t":"q.list", "v":1}', b'{"v":1,"t":"x"}', b"[1]", b"\xff", b"{"):
        cases.append((("leaf", {"data": text(wrong)}), "shape"))
    values: list[Any] = [
        {"\u20ac": 1, "\r": 2, "\u05d3": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7},
        {"b": [True, None, '\x07\u2028\\"/'], "a": {"z": -1, "y": 2**53 - 1}},
    ]
    cases += [(("canonical", {"value": v}), leaf.canonical(v).decode()) for v in values]
    cases.append((("meeting", {"origin": ORIGIN}), MEETING))
    cases.append((("meeting", {"origin": "qa.example/log/short"}), "origin"))
    return cases


def _hashed(secret: str) -> str:
    return hashlib.sha256(bytes.fromhex(secret)).hexdigest()


def secrets() -> Cases:
    """A receipt's code gives the secrets and locks that docs/log.md says."""
    key = bytes(range(16))
    code = base64.urlsafe_b64encode(key).rstrip(b"=").decode()
    names = {"w": b"openfloor withdraw", "a": b"openfloor appeal"}
    found = {name: hmac.digest(key, said, "sha256").hex() for name, said in names.items()}
    return [
        (("secrets", {"code": code}), [found, {n: _hashed(s) for n, s in found.items()}]),
        (("fresh", {}), [22, 64, True, True, True]),
        (("says", {"typed": " Why\u200b?\r\n\tNow", "taken": "Why?\n Now"}), True),
        (("says", {"typed": "Why not?", "taken": "Why?"}), False),
    ]


def receipt_of(log: Made, n: int, size: int) -> dict[str, Any]:
    """The receipt file of question n of a log made by hand."""
    index = next(at for at, data in enumerate(log.leaves) if leaf.parse(data).q == q_id(n))
    given = log.receipt(index, size)
    opened = leaf.opening(MEETING, q_id(n), f"Question number {n}?", "en", None).decode()
    return {
        "v": 1,
        "q": q_id(n),
        "number": n,
        "vkey": VKEY,
        "leaf": text(log.leaves[index]),
        "salt": SALT.hex(),
        "opening": opened,
        "proof": given.proof,
    }


def tampered(log: Made) -> list[tuple[dict[str, Any], Any]]:
    """Receipts, each with what a check must answer: its leaf's index, or the first part that is wrong."""
    good = receipt_of(log, 2, 7)
    other = receipt_of(log, 3, 7)
    forged = log.receipt(2, 7).proof.replace(
        log.note(7), OTHER.sign(log.note(7).split("\n\n")[0] + "\n")
    )
    swapped = good["proof"].replace("\n7\n", "\n9\n")
    elsewhere = leaf.opening(MEETING, q_id(3), "Question number 2?", "en", None)
    committed = {**good, "opening": elsewhere.decode()}
    return [
        (good, 2),
        ({**good, "salt": None, "opening": None}, 2),
        ({**good, "proof": receipt_of(log, 2, len(log.leaves))["proof"]}, 2),
        ({**good, "proof": forged}, "signature"),
        ({**good, "proof": swapped}, "signature"),
        ({**good, "proof": other["proof"]}, "inclusion"),
        ({**good, "leaf": other["leaf"]}, "inclusion"),
        ({**good, "opening": good["opening"].replace("number", "numbed")}, "commitment"),
        ({**good, "salt": bytes(32).hex()}, "commitment"),
        ({**good, "salt": "ab"}, "commitment"),
        ({**good, "q": q_id(3)}, "leaf"),
        (committed, "commitment"),
        ({**good, "proof": "c2sp.org/tlog-proof@v1\nindex 01\n\n"}, "shape"),
        ({**good, "leaf": "===="}, "shape"),
    ]


def receipts() -> Cases:
    """Checkpoints, proofs and receipts, good and tampered with."""
    log = honest()
    note, opened = log.note(7), [ORIGIN, 7, log.root(7).hex()]
    body = note.partition("\n\n")[0] + "\n"
    foreign = Signer("qa.example/log/" + "b" * 26, bytes(32))
    proof = log.receipt(2, 7).proof
    cases: Cases = [(("receipt", {"held": h, "vkey": VKEY}), want) for h, want in tampered(log)]
    for given, vkey, want in (
        (note, VKEY, opened),
        (note + OTHER.line(body), VKEY, opened),
        (OTHER.sign(body), VKEY, "signature"),
        (note.replace("\n7\n", "\n8\n"), VKEY, "signature"),
        (note.replace("\n7\n", "\n07\n"), VKEY, "signature"),
        (note + "— x\n", VKEY, "signature"),
        (body, VKEY, "signature"),
        (foreign.sign(body), foreign.key.text(), "origin"),
        (note, VKEY[:-2] + "A=", "key"),
        (note, VKEY.replace("+", "+0", 1), "key"),
        (note, "nothing", "key"),
    ):
        cases.append((("checkpoint", {"note": given, "vkey": vkey}), want))
    one = {"text": proof, "leaf": text(log.leaves[2]), "vkey": VKEY}
    cases.append((("proof", one), 2))
    cases.append((("proof", {**one, "text": proof.replace("index 2", "index 7")}), "size"))
    opening = leaf.opening(MEETING, q_id(1), "Häuser? 🏠", "de", "Ünal")
    held = {"salt": text(SALT), "opening": opening.decode()}
    return [*cases, (("commitment", held), leaf.commitment(SALT, opening))]


def zipped(log: Made, change: dict[str, bytes] | None = None) -> bytes:
    """The archive of a log, some of its files replaced."""
    out = io.BytesIO()
    with (
        tempfile.TemporaryDirectory() as name,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z,
    ):
        folder = log.write(Path(name) / "log")
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            inside = str(path.relative_to(folder))
            z.writestr(inside, (change or {}).get(inside, path.read_bytes()))
    return out.getvalue()


def archives() -> Cases:
    """Whole logs in zips: what they say of one question, and zips that lie."""
    log = honest()
    size, whole = len(log.leaves), zipped(honest())
    told = [(at, leaf.parse(data)) for at, data in enumerate(log.leaves)]
    mine = [[at, found.kind] for at, found in told if found.q == q_id(2)]
    bundle = f"tile/entries/000.p/{size}"
    torn = zipped(honest(), {bundle: b"\x00\x05abc"})
    cut = zipped(honest(), {"checkpoint": log.note(5).encode()})
    base = {"vkey": VKEY, "q": q_id(2), "size": 7, "root": text(log.root(7))}
    cases: Cases = [
        (("log", {**base, "zip": text(whole)}), [size, mine]),
        (("log", {**base, "zip": text(whole), "root": text(log.root(6))}), "history"),
        (("log", {**base, "zip": text(torn)}), "archive"),
        (("log", {**base, "zip": text(cut)}), "older"),
        (("log", {**base, "zip": text(whole[:-60])}), "archive"),
        (("log", {**base, "zip": text(b"no zip")}), "archive"),
    ]
    heads = {"zip": text(whole), "after": size, "now": text(log.root(size))}
    for before in range(1, size + 1):
        cases.append((("grown", {**heads, "before": before, "old": text(log.root(before))}), True))
        cases.append((("begun", {**heads, "before": before}), log.root(before).hex()))
    false = zipped(log, {f"tile/0/000.p/{size}": bytes(32 * size)})
    for before in range(1, size):
        cases.append((("begun", {**heads, "before": before, "zip": text(false)}), "archive"))
    cases.append((("grown", {**heads, "before": 6, "old": text(log.root(5))}), "consistency"))
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("bomb", bytes(5_000_000))
        z.writestr("stored", b"plain", zipfile.ZIP_STORED)
    held = text(bomb.getvalue())
    for name, most, want in (
        ("bomb", 100_000, "archive"),
        ("stored", 10, text(b"plain")),
        ("stored", 3, "archive"),
        ("../stored", 10, None),
    ):
        cases.append((("zip", {"zip": held, "name": name, "most": most}), want))
    return cases


def codes() -> Cases:
    """QR codes, module by module as an independent encoder draws them. Each fills its version: where
    room is left, that encoder pads with a zero byte that the standard does not ask for."""
    cases: Cases = []
    for length in (14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 450, 666):
        said = ("https://qa.example/m/x#k=" * 30)[:length]
        for mask in (0, 3, 7) if length < 300 else (5,):
            made = segno.make(
                said, error="m", mode="byte", mask=mask, boost_error=False, micro=False
            )
            rows = ["".join(str(int(bit)) for bit in row) for row in made.matrix]
            cases.append((("qr", {"text": said, "mask": mask}), rows))
    return cases


def every_case() -> Cases:
    """All of them but the published vectors, which may be absent."""
    return [*trees(), *secrets(), *receipts(), *archives(), *codes()]
