"""The tree: published vectors, and the laws that hold for every size."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.translog import tile, tree
from server.translog.edge import Edge
from server.translog.tile import Tile
from server.translog.tree import ProofError
from tests.translog.building import vectors

LEAVES = [bytes([at]) * (at % 5) for at in range(256)] + [b"%d" % at for at in range(500)]
HASHES = [tree.leaf_hash(data) for data in LEAVES]
NODE = tree.nodes_of(HASHES)
SIZES = st.integers(0, len(LEAVES))


def plain_root(hashes: list[bytes]) -> bytes:
    """RFC 6962's definition, word by word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return tree.node_hash(plain_root(hashes[:split]), plain_root(hashes[split:]))


def _bytes(values: list[str] | None) -> list[bytes]:
    return [base64.b64decode(value) for value in values or []]


def _holds(check: Any, *given: Any) -> bool:
    try:
        check(*given)
    except ProofError:
        return False
    return True


def test_published_inclusion_proofs_are_judged_as_published() -> None:
    for case in vectors("rfc6962_inclusion.jsonl"):
        leaf, root = _bytes([case["leafHash"], case["root"]])
        given = (leaf, case["leafIdx"], case["treeSize"], _bytes(case["proof"]), root)
        assert _holds(tree.verify_inclusion, *given) is not case["wantErr"], case["desc"]


def test_published_consistency_proofs_are_judged_as_published() -> None:
    """From size 0 the protocol's empty proof holds; the vectors refuse it as a matter of policy."""
    for case in vectors("rfc6962_consistency.jsonl"):
        old, new = _bytes([case["root1"], case["root2"]])
        given = (case["size1"], case["size2"], _bytes(case["proof"]), old, new)
        if case["size1"] == 0:
            fits = old == tree.EMPTY_ROOT and not case["proof"] and (case["size2"] or new == old)
            assert _holds(tree.verify_consistency, *given) is bool(fits), case["desc"]
        else:
            assert _holds(tree.verify_consistency, *given) is not case["wantErr"], case["desc"]


def test_known_roots() -> None:
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    inputs.append("606162636465666768696a6b6c6d6e6f")
    hashes = [tree.leaf_hash(bytes.fromhex(data)) for data in inputs]
    root = tree.root(8, tree.nodes_of(hashes)).hex()
    assert root == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert tree.EMPTY_ROOT.hex().startswith("e3b0c442")


@given(SIZES)
def test_a_root_is_the_definition_s(size: int) -> None:
    assert tree.root(size, NODE) == plain_root(HASHES[:size])


@given(st.data())
def test_every_leaf_is_proven_in_every_tree_and_no_other_in_its_place(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    proof, root = tree.inclusion_proof(index, size, NODE), tree.root(size, NODE)
    tree.verify_inclusion(HASHES[index], index, size, proof, root)
    other = data.draw(st.integers(0, size + 2).filter(lambda at: at != index))
    assert not _holds(tree.verify_inclusion, HASHES[index], other, size, proof, root)
    assert not _holds(tree.verify_inclusion, HASHES[index], index, size, [*proof, root], root)
    if proof:
        assert not _holds(tree.verify_inclusion, HASHES[index], index, size, proof[1:], root)


@given(SIZES, SIZES)
def test_every_prefix_verifies_against_every_later_tree(one: int, two: int) -> None:
    old, new = sorted((one, two))
    proof = tree.consistency_proof(old, new, NODE)
    old_root, new_root = tree.root(old, NODE), tree.root(new, NODE)
    tree.verify_consistency(old, new, proof, old_root, new_root)
    assert not _holds(tree.verify_consistency, old, new, [*proof, old_root], old_root, new_root)
    if 0 < old < new:
        forked = tree.root(new, tree.nodes_of([HASHES[-1], *HASHES[1:]]))
        assert not _holds(tree.verify_consistency, old, new, proof, old_root, forked)


@given(st.data())
def test_a_tampered_byte_anywhere_in_a_proof_fails(data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(LEAVES) - 1))
    new = data.draw(st.integers(old + 1, len(LEAVES)))
    proof = tree.consistency_proof(old, new, NODE)
    row, at = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 31))
    changed = bytearray(proof[row])
    changed[at] ^= data.draw(st.integers(1, 255))
    proof[row] = bytes(changed)
    roots = tree.root(old, NODE), tree.root(new, NODE)
    assert not _holds(tree.verify_consistency, old, new, proof, *roots)


