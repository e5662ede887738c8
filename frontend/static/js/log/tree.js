// @ts-check
// The Merkle tree of RFC 6962: hashes, roots as leaves come, proofs and their verification. Pure.
import { Wrong, same, sha256 } from "./bytes.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const HASH_BYTES = 32;

/** @param {Uint8Array} leaf */
export const leafHash = (leaf) => sha256(LEAF, leaf);

/** @param {Uint8Array} left @param {Uint8Array} right */
export const nodeHash = (left, right) => sha256(NODE, left, right);

/** How many binary digits a number needs. @param {bigint} n */
const digits = (n) => (n ? n.toString(2).length : 0);

/** How many of them are ones. @param {bigint} n */
const ones = (n) => n.toString(2).replaceAll("0", "").length;

/** How often two divides it. @param {bigint} n */
const twos = (n) => digits(n & -n) - 1;

/** @param {number} size */
function whole(size) {
  if (!Number.isSafeInteger(size) || size < 0) throw new Wrong("inclusion", "a size must be a whole number");
  return BigInt(size);
}

/** @param {Uint8Array[]} hashes */
function checked(hashes) {
  if (hashes.some((value) => value.length !== HASH_BYTES)) throw new Wrong("inclusion", "a hash has 32 bytes");
}

/**
 * Return when the leaf hash stands at `index` of the tree with this root. The number of hashes must
 * be exactly the one that index and size need, or an inner node could pass for a leaf.
 * @param {Uint8Array} leaf @param {number} index @param {number} size
 * @param {Uint8Array[]} proof @param {Uint8Array} root
 */
export async function verifyInclusion(leaf, index, size, proof, root) {
  checked([leaf, ...proof]);
  const [at, last] = [whole(index), whole(size) - 1n];
  if (at > last) throw new Wrong("size", `there is no leaf ${index} in a tree of ${size}`);
  const inner = digits(at ^ last);
  const border = ones(at >> BigInt(inner));
  if (proof.length !== inner + border) throw new Wrong("inclusion", "the proof has a wrong number of hashes");
  let value = leaf;
  for (const [step, sibling] of proof.entries()) {
    const right = step >= inner || (at >> BigInt(step)) & 1n;
    value = right ? await nodeHash(sibling, value) : await nodeHash(value, sibling);
  }
  if (!same(value, root)) throw new Wrong("inclusion", "the proof leads to another root");
}

/**
 * Return when the tree of `before` leaves is a prefix of that of `after`.
 * @param {number} before @param {number} after @param {Uint8Array[]} proof
 * @param {Uint8Array} oldRoot @param {Uint8Array} newRoot
 */
export async function verifyConsistency(before, after, proof, oldRoot, newRoot) {
  checked(proof);
  const [old, now] = [whole(before), whole(after)];
  if (old > now) throw new Wrong("consistency", `a tree of ${before} is no prefix of a tree of ${after}`);
  if (old === 0n || old === now) {
    const empty = old > 0n || same(oldRoot, await sha256());
    if (proof.length || !empty || (old === now && !same(oldRoot, newRoot))) throw new Wrong("consistency", "the roots differ");
    return;
  }
  const [earlier, later] = await folded(old, now, isPower(old) ? [oldRoot, ...proof] : proof);
  if (!same(earlier, oldRoot)) throw new Wrong("consistency", "the proof leads to another old root");
  if (!same(later, newRoot)) throw new Wrong("consistency", "the proof leads to another new root");
}

/** @param {bigint} n */
const isPower = (n) => n === 1n << BigInt(twos(n));

/**
 * The roots of both sizes that a consistency proof leads to; it begins with the largest subtree that
 * ends both the smaller tree and a subtree of the larger.
 * @param {bigint} old @param {bigint} now @param {Uint8Array[]} path
 */
