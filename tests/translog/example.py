"""The example of docs/log.md, computed. `python -m tests.translog.example` prints it."""

from __future__ import annotations

from server.translog import checkpoint, leaf, proof, tree
from server.translog.checkpoint import Checkpoint
from tests.translog.building import INTENTS, ORIGIN, SEED, q_id

MARK = "## An example by hand\n"
MEETING = checkpoint.meeting_of(ORIGIN.rpartition("/")[2])


def text() -> str:
    """The section below its heading."""
    salt, q, day = bytes([0xAA] * 32), q_id(1), 1_789_948_800
    opened = leaf.opening(MEETING, q, "When do we get new chairs?", "en", None)
    c = leaf.commitment(salt, opened)
    received = leaf.intent("q.received", q=q, c=c, hl=None, via="web", assurance="A0")
    listed = leaf.intent("q.list", q=q, by="mod:3", revision=1)
    leaves = [
        leaf.finish({"v": 1, "t": "log.open", **INTENTS["log.open"]}, day, None),
        leaf.finish(leaf.read_intent(received), day, None),
        leaf.finish(leaf.read_intent(listed), day, 1),
    ]
    hashes = [tree.leaf_hash(data) for data in leaves]
    node = tree.nodes_of(hashes)
    signer = checkpoint.signer(SEED, ORIGIN)
    note = signer.sign(Checkpoint(ORIGIN, 3, tree.root(3, node)).text())
    blocks = [
        ("Root seed 00 01 .. 1f, meeting", MEETING),
        ("Verifier key", signer.key.text()),
        ("Opening, with the salt aa .. aa (32 bytes)", opened.decode()),
        ("Its commitment", c),
        ("Intent of the submission", received),
        ("Intent of the listing", listed),
        *((f"Leaf {at}", data.decode()) for at, data in enumerate(leaves)),
        *((f"h{at} = SHA-256(00 || leaf {at})", value.hex()) for at, value in enumerate(hashes)),
        ("h01 = SHA-256(01 || h0 || h1)", tree.node_hash(*hashes[:2]).hex()),
        ("root = SHA-256(01 || h01 || h2)", tree.root(3, node).hex()),
        ("Checkpoint of size 3", note),
        ("Proof of leaf 1: h0, then h2", proof.write(1, tree.inclusion_proof(1, 3, node), note)),
    ]
    return "".join(f"\n{title}:\n\n```\n{body.rstrip()}\n```\n" for title, body in blocks)


if __name__ == "__main__":
    print(text(), end="")
