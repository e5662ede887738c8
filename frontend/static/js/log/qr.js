// @ts-check
// QR codes (ISO 18004), byte mode, level M, versions 1 to 20, for what the server must not see. Pure.

// Per version: error correction bytes a block, blocks of the first kind, their data bytes, blocks of
// one data byte more. Level M, table 9 of the standard.
const M = [
  [10, 1, 16, 0], [16, 1, 28, 0], [26, 1, 44, 0], [18, 2, 32, 0], [24, 2, 43, 0],
  [16, 4, 27, 0], [18, 4, 31, 0], [22, 2, 38, 2], [22, 3, 36, 2], [26, 4, 43, 1],
  [30, 1, 50, 4], [22, 6, 36, 2], [22, 8, 37, 1], [24, 4, 40, 5], [24, 5, 41, 5],
  [28, 7, 45, 3], [28, 10, 46, 1], [26, 9, 43, 4], [26, 3, 44, 11], [26, 3, 41, 13],
];
const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let at = 0, value = 1; at < 255; at += 1) {
  EXP[at] = EXP[at + 255] = value;
  LOG[value] = at;
  value = value & 128 ? (value << 1) ^ 0x11d : value << 1;
}
const MASKS = [
  (/** @type {number} */ r, /** @type {number} */ c) => (r + c) % 2,
  (/** @type {number} */ r) => r % 2,
  (/** @type {number} */ _, /** @type {number} */ c) => c % 3,
  (/** @type {number} */ r, /** @type {number} */ c) => (r + c) % 3,
  (/** @type {number} */ r, /** @type {number} */ c) => (Math.floor(r / 2) + Math.floor(c / 3)) % 2,
  (/** @type {number} */ r, /** @type {number} */ c) => ((r * c) % 2) + ((r * c) % 3),
  (/** @type {number} */ r, /** @type {number} */ c) => (((r * c) % 2) + ((r * c) % 3)) % 2,
  (/** @type {number} */ r, /** @type {number} */ c) => (((r + c) % 2) + ((r * c) % 3)) % 2,
];

/** @param {number} version */
const room = (version) => M[version - 1][1] * M[version - 1][2] + M[version - 1][3] * (M[version - 1][2] + 1);

/** Rows of 0 and 1 without a border. @param {string} text @param {number | null} mask the best one where null */
export function qrMatrix(text, mask = null) {
  const data = new TextEncoder().encode(text);
  const version = M.findIndex((_, at) => data.length + (at < 9 ? 2 : 3) <= room(at + 1)) + 1;
  if (!version) throw new Error("this is too long for a QR code");
  const bits = interleaved(padded(data, version), version);
  const made = (mask === null ? MASKS.map((_, at) => at) : [mask]).map((at) => drawn(version, bits, at));
  return made.reduce((best, next) => (penalty(next) < penalty(best) ? next : best));
}

/** Mode, length, data, padding. @param {Uint8Array} data @param {number} version */
function padded(data, version) {
  const length = version < 10 ? [data.length] : [data.length >> 8, data.length & 255];
  const whole = [4, ...length, ...data, 0]; // a nibble 0100, then bytes, then the nibble 0000
  const bytes = new Uint8Array(room(version));
  const given = length.length + data.length + 1;
  for (let at = 0; at < bytes.length; at += 1) {
    if (at >= given) bytes[at] = (at - given) % 2 ? 0x11 : 0xec;
    else bytes[at] = at === 0 ? (4 << 4) | (whole[1] >> 4) : ((whole[at] & 15) << 4) | (whole[at + 1] >> 4);
  }
  return bytes;
}

/** @param {Uint8Array} block @param {number} count */
function corrections(block, count) {
  let generator = [1];
  for (let at = 0; at < count; at += 1) {
    const next = new Array(generator.length + 1).fill(0);
    for (const [place, value] of generator.entries()) {
      next[place] ^= value;
      if (value) next[place + 1] ^= EXP[LOG[value] + at];
    }
    generator = next;
  }
  const rest = [...block, ...new Array(count).fill(0)];
  for (let at = 0; at < block.length; at += 1) {
    if (!rest[at]) continue;
    const power = LOG[rest[at]];
    for (const [place, value] of generator.entries()) if (value) rest[at + place] ^= EXP[LOG[value] + power];
  }
  return rest.slice(block.length);
}

/** @param {Uint8Array} data @param {number} version */
function interleaved(data, version) {
  const [count, first, size, longer] = M[version - 1];
  const blocks = [];
  for (let n = 0, at = 0; n < first + longer; n += 1) {
    const length = n < first ? size : size + 1;
    blocks.push(data.slice(at, at + length));
    at += length;
  }
  const checks = blocks.map((block) => corrections(block, count));
  const out = [];
  for (let at = 0; at <= size; at += 1) for (const block of blocks) if (at < block.length) out.push(block[at]);
  for (let at = 0; at < count; at += 1) for (const check of checks) out.push(check[at]);
  return out.flatMap((byte) => Array.from({ length: 8 }, (_, at) => (byte >> (7 - at)) & 1));
}

