// @ts-check
// On every visit: does the log of today contain what this browser was shown before? If not, there is a file.
import { Unable, Wrong, base64, fromBase64, same } from "./log/bytes.js";
import { openCheckpoint, readKey } from "./log/note.js";
import { servedHead, tileNode, webSource } from "./log/reading.js";
import { earlierRoot } from "./log/tree.js";
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
 * Hold the log at this address against all that is kept of it. Evidence are two signed heads alone
 * that contradict each other: a root that came by a link is signed by nobody ("unsigned"), and what
 * answers in the log's place (a portal, an error, missing tiles) has signed nothing.
 * Before a meeting is live more is signed than is served, and a receipt may run ahead of the log.
 * @param {string} address @param {string} vkey @param {boolean} live the served log itself tells that the meeting is live, or was
 * @returns {Promise<Evidence | null>} null where the log contains it all, and where that cannot be told now
 */
export async function watchLog(address, vkey, live) {
  const origin = vkey.split("+")[0];
  const log = keptLog(origin) ?? { vkey, served: null, others: [], seen: [] };
  const source = webSource(address);
  try {
    const key = await readKey(vkey);
    const head = await servedHead(source, key);
    if (log.vkey !== vkey) return await otherKey(log, head, vkey);
    const before = log.served ? await openCheckpoint(log.served, key).catch(() => null) : null; // kept unread: page.js
    const others = await Promise.all(log.others.map((note) => openCheckpoint(note, key)));
    const promised = [...(before ? [before] : []), ...(live ? others : [])].sort((one, other) => other.size - one.size)[0];
    if (promised && promised.size > head.size) {
      await new Promise((done) => setTimeout(done, AGAIN_MS));
      const again = await servedHead(source, key);
      // One who shows the newer head another time has lost nothing: the next visit looks again.
      return again.size < promised.size ? { says: "shorter", vkey, kept: [promised.note], served: again.note } : null;
    }
    for (const one of [...(before ? [before] : []), ...others].filter((other) => other.size <= head.size))
      if (await broke(source, one, head)) return { says: "history", vkey, kept: [one.note], served: head.note };
    let says = "";
    for (const one of log.seen.filter((other) => other.size <= head.size))
      if (await broke(source, { size: one.size, root: fromBase64(one.root) }, head)) says = "unsigned";
    const later = others.filter((one) => one.size > head.size).map((one) => one.note);
    keepLog(origin, { vkey, served: head.note, others: later, seen: log.seen.filter((one) => one.size > head.size) });
    return says ? { says, vkey, kept: [], served: head.note } : null;
  } catch (error) {
    if (!(error instanceof Wrong || error instanceof Unable)) throw error;
  }
  return null; // not published yet, away, unreadable, or a browser that cannot check: nothing is known to be wrong
}

/** Two keys that both signed heads of one origin. @param {import("./kept.js").KeptLog} log @param {import("./log/note.js").Head} head @param {string} vkey @returns {Promise<Evidence | null>} */
async function otherKey(log, head, vkey) {
  const note = log.served ?? log.others.at(-1);
  if (!note) return null; // kept without a signature: anybody's word
  const kept = await openCheckpoint(note, await readKey(log.vkey));
  return kept.origin === head.origin ? { says: "key", vkey, kept: [log.vkey, note], served: head.note } : null;
}

/** True where the tree that was signed as `head` does not begin with the one of `old`. @param {import("./log/reading.js").Source} source @param {{size: number, root: Uint8Array}} old @param {import("./log/note.js").Head} head */
async function broke(source, old, head) {
  return !same(await earlierRoot(old.size, head.size, head.root, tileNode(source, head.size)), old.root);
}
