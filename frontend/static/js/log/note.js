// @ts-check
// C2SP signed notes, verifier keys and checkpoints: read strictly, verified with WebCrypto. Pure.
import { Unable, Wrong, base64, fromBase64, hex, same, sha256, subtle, utf8 } from "./bytes.js";

const ED25519 = 1;
const NOTE_MOST = 131_072;
const SIGNATURES_MOST = 64;
const NAME = /^[^\s+\u0000-\u001f\u007f]+$/u;

/** @typedef {{name: string, id: Uint8Array, public: Uint8Array, text: string}} Key */
/** @typedef {{origin: string, size: number, root: Uint8Array, note: string}} Head */

/** The key in `name+id+key`. @param {string} text @returns {Promise<Key>} */
export async function readKey(text) {
  const plain = text.trim();
  const [name, id] = plain.split("+", 2);
  const data = keyBytes(plain.slice(`${name}+${id}+`.length));
  if (!NAME.test(name)) throw new Wrong("key", "a key reads name+id+key");
  if (data.length !== 33 || data[0] !== ED25519) throw new Wrong("key", "this key is of no type known here");
  const made = (await sha256(utf8(`${name}\n`), data)).slice(0, 4);
  if (hex(made) !== id) throw new Wrong("key", "the key's id does not fit its name and key");
  return { name, id: made, public: data.slice(1), text: plain };
}

/** @param {string} encoded */
function keyBytes(encoded) {
  try {
    return fromBase64(encoded);
  } catch {
    throw new Wrong("key", "a key reads name+id+key");
  }
}

/** A note's text and signature lines, not verified. @param {string} whole */
export function readNote(whole) {
  const end = whole.lastIndexOf("\n\n");
  if (whole.length > NOTE_MOST || end < 1 || !whole.endsWith("\n") || end + 2 >= whole.length)
    throw new Wrong("signature", "this is not a signed note");
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) throw new Wrong("signature", "the note holds control characters");
  const lines = whole.slice(end + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MOST) throw new Wrong("signature", "the note has too many signatures");
  return { text: whole.slice(0, end + 1), signatures: lines.map(signature) };
}

/** @param {string} line */
function signature(line) {
  const [dash, name, encoded, ...rest] = line.split(" ");
  if (dash !== "—" || !encoded || rest.length || !NAME.test(name))
    throw new Wrong("signature", "a signature line is malformed");
  const data = fromBase64(encoded);
  if (data.length < 5) throw new Wrong("signature", "a signature is too short");
  return { name, id: data.slice(0, 4), bytes: data.slice(4) };
}

/**
 * The checkpoint in a note that `key` signed. Lines of other keys are passed over; a line of this
 * key that fails condemns the note. Unable where the browser knows no Ed25519.
 * @param {string} note @param {Key} key @returns {Promise<Head>}
 */
export async function openCheckpoint(note, key) {
  const read = readNote(note);
  const own = read.signatures.find((line) => line.name === key.name && same(line.id, key.id));
  if (!own && readCheckpoint(read.text).origin !== key.name) throw new Wrong("origin", "this is of another log");
  if (!own) throw new Wrong("signature", "this key did not sign it");
  if (!(await holds(key, own.bytes, utf8(read.text)))) throw new Wrong("signature", "the signature does not hold");
  const head = readCheckpoint(read.text, note);
  if (head.origin !== key.name) throw new Wrong("origin", `this is of ${head.origin}, not of ${key.name}`);
  return head;
}

/** @param {Key} key @param {Uint8Array} bytes @param {Uint8Array} message */
async function holds(key, bytes, message) {
  let made = null;
  try {
    made = await subtle().importKey("raw", key.public, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error instanceof Error && error.name === "DataError") return false;
    throw new Unable("no Ed25519");
  }
  return subtle().verify({ name: "Ed25519" }, made, bytes, message);
}

/** The head in a note's text, not verified. @param {string} text @param {string} note @returns {Head} */
export function readCheckpoint(text, note = "") {
  const lines = text.split("\n");
  const fits = lines.length === 4 && lines[0] && lines[3] === "" && /^(?:0|[1-9][0-9]{0,15})$/.test(lines[1]);
  if (!fits) throw new Wrong("signature", "a checkpoint has three lines: origin, size, root");
  const [size, root] = [Number(lines[1]), fromBase64(lines[2])];
  if (!Number.isSafeInteger(size) || root.length !== 32) throw new Wrong("signature", "size or root is malformed");
  return { origin: lines[0], size, root, note };
}

/** The text that a log signs. @param {{origin: string, size: number, root: Uint8Array}} head */
export function checkpointText(head) {
  return `${head.origin}\n${head.size}\n${base64(head.root)}\n`;
}
