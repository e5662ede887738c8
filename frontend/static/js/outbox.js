// @ts-check
// This person's votes: what the server confirmed, and wishes that it has not answered yet. Pure.

/** @typedef {{on: boolean, c: number, r: number}} Wish */
/** @typedef {{confirmed: Set<number>, own: Set<number>, pending: Map<number, Wish>, c: number, r: number}} Outbox */

// These say "not yet"; every other refusal is a "no" and rolls the wish back.
const LATER = new Set(["too_fast", "busy", "not_saved"]);

/** @param {Iterable<number>} confirmed @param {Iterable<number>} own @returns {Outbox} */
export function start(confirmed = [], own = []) {
  return { confirmed: new Set(confirmed), own: new Set(own), pending: new Map(), c: 0, r: 0 };
}

/**
 * A new wish replaces the one before. Its counter grows past every counter known, and past the
 * clock, so that a tab that was reloaded goes on above its earlier self.
 * @param {Outbox} box @param {number} n @param {boolean} on @param {number} now
 * @returns {{box: Outbox, message: any}}
 */
export function wish(box, n, on, now) {
  const c = Math.max(box.c + 1, now);
  const r = box.r + 1;
  const pending = new Map(box.pending).set(n, { on, c, r });
  return { box: { ...box, pending, c, r }, message: { t: "vote", n, on, c, r } };
}

/** What this person sees ticked: the wish, else what stands. @param {Outbox} box @param {number} n */
export function ticked(box, n) {
  return box.pending.get(n)?.on ?? box.confirmed.has(n);
}

/** What a wish adds to the server's count until it is answered. @param {Outbox} box @param {number} n */
export function lead(box, n) {
  return Number(ticked(box, n)) - Number(box.confirmed.has(n));
}

/** A reconnect: what stands, and the wishes to send again. @param {Outbox} box @param {any} welcome */
export function welcomed(box, welcome) {
  const c = Math.max(box.c, welcome.c);
  const after = { ...box, c, confirmed: new Set(welcome.votes), own: new Set(welcome.own) };
  const messages = [...box.pending].map(([n, { on, c, r }]) => ({ t: "vote", n, on, c, r }));
  return { box: after, messages };
}

/** @param {Outbox} box @param {any} ack @returns {Outbox} */
export function acknowledged(box, ack) {
  const confirmed = new Set(box.confirmed);
  if (ack.on) confirmed.add(ack.n);
  else confirmed.delete(ack.n);
  const pending = new Map(box.pending);
  // By its reference: a wish for a merged question is answered under its head's number.
  for (const [n, wish] of box.pending) if (wish.r === ack.r) pending.delete(n);
  return { ...box, confirmed, pending };
}

/**
 * Questions were merged: what this person voted for or asked counts for the head now.
 * @param {Outbox} box @param {[number, number][]} pairs number, head @returns {Outbox}
 */
export function merged(box, pairs) {
  const [confirmed, own, pending] = [new Set(box.confirmed), new Set(box.own), new Map(box.pending)];
  for (const [n, head] of pairs) {
    if (confirmed.has(n)) confirmed.add(head);
    if (own.has(n)) own.add(head);
    const wish = pending.get(n);
    if (wish && !pending.has(head)) pending.set(head, wish);
    pending.delete(n);
  }
  for (const n of own) confirmed.delete(n);
  return { ...box, confirmed, own, pending };
}

/**
 * A refusal. `again` = send this after `wait` seconds; `undone` = the question that was rolled back.
 * A refusal of a wish that a newer one replaced changes nothing.
 * @param {Outbox} box @param {any} refusal @param {number} now
 */
export function refused(box, refusal, now) {
  const found = [...box.pending].find(([, wish]) => wish.r === refusal.r);
  if (!found) return { box, again: null, wait: 0, undone: null };
  const [n, { on, c, r }] = found;
  if (LATER.has(refusal.code)) {
    return { box, again: { t: "vote", n, on, c, r }, wait: refusal.retry_in ?? 1, undone: null };
  }
  if (refusal.code === "stale" && refusal.c >= c) {
    const next = wish({ ...box, c: Math.max(box.c, refusal.c) }, n, on, now);
    return { box: next.box, again: next.message, wait: 0, undone: null };
  }
  const pending = new Map(box.pending);
  pending.delete(n);
  return { box: { ...box, pending }, again: null, wait: 0, undone: n };
}
