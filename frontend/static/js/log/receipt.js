// @ts-check
// A receipt: the secrets behind it, and what it proves (docs/log.md, "Receipts"). Pure.
import { Wrong, base64url, fromBase64, fromBase64url, fromHex, hex, hmac, sha256, utf8 } from "./bytes.js";
import { commitment, meetingOf, readLeaf, readOpening } from "./leaf.js";
import { readKey } from "./note.js";
import { verifyProof } from "./proof.js";

/** @typedef {{code: string, salt: string, hl: {w: string, a: string}}} Seal */

/** The two secrets of a receipt's code, in hex. @param {string} code */
export async function secretsOf(code) {
  const key = fromBase64url(code);
  if (key.length !== 16) throw new Wrong("shape", "a receipt's code has 22 characters");
  return {
    w: hex(await hmac(key, utf8("openfloor withdraw"))),
    a: hex(await hmac(key, utf8("openfloor appeal"))),
  };
}

/** The locks of a code: what is sent. @param {string} code */
export async function locksOf(code) {
  const { w, a } = await secretsOf(code);
  return { w: hex(await sha256(fromHex(w))), a: hex(await sha256(fromHex(a))) };
}

/** A fresh seal for one question. @returns {Promise<Seal>} */
export async function freshSeal() {
  const code = base64url(crypto.getRandomValues(new Uint8Array(16)));
  return { code, salt: hex(crypto.getRandomValues(new Uint8Array(32))), hl: await locksOf(code) };
}

/** A receipt file's text as an object of the right fields. @param {string} text */
export function readReceipt(text) {
  let held = null;
  try {
    held = JSON.parse(text);
  } catch {
    throw new Wrong("shape", "this is not JSON");
  }
  const fields = ["q", "vkey", "leaf", "proof"];
  const told = ["salt", "opening"].every((name) => typeof held?.[name] === "string");
  const lost = held?.salt === null && held.opening === null;
  if (held?.v !== 1 || fields.some((name) => typeof held[name] !== "string") || !(told || lost))
    throw new Wrong("shape", "a receipt holds q, vkey, leaf, salt, opening and proof");
  return held;
}

/**
 * Check a receipt: key, signature, origin, size, inclusion, commitment, opening, in this order.
 * Wrong names the first that does not hold; Unable where this browser cannot verify signatures. Where the
 * server lost the text the last two cannot be told: `opening` is null.
 * @param {any} held a receipt file's object @param {string} vkey the key that is trusted
 */
export async function checkReceipt(held, vkey) {
  const key = await readKey(vkey);
  const bytes = fromBase64(held.leaf);
  const { index, head } = await verifyProof(held.proof, bytes, key);
  const leaf = readLeaf(bytes);
  if (leaf.t !== "q.received" || leaf.q !== held.q) throw new Wrong("leaf", "the entry is of another question");
  if (held.opening === null) return { index, head, leaf, opening: null, key };
  if ((await commitment(fromHex(held.salt), held.opening)) !== leaf.c)
    throw new Wrong("commitment", "the entry commits to another text");
  const opening = readOpening(held.opening);
  if (opening.q !== held.q || opening.meeting !== meetingOf(head.origin) || typeof opening.text !== "string")
    throw new Wrong("opening", "the text belongs to another question");
  return { index, head, leaf, opening, key };
}

/**
 * True when what the log took says what was typed: the server drops what cannot be seen and joins
 * marks to letters, and changes nothing else.
 * @param {string} typed @param {string} taken
 */
export function saysTheSame(typed, taken) {
  const bare = (/** @type {string} */ text) => text.normalize("NFC").replace(/[\p{C}\p{Z}\p{M}\s]/gu, "");
  return bare(typed) === bare(taken);
}
