// @ts-check
// The orders of a board, equal to server/domain/ranking.py (tests/vectors/ranking.json). Pure.

/** @param {number} seed @param {number} number */
export function mix(seed, number) {
  let value = (seed ^ Math.imul(number, 0x9e3779b1)) >>> 0;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b) >>> 0;
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35) >>> 0;
  return (value ^ (value >>> 16)) >>> 0;
}

/** How many times `seen` doubled: Python's int.bit_length. @param {number} seen */
export function band(seen) {
  return seen > 0 ? 32 - Math.clz32(seen) : 0;
}

/** More votes first, then the lower number. */
const wanted = (a, b) => b.votes - a.votes || a.n - b.n;
const newest = (a, b) => b.n - a.n;
const fair = (seed) => (a, b) =>
  band(a.seen) - band(b.seen) || mix(seed, a.n) - mix(seed, b.n) || a.n - b.n;

/**
 * A new array of rows in the named order; an unknown name means "wanted".
 * @template {{n: number, votes: number, seen: number}} R
 * @param {Iterable<R>} rows @param {string} order @param {number} seed @returns {R[]}
 */
export function ranked(rows, order, seed) {
  const compare = order === "newest" ? newest : order === "fair" ? fair(seed) : wanted;
  return [...rows].sort(compare);
}
