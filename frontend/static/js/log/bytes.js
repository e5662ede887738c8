// @ts-check
// Bytes and their spellings; SHA-256 by WebCrypto. Pure.

/** Something that does not hold. `code` names the check, `says` the part of it for a report. */
export class Wrong extends Error {
  /** @param {string} code @param {string} says */
  constructor(code, says) {
    super(says);
    this.code = code;
  }
}

/** This browser cannot check (no Ed25519; no WebCrypto over plain http): nothing is known to be wrong. */
export class Unable extends Error {}

/** WebCrypto, which browsers give to https and localhost alone. */
export function subtle() {
  if (!globalThis.crypto?.subtle) throw new Unable("no WebCrypto");
  return crypto.subtle;
}

/** @param {string} text */
export const utf8 = (text) => new TextEncoder().encode(text);

/** @param {Uint8Array} bytes */
export function fromUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Wrong("shape", "this is not UTF-8");
  }
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text */
export function fromHex(text) {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new Wrong("shape", "this is not hex");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** The bytes of their one canonical spelling. @param {string} text */
export function fromBase64(text) {
  let raw = null;
  try {
    raw = atob(text);
  } catch {
    throw new Wrong("shape", "this is not base64");
  }
  const bytes = Uint8Array.from(raw, (char) => char.charCodeAt(0));
  if (base64(bytes) !== text) throw new Wrong("shape", "this base64 has another, canonical spelling");
  return bytes;
}

/** @param {Uint8Array} bytes */
export function base64url(bytes) {
  return base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text */
export function fromBase64url(text) {
  const plain = text.replaceAll("-", "+").replaceAll("_", "/");
  return fromBase64(plain + "=".repeat((4 - (plain.length % 4)) % 4));
}

/** @param {...Uint8Array} parts */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export function same(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** @param {...Uint8Array} parts */
export async function sha256(...parts) {
  return new Uint8Array(await subtle().digest("SHA-256", joined(...parts)));
}

/** @param {Uint8Array} key @param {Uint8Array} message */
export async function hmac(key, message) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const made = await subtle().importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await subtle().sign("HMAC", made, message));
}
