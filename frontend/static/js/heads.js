// @ts-check
// On every visit: does the log of today contain what this browser was shown before? If not, there is a file.
import { Wrong, base64, fromBase64 } from "./log/bytes.js";
import { Unable, openCheckpoint, readKey } from "./log/note.js";
import { servedHead, tileNode, webSource } from "./log/reading.js";
import { consistencyProof, verifyConsistency } from "./log/tree.js";
import { keepLog, keptLog } from "./kept.js";

const AGAIN_MS = 4000; // longer than any cache of ours may keep a checkpoint

/** @typedef {{says: string, vkey: string, kept: string[], served: string | null}} Evidence */

/** A receipt's signed head, to be found again in every later one. @param {string} vkey @param {string} note */
export function rememberNote(vkey, note) {
  const origin = vkey.split("+")[0];
  const log = keptLog(origin) ?? { vkey, served: null, others: [], seen: [] };
  if (!log.others.includes(note)) keepLog(origin, { ...log, others: [...log.others, note] });
}

/** A head from a QR code: size and root without a signature. @param {string} vkey @param {number} size @param {Uint8Array} root */
export function rememberRoot(vkey, size, root) {
  const origin = vkey.split("+")[0];
  const log = keptLog(origin) ?? { vkey, served: null, others: [], seen: [] };
  const one = { size, root: base64(root) };
  if (!log.seen.some((other) => other.size === size && other.root === one.root))
    keepLog(origin, { ...log, seen: [...log.seen, one] });
}

/**
 * Hold the log at this address against all that is kept of it. Evidence where it does not contain
 * it; null where it does, and where that cannot be told now.
 * @param {string} address @param {string} vkey @returns {Promise<Evidence | null>}
 */
export async function watchLog(address, vkey) {
  const origin = vkey.split("+")[0];
  const log = keptLog(origin) ?? { vkey, served: null, others: [], seen: [] };
  if (log.vkey !== vkey) return { says: "key", vkey, kept: [log.vkey], served: null };
  const source = webSource(address);
  try {
    const key = await readKey(vkey);
    let head = await servedHead(source, key);
    const before = log.served ? await openCheckpoint(log.served, key) : null;
    if (before && before.size > head.size) {
      await new Promise((done) => setTimeout(done, AGAIN_MS));
      head = await servedHead(source, key);
      if (before.size > head.size) return { says: "shorter", vkey, kept: [before.note], served: head.note };
    }
    const others = await Promise.all(log.others.map((note) => openCheckpoint(note, key)));
    const seen = log.seen.map((one) => ({ size: one.size, root: fromBase64(one.root), note: JSON.stringify(one) }));
    const held = [...(before ? [before] : []), ...others, ...seen];
    for (const one of held.filter((other) => other.size <= head.size)) {
      const broken = await broke(source, one, head);
      if (broken) return { says: broken, vkey, kept: [one.note], served: head.note };
    }
    const later = others.filter((one) => one.size > head.size).map((one) => one.note);
    keepLog(origin, { vkey, served: head.note, others: later, seen: log.seen.filter((one) => one.size > head.size) });
  } catch (error) {
    if (error instanceof Wrong && ["signature", "origin", "key"].includes(error.code))
      return { says: error.code, vkey, kept: [log.served ?? "", ...log.others], served: null };
    if (!(error instanceof Wrong || error instanceof Unable)) throw error;
  }
  return null; // not published yet, away, or a browser without Ed25519: nothing is known to be wrong
}

/** @param {import("./log/reading.js").Source} source @param {{size: number, root: Uint8Array}} old @param {{size: number, root: Uint8Array}} head */
async function broke(source, old, head) {
  const proof = await consistencyProof(old.size, head.size, tileNode(source, head.size));
  try {
    await verifyConsistency(old.size, head.size, proof, old.root, head.root);
    return null;
  } catch (error) {
    if (error instanceof Wrong && error.code === "consistency") return "history";
    throw error;
  }
}