def _files(size: int, step: int) -> dict[str, bytes]:
    """What a log writes that grows by `step` leaves at a time."""
    edge, files = Edge(), {}
    for start in range(0, size, step):
        filled = edge.append(LEAVES[start : min(start + step, size)])
        files.update({found.path(): data for found, data in [*filled, *edge.partial()]})
        assert edge.root() == tree.root(edge.size, NODE)
    return files


@settings(max_examples=25, deadline=None)
@given(st.integers(1, len(LEAVES)), st.integers(1, 300), st.data())
def test_proofs_from_tiles_equal_proofs_from_leaves(
    size: int, step: int, data: st.DataObject
) -> None:
    files = _files(size, step)
    node = tile.node_from(lambda found: files[found.path()], size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    assert tree.inclusion_proof(index, size, node) == tree.inclusion_proof(index, size, NODE)
    assert tree.consistency_proof(old, size, node) == tree.consistency_proof(old, size, NODE)
    assert tree.root(size, node) == tree.root(size, NODE)
    hash_tiles = {found.path() for found in tile.tiles(size) if found.level >= 0}
    assert hash_tiles <= set(files)


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    found = list(tile.tiles(70_000))
    of = {level: [t for t in found if t.level == level] for level in (tile.ENTRIES, 0, 1, 2, 3)}
    assert [len(of[level]) for level in (tile.ENTRIES, 0, 1, 2, 3)] == [274, 274, 2, 1, 0]
    last = {level: of[level][-1].path() for level in (0, 1, 2)}
    assert last == {0: "tile/0/273.p/112", 1: "tile/1/001.p/17", 2: "tile/2/000.p/1"}
    assert Tile(0, 1_234_067, 256).path() == "tile/0/x001/x234/067"
    assert [t.path() for t in tile.tiles(256)] == [
        "tile/entries/000",
        "tile/0/000",
        "tile/1/000.p/1",
    ]
    edge = Edge()
    edge.append(b"%d" % at for at in range(70_000))
    assert [t.path() for t, _ in edge.partial()] == list(last.values())


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/../000",
        "tile/-1/000",
        "tile/0/٣00",
        "tile/entries/000/",
        "/tile/0/000",
        "tile/0/000\n",
    ],
)
def test_a_path_has_one_spelling(path: str) -> None:
    assert tile.parse_path(path) is None


@given(st.integers(-1, 63), st.integers(0, 10**12), st.integers(1, 256))
def test_paths_read_back(level: int, n: int, width: int) -> None:
    assert tile.parse_path(Tile(level, n, width).path()) == Tile(level, n, width)


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_a_grown_tree_has_just_the_files_of_its_sizes(one: int, two: int) -> None:
    old, new = sorted((one, two))
    fresh, whole = set(tile.tiles(new, old)), set(tile.tiles(new))
    assert fresh <= whole and whole - fresh <= set(tile.tiles(old))
    assert all(found.within(new) for found in whole)
    assert not any(found.within(old) for found in fresh)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256), st.integers(1, 9))
def test_a_bundle_reads_back_and_a_torn_one_is_refused(leaves: list[bytes], cut: int) -> None:
    data = tile.bundle(leaves)
    assert tile.parse_bundle(data, len(leaves)) == leaves
    for torn in (data[:-cut], data + b"\0", b""):
        with pytest.raises(ValueError):
            tile.parse_bundle(torn, len(leaves))
