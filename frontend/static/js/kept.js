// @ts-check
// What this browser keeps of one's own questions and of each log: in its local storage, nowhere else.

/** @typedef {{q: string, slug: string, code: string, salt: string, hl: {w: string, a: string}, text: string | null, at: number, file?: any}} Kept */
/** @typedef {{vkey: string, served: string | null, others: string[], seen: {size: number, root: string}[]}} KeptLog */

const UNSENT_MS = 86_400_000;
const HEADS_MOST = 20;

/** @param {string} key @returns {any} */
function load(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null; // storage is switched off, or somebody else's text lies there
  }
}

/** True when it is kept. @param {string} key @param {any} value */
function store(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** @param {string} q @returns {Kept | null} */
export const keptOf = (q) => load(`receipt:${q}`);

/** @param {Kept} kept */
export function keep(kept) {
  return store(`receipt:${kept.q}`, kept);
}

/** All of a meeting's, oldest first. @param {string} slug @returns {Kept[]} */
export function allKept(slug) {
  const found = receipts().map(load).filter((one) => one?.slug === slug);
  return found.sort((one, other) => one.at - other.at);
}

/** @param {string} q @returns {null} */
export function forget(q) {
  localStorage.removeItem(`receipt:${q}`);
  return null;
}

/** What was sealed and never sent goes after a day. @param {number} now */
export function dropUnsent(now) {
  for (const key of receipts()) {
    const one = load(key);
    if (!one?.file && now - (one?.at ?? 0) > UNSENT_MS && !one?.sent) localStorage.removeItem(key);
  }
}

function receipts() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith("receipt:"));
  } catch {
    return [];
  }
}

/** @param {string} origin @returns {KeptLog | null} */
export const keptLog = (origin) => load(`log:${origin}`);

/** @param {string} origin @param {KeptLog} log */
export function keepLog(origin, log) {
  store(`log:${origin}`, { ...log, others: log.others.slice(-HEADS_MOST), seen: log.seen.slice(-HEADS_MOST) });
}
