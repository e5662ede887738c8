// @ts-check
// What the record commits to: canonical JSON, leaves, openings, commitments. Pure.
import { Wrong, base64url, fromUtf8, hex, hmac, utf8 } from "./bytes.js";

const LEAF_MOST = 1024;
const SALT_BYTES = 32;
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** RFC 8785 text of strings, whole numbers, booleans, null, lists and objects. @param {any} value @returns {string} */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const parts = Object.keys(value).sort().map((name) => `${canonical(name)}:${canonical(value[name])}`);
    return `{${parts.join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Wrong("shape", "a number is not whole");
  if (typeof value === "string" && !value.isWellFormed()) throw new Wrong("shape", "a text holds a lone surrogate");
  if (value === undefined) throw new Wrong("shape", "a value is missing");
  return JSON.stringify(value);
}

/** The object in bytes of which there is one form only. @param {Uint8Array} bytes @returns {any} */
function readCanonical(bytes) {
  let value = null;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch {
    throw new Wrong("shape", "this is not JSON");
  }
  const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
  if (!isObject || canonical(value) !== fromUtf8(bytes)) throw new Wrong("shape", "these bytes are not canonical");
  return value;
}

/** The leaf in its bytes. @param {Uint8Array} bytes @returns {any} */
export function readLeaf(bytes) {
  if (bytes.length > LEAF_MOST) throw new Wrong("shape", "a leaf is too long");
  const leaf = readCanonical(bytes);
  if (leaf.v !== 1 || typeof leaf.t !== "string") throw new Wrong("shape", "this is not a leaf");
  return leaf;
}

/** @param {Uint8Array} salt @param {string} opening */
export async function commitment(salt, opening) {
  if (salt.length !== SALT_BYTES) throw new Wrong("commitment", "a salt has 32 bytes");
  return hex(await hmac(salt, utf8(opening)));
}

/** The opening's text as an object, where it is of this meeting and question. @param {string} opening @returns {any} */
export function readOpening(opening) {
  return readCanonical(utf8(opening));
}

/** What the openings of a log name as their meeting: the log id's bits. @param {string} origin */
export function meetingOf(origin) {
  const id = origin.slice(origin.lastIndexOf("/") + 1);
  if (!/^[a-z2-7]{26}$/.test(id)) throw new Wrong("origin", "this is no log of this software");
  const bits = Array.from(id, (char) => BASE32.indexOf(char).toString(2).padStart(5, "0")).join("");
  return base64url(Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2)));
}
