// @ts-check
// The fewest moves that bring a list into an order. Pure.

/**
 * Positions in `wanted` whose items may stay: a longest run that is in order already.
 * @param {number[]} before index that each wanted item has now, -1 for a new one
 * @returns {Set<number>}
 */
export function staying(before) {
  /** @type {number[]} */ const tails = [];
  /** @type {number[]} */ const previous = [];
  before.forEach((index, at) => {
    if (index < 0) return;
    let low = 0;
    for (let high = tails.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (before[tails[middle]] < index) low = middle + 1;
      else high = middle;
    }
    previous[at] = low > 0 ? tails[low - 1] : -1;
    tails[low] = at;
  });
  /** @type {Set<number>} */ const stay = new Set();
  for (let at = tails.at(-1) ?? -1; at >= 0; at = previous[at]) stay.add(at);
  return stay;
}

/** `wanted` with `held` kept at index `at`: what has focus or pointer does not move. @template T @param {T[]} wanted @param {T} held @param {number} at */
export function pinned(wanted, held, at) {
  if (!wanted.includes(held)) return wanted;
  const others = wanted.filter((item) => item !== held);
  others.splice(Math.min(at, others.length), 0, held);
  return others;
}
