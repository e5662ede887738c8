"""The Merkle tree of RFC 6962: hashes, roots, proofs and their verification. Arithmetic over values.

Proofs are built from `node(level, index)`, the hash of the complete subtree over the leaves
[index * 2^level, (index + 1) * 2^level): from a list, from tiles, from anything that gives the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
Node = Callable[[int, int], bytes]


class ProofError(ValueError):
    """A proof does not hold; the sentence says which part of it."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf's bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """The root over 2^k subtree hashes, pairwise upwards. ValueError for any other number."""
    if not hashes or len(hashes) & (len(hashes) - 1):
        raise ValueError(f"{len(hashes)} hashes do not fill a subtree")
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def nodes_of(hashes: Sequence[bytes]) -> Node:
    """The `node` function over a list of leaf hashes."""
    return lambda level, index: complete_root(hashes[index << level : (index + 1) << level])


def _range_root(start: int, end: int, node: Node) -> bytes:
    """The root over leaves [start, end). `start` is a multiple of every complete subtree in it."""
    parts: list[bytes] = []
    at = start
    while at < end:
        level = (end - at).bit_length() - 1
        parts.append(node(level, at >> level))
        at += 1 << level
    root = parts.pop()
    while parts:
        root = node_hash(parts.pop(), root)
    return root


def root(size: int, node: Node) -> bytes:
    """The root of the tree over the first `size` leaves."""
    return _range_root(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The hashes from the leaf's sibling up to the root's child (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    siblings: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + (1 << (end - start - 1).bit_length() - 1)
        if index < split:
            siblings.append(_range_root(split, end, node))
            end = split
        else:
            siblings.append(_range_root(start, split, node))
            start = split
    return siblings[::-1]


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """The hashes that prove the tree of `old` leaves to be a prefix of that of `new` (2.1.2)."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} is no prefix of a tree of {new}")
    if old in (0, new):
        return []
    proof: list[bytes] = []
    start, end, whole = 0, new, True
    while old != end:
        split = start + (1 << (end - start - 1).bit_length() - 1)
        if old <= split:
            proof.append(_range_root(split, end, node))
            end = split
        else:
            proof.append(_range_root(start, split, node))
            start, whole = split, False
    if not whole:
        proof.append(_range_root(start, end, node))
    return proof[::-1]


def _checked(*hashes: bytes) -> None:
    if any(len(value) != HASH_BYTES for value in hashes):
        raise ProofError(f"a hash has {HASH_BYTES} bytes")


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Return when the leaf hash stands at `index` of the tree with this root; ProofError otherwise.

    The number of hashes must be exactly the one that index and size need (inner and border): a
    shorter or longer path could pass an inner node off as a leaf.
    """
    _checked(leaf, *proof)
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} in a tree of {size}")
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    if len(proof) != inner + border:
        raise ProofError(f"the proof has {len(proof)} hashes, {inner + border} belong here")
    value = leaf
    for at, sibling in enumerate(proof):
        right = at >= inner or (index >> at) & 1
        value = node_hash(sibling, value) if right else node_hash(value, sibling)
    if value != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Return when the tree of `old` leaves is a prefix of that of `new`; ProofError otherwise.

    From the empty tree the proof is empty and the old root that of no leaves (the protocol's rule).
    """
    _checked(*proof)
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {old} is no prefix of a tree of {new}")
    if old in (0, new):
        if proof:
            raise ProofError("the proof has hashes where none belong")
        if (old == 0 and old_root != EMPTY_ROOT) or (old == new and old_root != new_root):
            raise ProofError("the roots differ")
        return
    _walk_consistency(old, new, list(proof), old_root, new_root)


def _walk_consistency(
    old: int, new: int, proof: list[bytes], old_root: bytes, new_root: bytes
) -> None:
    # As a path: the last node that both trees share whole, then its siblings upwards.
    shift = ((old - 1) ^ (new - 1)).bit_length()
    inner = shift - (old & -old).bit_length() + 1
    start = (old & -old).bit_length() - 1
    border = ((old - 1) >> shift).bit_count()
    if old == 1 << start:
        proof = [old_root, *proof]
    if len(proof) != 1 + inner + border:
        raise ProofError(f"the proof has {len(proof)} hashes, another number belongs here")
    seed, *path = proof
    index = (old - 1) >> start
    before = after = seed
    for at, sibling in enumerate(path):
        if at >= inner or (index >> at) & 1:
            before = node_hash(sibling, before)
            after = node_hash(sibling, after)
        else:
            after = node_hash(after, sibling)
    if before != old_root:
        raise ProofError("the proof leads to another old root")
    if after != new_root:
        raise ProofError("the proof leads to another new root")
