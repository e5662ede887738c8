// @ts-check
// C2SP tlog-proof files: one leaf's place in a log. Pure.
import { Wrong, fromBase64 } from "./bytes.js";
import { openCheckpoint } from "./note.js";
import { leafHash, verifyInclusion } from "./tree.js";

const HEADER = "c2sp.org/tlog-proof@v1";
const HASHES_MOST = 63;

/** The parts of a proof file, nothing verified. @param {string} text */
export function readProof(text) {
  const end = text.indexOf("\n\n");
  const lines = text.slice(0, Math.max(end, 0)).split("\n");
  if (end < 0 || lines.shift() !== HEADER) throw new Wrong("shape", "this is not a tlog-proof");
  if (lines[0]?.startsWith("extra ")) fromBase64(/** @type {string} */ (lines.shift()).slice(6));
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? "");
  if (!index || lines.length > HASHES_MOST) throw new Wrong("shape", "the proof has no index, or too many hashes");
  const hashes = lines.map(fromBase64);
  if (hashes.some((value) => value.length !== 32)) throw new Wrong("shape", "a hash has a wrong length");
  return { index: Number(index[1]), hashes, note: text.slice(end + 2) };
}

/**
 * The leaf's index and the head that covers it: signature, origin, size, inclusion, in this order.
 * @param {string} text @param {Uint8Array} leaf @param {import("./note.js").Key} key
 */
export async function verifyProof(text, leaf, key) {
  const found = readProof(text);
  const head = await openCheckpoint(found.note, key);
  if (found.index >= head.size) throw new Wrong("size", "the signature does not reach this entry");
  await verifyInclusion(await leafHash(leaf), found.index, head.size, found.hashes, head.root);
  return { index: found.index, head };
}
