// @ts-check
// This person's votes: what the server confirmed, and wishes that it has not answered yet. Pure.
//
// `settled` are the wishes of this tab that were acknowledged and stand, for a server that has forgotten
// them: it then knows a lower counter of this tab, and is told again. `at` is where the store's stream
// stood at the last word on a question, `told` where it stood when all own votes were told: answers come
// over several lines and from several processes, and overtake each other.
import { earlier } from "./board.js";

/** @typedef {{on: boolean, c: number, r: number}} Wish */
/** @typedef {{on: boolean, c: number}} Settled */
/** @typedef {{confirmed: Set<number>, own: Set<number>, pending: Map<number, Wish>, settled: Map<number, Settled>, at: Map<number, string>, told: string, c: number, r: number}} Outbox */

// These say "not yet"; every other refusal is a "no" and rolls the wish back.
const LATER = new Set(["too_fast", "busy", "not_saved"]);

/** @param {Iterable<number>} confirmed @param {Iterable<number>} own @returns {Outbox} */
export function start(confirmed = [], own = []) {
  const [settled, pending, at] = [new Map(), new Map(), new Map()];
  return { confirmed: new Set(confirmed), own: new Set(own), pending, settled, at, told: "0-0", c: 0, r: 0 };
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

/** The last word on a question was later than `at`. @param {Outbox} box @param {number} n @param {string} at */
const late = (box, n, at) => earlier(at, box.at.get(n) ?? box.told);

/**
 * Own votes as the server holds them: another device may have changed them, and then what this tab once
 * wished is no longer what this person wants. A server that was put back to an older state is right, too.
 * @param {Outbox} box @param {{votes: number[], own: number[], at: string}} told @returns {Outbox}
 */
export function exchanged(box, told) {
  return standing(box, told, new Map());
}

/**
 * The same beside an open line: what was answered since it was so is newer.
 * @param {Outbox} box @param {{votes: number[], own: number[], at: string}} told @returns {Outbox}
 */
export function reminded(box, told) {
  if (earlier(told.at, box.told)) return box;
  return standing(box, told, new Map([...box.at].filter(([, at]) => earlier(told.at, at))));
}

/** @param {Outbox} box @param {{votes: number[], own: number[], at: string}} told @param {Map<number, string>} newer @returns {Outbox} */
function standing(box, told, newer) {
  const older = told.votes.filter((n) => !newer.has(n));
  const confirmed = new Set([...older, ...[...newer.keys()].filter((n) => box.confirmed.has(n))]);
  const settled = new Map([...box.settled].filter(([n, { on }]) => confirmed.has(n) === on));
  return { ...box, confirmed, settled, own: new Set(told.own), at: newer, told: told.at };
}

/**
 * A connection begins: what stands, and the wishes to send again, oldest first; among them those that
 * were acknowledged and that the server, by its counter of this tab, knows nothing of.
 * @param {Outbox} box @param {any} welcome
 */
export function welcomed(box, welcome) {
  const [pending, settled] = [new Map(box.pending), new Map(box.settled)];
  let r = box.r;
  for (const [n, { on, c }] of box.settled) {
    if (c <= welcome.c) continue;
    settled.delete(n);
    if (!pending.has(n)) pending.set(n, { on, c, r: ++r });
  }
  const c = Math.max(box.c, welcome.c);
  const messages = [...pending].map(([n, wish]) => ({ t: "vote", n, on: wish.on, c: wish.c, r: wish.r }));
  messages.sort((a, b) => a.c - b.c);
  return { box: exchanged({ ...box, c, r, pending, settled }, welcome), messages };
}

/**
 * A vote stands, or stood until something later that is known already. `r` 0: another device of this person
 * cast it, or this one over an earlier connection.
 * @param {Outbox} box @param {any} ack @returns {Outbox}
 */
export function acknowledged(box, ack) {
  const [confirmed, pending, settled, at] = [new Set(box.confirmed), new Map(box.pending), new Map(box.settled), new Map(box.at)];
  if (!late(box, ack.n, ack.at)) {
    at.set(ack.n, ack.at);
    if (ack.on) confirmed.add(ack.n);
    else confirmed.delete(ack.n);
    if (settled.get(ack.n)?.on !== ack.on) settled.delete(ack.n);
  }
  // By its reference: a wish for a merged question is answered under its head's number.
  for (const [n, wish] of box.pending)
    if (wish.r === ack.r) {
      pending.delete(n);
      if (confirmed.has(ack.n) === ack.on) settled.set(ack.n, { on: ack.on, c: wish.c });
    }
  return { ...box, confirmed, pending, settled, at };
}

/**
 * Questions were merged: what this person voted for or asked counts for the head now.
 * @param {Outbox} box @param {[number, number][]} pairs number, head @returns {Outbox}
 */
export function merged(box, pairs) {
  const [confirmed, own] = [new Set(box.confirmed), new Set(box.own)];
  const [pending, settled] = [new Map(box.pending), new Map(box.settled)];
  for (const [n, head] of pairs) {
    settled.delete(n);
    settled.delete(head);
    if (confirmed.has(n)) confirmed.add(head);
    if (own.has(n)) own.add(head);
    const wish = pending.get(n);
    if (wish && !pending.has(head)) pending.set(head, wish);
    pending.delete(n);
  }
  for (const n of own) confirmed.delete(n);
  return { ...box, confirmed, own, pending, settled };
}

/**
 * A refusal. `again` = send this after `wait` seconds; `undone` = the question that was rolled back.
 * A refusal of a wish that a newer one replaced changes nothing. `luck` (0 to 1) spreads over as long again
 * those who were all told the same number of seconds.
 * @param {Outbox} box @param {any} refusal @param {number} now @param {number} luck
 */
export function refused(box, refusal, now, luck = 0) {
  const found = [...box.pending].find(([, wish]) => wish.r === refusal.r);
  if (!found) return { box, again: null, wait: 0, undone: null };
  const [n, { on, c, r }] = found;
  if (LATER.has(refusal.code)) {
    return { box, again: { t: "vote", n, on, c, r }, wait: (refusal.retry_in ?? 1) * (1 + luck), undone: null };
  }
  if (refusal.code === "stale" && refusal.c >= c) {
    const next = wish({ ...box, c: Math.max(box.c, refusal.c) }, n, on, now);
    return { box: next.box, again: next.message, wait: 0, undone: null };
  }
  const pending = new Map(box.pending);
  pending.delete(n);
  return { box: { ...box, pending }, again: null, wait: 0, undone: n };
}
