"""Signed notes, checkpoints, proof files, policies: against published examples, and tampered with."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.translog import checkpoint, note, policy, proof, tree
from server.translog.checkpoint import Checkpoint
from server.translog.note import COSIGNATURE, NoteError, Signer, VerifierKey
from server.translog.tree import ProofError
from tests.translog.building import ORIGIN, SEED, log_signer

# The example of golang.org/x/mod/sumdb/note: key, text and signature.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
    "KE6RyyBwJnAM=\n"
)
# RFC 8032, 7.1: seed, public key, message, signature.
RFC8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
]
LEAVES = [b"leaf %d" % at for at in range(9)]
NODE = tree.nodes_of([tree.leaf_hash(leaf) for leaf in LEAVES])
HEAD = Checkpoint(ORIGIN, 9, tree.root(9, NODE))
SIGNED = log_signer().sign(HEAD.text())
WITNESS = Signer("witness.example/w1", bytes([9] * 32), COSIGNATURE)


def test_the_published_note_is_signed_and_opened_to_the_byte() -> None:
    key = VerifierKey.parse(GO_KEY)
    assert key.text() == GO_KEY
    signed = Signer("PeterNeumann", GO_SEED).sign(GO_TEXT)
    assert signed == f"{GO_TEXT}\n{GO_LINE}"
    assert note.opened(signed, [key]).text == GO_TEXT


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC8032)
def test_the_vectors_of_rfc_8032_hold(seed: str, public: str, message: str, signature: str) -> None:
    signer = Signer("rfc8032.example", bytes.fromhex(seed))
    assert signer.key.public.hex() == public
    text = bytes.fromhex(message).decode()
    line = note.from_base64(signer.line(text).split()[2])
    assert line[4:].hex() == signature
    signer.key.verified_at(text, bytes.fromhex(signature))


def test_no_changed_text_opens_the_published_note() -> None:
    key = VerifierKey.parse(GO_KEY)
    signed = f"{GO_TEXT}\n{GO_LINE}"
    for wrong in (
        signed.replace("answer", "Answer"),
        signed.replace("x08go", "x08gp"),
        signed[:-1],
        signed + "\n",
        signed.replace("\n\n", "\n"),
        signed.replace("—", "-"),
        signed.replace("AM=", "AN="),
        "",
    ):
        with pytest.raises(NoteError):
            note.opened(wrong, [key])
    with pytest.raises(NoteError, match="no known key"):
        note.opened(signed, [log_signer().key])


def test_every_part_and_every_changed_character_of_a_key_is_refused() -> None:
    for start in range(len(GO_KEY)):
        for end in range(start + 1, len(GO_KEY) + (start > 0)):
            with pytest.raises(NoteError):
                VerifierKey.parse(GO_KEY[start:end])
    for at in range(len(GO_KEY)):
        with pytest.raises(NoteError):
            VerifierKey.parse(GO_KEY[:at] + chr(ord(GO_KEY[at]) + 1) + GO_KEY[at + 1 :])


def test_lines_of_unknown_keys_are_passed_over_but_a_failing_known_one_condemns() -> None:
    stranger = Signer("other.example", bytes(32))
    both = SIGNED + stranger.line(HEAD.text())
    assert checkpoint.verified(both, log_signer().key).checkpoint == HEAD
    broken = SIGNED + stranger.line("another text\n")
    assert checkpoint.verified(broken, log_signer().key).checkpoint == HEAD
    with pytest.raises(NoteError, match="does not hold"):
        note.opened(broken, [log_signer().key, stranger.key])


@settings(max_examples=200)
@given(st.data())
def test_a_changed_byte_of_a_checkpoint_is_noticed(data: st.DataObject) -> None:
    raw = bytearray(SIGNED.encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(NoteError):
        checkpoint.verified(bytes(raw), log_signer().key)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n09\n{note.to_base64(HEAD.root)}\n",
        f"{ORIGIN}\n-9\n{note.to_base64(HEAD.root)}\n",
        f"{ORIGIN}\n9\n{note.to_base64(HEAD.root)}\nextension\n",
        f"{ORIGIN}\n9\n{note.to_base64(HEAD.root)[:-1]}\n",
        f"{ORIGIN}\n9\n{note.to_base64(HEAD.root[:-1])}\n",
        f"\n9\n{note.to_base64(HEAD.root)}\n",
        "",
    ],
)
def test_a_checkpoint_has_three_lines_and_one_spelling(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


def test_a_checkpoint_of_another_log_is_refused_even_under_the_right_key() -> None:
    other = Checkpoint("qa.example/log/other", 9, HEAD.root)
    with pytest.raises(NoteError, match="not of"):
        checkpoint.verified(log_signer().sign(other.text()), log_signer().key)


def test_a_cosignature_holds_for_its_text_and_time_alone() -> None:
    signed = SIGNED + WITNESS.line(HEAD.text(), 1_790_000_000)
    found = checkpoint.verified(signed, log_signer().key, (WITNESS.key,))
    assert found.witnesses == {WITNESS.key: 1_790_000_000}
    assert checkpoint.verified(signed, log_signer().key).witnesses == {}
    line = WITNESS.line(HEAD.text(), 1_790_000_000)
    data = bytearray(note.from_base64(line.split()[2]))
    data[11] ^= 1  # a second later
    changed = f"{SIGNED}— {WITNESS.key.name} {note.to_base64(bytes(data))}\n"
    with pytest.raises(NoteError, match="does not hold"):
        checkpoint.verified(changed, log_signer().key, (WITNESS.key,))
    with pytest.raises(NoteError, match="log did not sign"):
        checkpoint.verified(HEAD.text() + "\n" + line, log_signer().key, (WITNESS.key,))


def test_a_key_belongs_to_one_origin_and_one_root_seed() -> None:
    keys = {
        checkpoint.signer(seed, name).key.public
        for seed in (SEED, bytes(32))
        for name in (ORIGIN, f"{ORIGIN}-2")
    }
    assert len(keys) == 4
    with pytest.raises(ValueError, match="32"):
        checkpoint.signer(SEED[:-1], ORIGIN)


@given(st.binary(min_size=16, max_size=16))
def test_a_log_s_id_is_its_meeting_s_in_another_spelling(raw: bytes) -> None:
    meeting = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    found = checkpoint.log_id(meeting)
    assert checkpoint.LOG_ID.fullmatch(found) and checkpoint.meeting_of(found) == meeting


def _proof(index: int) -> str:
    return proof.write(index, tree.inclusion_proof(index, 9, NODE), SIGNED)


def test_every_leaf_has_a_proof_file_that_verifies_for_it_alone() -> None:
    for index, leaf in enumerate(LEAVES):
        assert proof.verify(_proof(index), leaf, log_signer().key)[0] == index
        with pytest.raises(ProofError):
            proof.verify(_proof(index), leaf + b".", log_signer().key)


@settings(max_examples=200)
@given(st.data())
def test_a_changed_byte_of_a_proof_file_is_noticed(data: st.DataObject) -> None:
    raw = bytearray(_proof(5).encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises((NoteError, ProofError)):
        proof.verify(raw.decode("utf-8", "replace"), LEAVES[5], log_signer().key)


def test_extra_data_is_read_over_and_odd_proof_files_are_refused() -> None:
    whole = _proof(5)
    extra = whole.replace("\nindex", "\nextra aGk=\nindex", 1)
    assert proof.verify(extra, LEAVES[5], log_signer().key)[0] == 5
    for odd in (
        "",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v1\n\n" + SIGNED,
        whole.replace("index 5", "index 05"),
        whole.replace("index 5", "index -5"),
        whole.replace("index 5", "index 9"),
        whole.replace("@v1", "@v2"),
        extra.replace("aGk=", "aGk"),
        extra.replace("aGk=", "!!"),
    ):
        with pytest.raises((NoteError, ProofError)):
            proof.verify(odd, LEAVES[5], log_signer().key)


W = {
    name: Signer(f"w.example/{name}", bytes([at] * 32), COSIGNATURE).key
    for at, name in enumerate("abc")
}
TWO_OF_THREE = policy.write(log_signer().key, W, 2)


def test_a_quorum_is_met_by_enough_different_witnesses() -> None:
    found = policy.parse(TWO_OF_THREE)
    assert found.logs == (log_signer().key,)
    assert not found.met_by([]) and not found.met_by([W["a"]])
    assert found.met_by([W["a"], W["c"]]) and found.met_by(list(W.values()))
    assert policy.parse(policy.write(log_signer().key, {}, 0)).met_by([])


def test_groups_of_groups_count_as_the_specification_says() -> None:
    lines = [f"witness {name} {key.text()}" for name, key in W.items()]
    text = "\n".join(
        ["# who", *lines, "", "group pair\tall a b ", "group top any pair c", "quorum top", ""]
    )
    found = policy.parse(text)
    assert found.met_by([W["c"]]) and found.met_by([W["a"], W["b"]]) and not found.met_by([W["a"]])


@pytest.mark.parametrize(
    "line",
    [
        "quorum d",
        "quorum a\nquorum a",
        f"witness a {Signer('z', bytes(32), COSIGNATURE).key.text()}\nquorum a",
        f"witness z {W['a'].text()}\nquorum a",
        f"witness none {Signer('z', bytes([7] * 32), COSIGNATURE).key.text()}\nquorum a",
        f"witness z {log_signer().key.text()}\nquorum a",
        f"log {W['a'].text()}\nquorum a",
        "group g 0 a b\nquorum g",
        "group g 3 a b\nquorum g",
        "group g any\nquorum g",
        "group g any a a\nquorum g",
        "group g all a none\nquorum g",
        "group g any a\ngroup h any a\nquorum h",
        "surprise\nquorum a",
        "quorum a\r",
        "",
    ],
)
def test_an_odd_policy_is_refused(line: str) -> None:
    lines = [f"witness {name} {key.text()}" for name, key in W.items()]
    with pytest.raises(NoteError):
        policy.parse("\n".join([*lines, line]))
