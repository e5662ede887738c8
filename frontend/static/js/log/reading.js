// @ts-check
// A whole log read and rehashed, from its address or from an archive: what it says of one question.
import { Wrong, fromUtf8, same } from "./bytes.js";
import { readLeaf } from "./leaf.js";
import { openCheckpoint } from "./note.js";
import { Growing, completeRoot, leafHash } from "./tree.js";

const WIDTH = 256;
const NOTE_MOST_BYTES = 131_072;
const BUNDLE_MOST = 400_000;
const LEAVES_MOST = 200_000;

/** @typedef {{get: (path: string, most: number) => Promise<Uint8Array | null>}} Source */

/** Three digits an element; all but the last begin with an x. @param {number} n */
export function indexPath(n) {
  const elements = [String(n % 1000).padStart(3, "0")];
  for (let rest = Math.floor(n / 1000); rest; rest = Math.floor(rest / 1000))
    elements.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  return elements.join("/");
}

/** @param {string | number} kind level or "entries" @param {number} n @param {number} width */
export function tilePath(kind, n, width) {
  return `tile/${kind}/${indexPath(n)}${width < WIDTH ? `.p/${width}` : ""}`;
}

/** A log at its address. @param {string} address @returns {Source} */
export function webSource(address) {
  return {
    async get(path, most) {
      const answer = await fetch(`${address}/${path}`, { credentials: "same-origin", redirect: "error" }).catch(() => null);
      if (!answer) throw new Wrong("away", "the log's address does not answer");
      if ([403, 404, 410].includes(answer.status)) return null;
      if (!answer.ok) throw new Wrong("away", `the log's address answers ${answer.status}`);
      return bounded(answer, most, path);
    },
  };
}

/** @param {Response} answer @param {number} most @param {string} path */
async function bounded(answer, most, path) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
  const parts = [];
  let length = 0;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    length += step.value.length;
    if (length > most) {
      await reader.cancel();
      throw new Wrong("archive", `${path} is too large`);
    }
    parts.push(step.value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** The leaves of an entry bundle. @param {Uint8Array} data @param {number} width */
export function readBundle(data, width) {
  const leaves = [];
  for (let at = 0; at < data.length; ) {
    const length = (data[at] << 8) | data[at + 1];
    if (leaves.length === width || at + 2 + length > data.length) throw new Wrong("archive", "a bundle of entries is torn");
    leaves.push(data.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (leaves.length !== width) throw new Wrong("archive", "a bundle holds too few entries");
  return leaves;
}

/** @param {Source} source @param {number} n @param {number} width */
async function bundle(source, n, width) {
  const data = await source.get(tilePath("entries", n, width), BUNDLE_MOST);
  if (data) return readBundle(data, width);
  const full = width < WIDTH ? await source.get(tilePath("entries", n, WIDTH), BUNDLE_MOST) : null;
  if (!full) throw new Wrong("archive", "entries are missing");
  return readBundle(full, WIDTH).slice(0, width);
}

/** The checkpoint that a source serves. @param {Source} source @param {import("./note.js").Key} key */
export async function servedHead(source, key) {
  const note = await source.get("checkpoint", NOTE_MOST_BYTES);
  if (!note) throw new Wrong("archive", "there is no checkpoint");
  return openCheckpoint(fromUtf8(note), key);
}

/**
 * Read all of it: every entry is rehashed and held against the signed root, and the root that it had
 * at the size of `earlier` against that head. Gives the leaves about question `q` with their index, and
 * its public number: the how-manieth submission it is.
 * @param {Source} source @param {import("./note.js").Key} key @param {string} q
 * @param {import("./note.js").Head} earlier @param {(done: number, size: number) => void} progress
 */
export async function readLog(source, key, q, earlier, progress) {
  const head = await servedHead(source, key);
  if (head.size > LEAVES_MOST) throw new Wrong("archive", "this log is too large for a page; use the auditor");
  if (earlier.size > head.size) throw new Wrong("older", "this copy ends before your receipt");
  const [tree, found] = [new Growing(), /** @type {{index: number, leaf: any}[]} */ ([])];
  let [other, received, number] = [false, 0, 0];
  for (let n = 0; n * WIDTH < head.size; n += 1) {
    const leaves = await bundle(source, n, Math.min(WIDTH, head.size - n * WIDTH));
    const hashes = await Promise.all(leaves.map(leafHash));
    for (const [at, hash] of hashes.entries()) {
      const leaf = readLeaf(leaves[at]);
      if (leaf.t === "q.received") received += 1;
      if (leaf.t === "q.received" && leaf.q === q) number ||= received;
      if (leaf.q === q) found.push({ index: tree.size, leaf });
      await tree.take(hash);
      if (tree.size === earlier.size) other = !same(await tree.root(), earlier.root);
    }
    progress(tree.size, head.size);
  }
  if (!same(await tree.root(), head.root)) throw new Wrong("archive", "the entries are not those that were signed");
  if (other) throw new Wrong("history", "another history was signed for your receipt");
  return { head, found, number };
}

/** The `node` of tree.js over the tiles of a tree of `size` leaves. @param {Source} source @param {number} size */
export function tileNode(source, size) {
  /** @type {Map<string, Promise<Uint8Array[]>>} */
  const held = new Map();
  return async (/** @type {number} */ level, /** @type {number} */ index) => {
    const [at, inside] = [Math.floor(level / 8), level % 8];
    const first = index * 2 ** inside;
    const n = Math.floor(first / WIDTH);
    const width = Math.min(WIDTH, Math.floor(size / WIDTH ** at) - n * WIDTH);
    const path = tilePath(at, n, width);
    if (!held.has(path)) held.set(path, hashes(source, path, width));
    const row = await /** @type {Promise<Uint8Array[]>} */ (held.get(path));
    return completeRoot(row.slice(first % WIDTH, (first % WIDTH) + 2 ** inside));
  };
}

/** @param {Source} source @param {string} path @param {number} width */
async function hashes(source, path, width) {
  const data = await source.get(path, WIDTH * 32);
  if (data?.length !== width * 32) throw new Wrong("archive", `${path} is missing or not whole`);
  return Array.from({ length: width }, (_, at) => data.slice(at * 32, at * 32 + 32));
}