async function folded(old, now, path) {
  const start = twos(old);
  const shift = digits((old - 1n) ^ (now - 1n));
  const inner = shift - start;
  if (path.length !== 1 + inner + ones((old - 1n) >> BigInt(shift)))
    throw new Wrong("consistency", "the proof has a wrong number of hashes");
  const index = (old - 1n) >> BigInt(start);
  let [earlier, later] = [path[0], path[0]];
  for (const [step, sibling] of path.slice(1).entries()) {
    if (step >= inner || (index >> BigInt(step)) & 1n) {
      earlier = await nodeHash(sibling, earlier);
      later = await nodeHash(sibling, later);
    } else later = await nodeHash(later, sibling);
  }
  return [earlier, later];
}

/**
 * The root that the tree with `root` over `after` leaves had over its first `before`. Wrong
 * ("archive") where the nodes do not lead to `root`: whoever sent those, nothing follows from them.
 * @param {number} before @param {number} after @param {Uint8Array} root
 * @param {(level: number, index: number) => Promise<Uint8Array>} node
 */
export async function earlierRoot(before, after, root, node) {
  if (before === after) return root;
  if (before === 0) return sha256();
  const [old, now] = [whole(before), whole(after)];
  const proof = await consistencyProof(before, after, node);
  const path = isPower(old) ? [await rangeRoot(0, before, node), ...proof] : proof;
  const [earlier, later] = await folded(old, now, path);
  if (!same(later, root)) throw new Wrong("archive", "these hashes are not those that were signed");
  return earlier;
}

/**
 * The hashes that prove the tree of `before` leaves to be a prefix of that of `after`.
 * @param {number} before @param {number} after
 * @param {(level: number, index: number) => Promise<Uint8Array>} node hash of a complete subtree
 */
export async function consistencyProof(before, after, node) {
  if (before === 0 || before === after) return [];
  /** @type {Uint8Array[]} */
  const proof = [];
  let [start, end, entire] = [0, after, true];
  while (before !== end) {
    const split = start + 2 ** (digits(BigInt(end - start - 1)) - 1);
    if (before <= split) {
      proof.push(await rangeRoot(split, end, node));
      end = split;
    } else {
      proof.push(await rangeRoot(start, split, node));
      [start, entire] = [split, false];
    }
  }
  if (!entire) proof.push(await rangeRoot(start, end, node));
  return proof.reverse();
}

/** @param {number} start @param {number} end @param {(level: number, index: number) => Promise<Uint8Array>} node */
async function rangeRoot(start, end, node) {
  const parts = [];
  for (let at = start; at < end; ) {
    const level = digits(BigInt(end - at)) - 1;
    parts.push(await node(level, at / 2 ** level));
    at += 2 ** level;
  }
  let root = /** @type {Uint8Array} */ (parts.pop());
  while (parts.length) root = await nodeHash(/** @type {Uint8Array} */ (parts.pop()), root);
  return root;
}

/** The root over 2^k hashes. @param {Uint8Array[]} hashes */
export async function completeRoot(hashes) {
  let row = hashes;
  while (row.length > 1) {
    const above = [];
    for (let at = 0; at < row.length; at += 2) above.push(await nodeHash(row[at], row[at + 1]));
    row = above;
  }
  return row[0];
}

/** A tree that grows by leaf hashes and knows its root at every size. */
export class Growing {
  constructor() {
    this.size = 0;
    /** @type {{size: number, root: Uint8Array}[]} */
    this.parts = [];
  }

  /** @param {Uint8Array} hash */
  async take(hash) {
    let part = { size: 1, root: hash };
    for (let last = this.parts.at(-1); last?.size === part.size; last = this.parts.at(-1)) {
      this.parts.pop();
      part = { size: part.size * 2, root: await nodeHash(last.root, part.root) };
    }
    this.parts.push(part);
    this.size += 1;
  }

  async root() {
    const [last, ...before] = this.parts.toReversed();
    if (!last) return sha256();
    let value = last.root;
    for (const part of before) value = await nodeHash(part.root, value);
    return value;
  }
}
