// @ts-check
// Reading a zip that anybody may have made: bounded in every direction, nothing is trusted. Pure.
import { Wrong, fromUtf8 } from "./bytes.js";

const END_BYTES = 22;
const COMMENT_MOST = 65_535;
const DIRECTORY_MOST = 16_000_000;
const STORED = 0;
const DEFLATED = 8;

/** @param {string} says */
const broken = (says) => new Wrong("archive", says);

/** @param {Blob} file @param {number} from @param {number} length */
async function piece(file, from, length) {
  if (from < 0 || length < 0 || from + length > file.size) throw broken("the zip is cut short");
  return new Uint8Array(await file.slice(from, from + length).arrayBuffer());
}

/** @param {Uint8Array} bytes */
const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export class Zip {
  /** @param {Blob} file @param {Map<string, {at: number, method: number, packed: number}>} members */
  constructor(file, members) {
    this.file = file;
    this.members = members;
  }

  /** The members of a zip by name. @param {Blob} file */
  static async open(file) {
    const tail = await piece(file, Math.max(0, file.size - END_BYTES - COMMENT_MOST), Math.min(file.size, END_BYTES + COMMENT_MOST));
    let at = tail.length - END_BYTES;
    while (at >= 0 && view(tail).getUint32(at, true) !== 0x06054b50) at -= 1;
    if (at < 0) throw broken("this is not a zip, or its end is missing");
    const [count, length, from] = [view(tail).getUint16(at + 10, true), view(tail).getUint32(at + 12, true), view(tail).getUint32(at + 16, true)];
    if (count === 0xffff || length > DIRECTORY_MOST) throw broken("this zip is too large for a page; use the auditor");
    return new Zip(file, directory(await piece(file, from, length), count));
  }

  /** A member's bytes, never more than `most`; null where there is none. @param {string} name @param {number} most */
  async get(name, most) {
    const member = this.members.get(name);
    if (!member) return null;
    if (member.packed > most) throw broken(`${name} is too large`);
    const head = view(await piece(this.file, member.at, 30));
    if (head.getUint32(0, true) !== 0x04034b50) throw broken(`${name} is not where the zip says`);
    const start = member.at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
    const packed = await piece(this.file, start, member.packed);
    if (member.method === STORED) return packed;
    if (member.method !== DEFLATED) throw broken(`${name} is packed in a way that is not known here`);
    return inflated(packed, most, name);
  }
}

/** @param {Uint8Array} bytes @param {number} count */
function directory(bytes, count) {
  const [members, told] = [new Map(), view(bytes)];
  let at = 0;
  for (let n = 0; n < count; n += 1) {
    if (at + 46 > bytes.length || told.getUint32(at, true) !== 0x02014b50) throw broken("the zip's list is torn");
    const [name, extra, comment] = [28, 30, 32].map((field) => told.getUint16(at + field, true));
    if (at + 46 + name > bytes.length) throw broken("the zip's list is torn");
    const called = memberName(bytes.subarray(at + 46, at + 46 + name));
    if (members.has(called)) throw broken(`${called} stands twice in the zip`);
    const encrypted = told.getUint16(at + 8, true) & 1;
    if (encrypted) throw broken(`${called} is encrypted`);
    members.set(called, { at: told.getUint32(at + 42, true), method: told.getUint16(at + 10, true), packed: told.getUint32(at + 20, true) });
    at += 46 + name + extra + comment;
  }
  return members;
}

/** @param {Uint8Array} bytes */
function memberName(bytes) {
  try {
    return fromUtf8(bytes);
  } catch {
    throw broken("a name in the zip is not UTF-8");
  }
}

/** Unpack, and stop as soon as it is more than it may be. @param {Uint8Array} packed @param {number} most @param {string} name */
async function inflated(packed, most, name) {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    let step = null;
    try {
      step = await reader.read();
    } catch {
      throw broken(`${name} cannot be unpacked`);
    }
    if (step.done) break;
    length += step.value.length;
    if (length > most) {
      await reader.cancel();
      throw broken(`${name} is too large`);
    }
    parts.push(step.value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