/** @param {number} value @param {number} generator @param {number} width */
function bch(value, generator, width) {
  let rest = value << width;
  for (let at = 31 - Math.clz32(rest); at >= width; at = 31 - Math.clz32(rest)) rest ^= generator << (at - width);
  return (value << width) | rest;
}

/** @param {number} version */
function alignments(version) {
  if (version === 1) return [];
  const [count, last] = [Math.floor(version / 7) + 2, version * 4 + 10];
  const step = Math.ceil((last - 6) / (count - 1) / 2) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, at) => last - step * (count - 2 - at))];
}

/** @param {number} version @param {number[]} bits @param {number} mask */
function drawn(version, bits, mask) {
  const size = version * 4 + 17;
  const grid = Array.from({ length: size }, () => /** @type {(number | null)[]} */ (new Array(size).fill(null)));
  const put = (/** @type {number} */ r, /** @type {number} */ c, /** @type {number} */ value) => {
    if (r >= 0 && c >= 0 && r < size && c < size) grid[r][c] = value;
  };
  for (const [r, c] of [[3, 3], [3, size - 4], [size - 4, 3]])
    for (let y = -4; y <= 4; y += 1)
      for (let x = -4; x <= 4; x += 1) {
        const ring = Math.max(Math.abs(x), Math.abs(y));
        put(r + y, c + x, Number(ring !== 2 && ring !== 4));
      }
  const places = alignments(version);
  for (const r of places)
    for (const c of places) {
      if (grid[r][c] !== null && !(r === 6 || c === 6)) continue;
      if ((r === 6 && (c === 6 || c === size - 7)) || (c === 6 && r === size - 7)) continue;
      for (let y = -2; y <= 2; y += 1)
        for (let x = -2; x <= 2; x += 1) put(r + y, c + x, Number(Math.max(Math.abs(x), Math.abs(y)) !== 1));
    }
  for (let at = 8; at < size - 8; at += 1) {
    grid[6][at] ??= (at + 1) % 2;
    grid[at][6] ??= (at + 1) % 2;
  }
  formats(put, size, version, mask);
  fill(grid, bits, mask);
  return /** @type {number[][]} */ (grid);
}

/** @param {(r: number, c: number, value: number) => void} put @param {number} size @param {number} version @param {number} mask */
function formats(put, size, version, mask) {
  const format = bch(mask, 0x537, 10) ^ 0x5412; // level M is 00
  for (let at = 0; at < 15; at += 1) {
    const bit = (format >> at) & 1;
    put(at < 6 ? at : at < 8 ? at + 1 : size - 15 + at, 8, bit);
    put(8, at < 8 ? size - 1 - at : at < 9 ? 7 : 14 - at, bit);
  }
  put(size - 8, 8, 1);
  if (version < 7) return;
  const told = bch(version, 0x1f25, 12);
  for (let at = 0; at < 18; at += 1) {
    const bit = (told >> at) & 1;
    put(Math.floor(at / 3), size - 11 + (at % 3), bit);
    put(size - 11 + (at % 3), Math.floor(at / 3), bit);
  }
}

/** Data in zigzag columns from the right, two wide, past the timing column. @param {(number | null)[][]} grid @param {number[]} bits @param {number} mask */
function fill(grid, bits, mask) {
  const size = grid.length;
  let next = 0;
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right -= 1;
    for (let step = 0; step < size; step += 1) {
      const r = up ? size - 1 - step : step;
      for (const c of [right, right - 1]) {
        if (grid[r][c] !== null) continue;
        grid[r][c] = (bits[next] ?? 0) ^ Number(MASKS[mask](r, c) === 0);
        next += 1;
      }
    }
  }
}

/** @param {number[][]} grid */
function penalty(grid) {
  const size = grid.length;
  const lines = [...grid, ...grid.map((_, c) => grid.map((row) => row[c]))].map((line) => line.join(""));
  let sum = 0;
  for (const line of lines) {
    for (const run of line.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
    for (let at = 0; at + 11 <= size; at += 1) {
      const part = line.slice(at, at + 11);
      if (part === "10111010000" || part === "00001011101") sum += 40;
    }
  }
  for (let r = 1; r < size; r += 1)
    for (let c = 1; c < size; c += 1)
      if (grid[r][c] === grid[r - 1][c] && grid[r][c] === grid[r][c - 1] && grid[r][c] === grid[r - 1][c - 1]) sum += 3;
  const dark = grid.flat().reduce((all, one) => all + one, 0) / (size * size);
  return sum + Math.floor(Math.abs(dark * 20 - 10)) * 10;
}
