// @ts-check
// The desk as this browser knows it: what was told in, queues out. Pure; every value is absolute.

/** @typedef {{position: string, questions: Map<string, any>, counts: Record<string, number>, line: {revision: number, numbers: number[]}}} Desk */

/** @returns {Desk} */
export function empty() {
  return { position: "", questions: new Map(), counts: {}, line: { revision: 0, numbers: [] } };
}

/** The desk after a message: whole replaces, otherwise the told questions do. @param {Desk} desk @param {any} told @returns {Desk} */
export function apply(desk, told) {
  const questions = told.whole ? new Map() : new Map(desk.questions);
  for (const row of told.questions) {
    const known = questions.get(row.q);
    if (!known || known.revision <= row.revision) questions.set(row.q, row);
  }
  const after = { position: told.position, questions, counts: told.counts ?? desk.counts, line: desk.line };
  return told.line ? ordered(after, told.line) : after;
}

/** Whether a message may change what is suggested: it tells of a new question, or again of one that is as it was. @param {Desk} desk @param {any} told */
export function suggests(desk, told) {
  return told.questions.some((/** @type {any} */ row) => {
    const known = desk.questions.get(row.q);
    return !known || (known.revision === row.revision && known.votes === row.votes);
  });
}

/** The desk with this line, unless a later one is known. @param {Desk} desk @param {Desk["line"]} line @returns {Desk} */
export function ordered(desk, line) {
  return line.revision < desk.line.revision ? desk : { ...desk, line };
}

const IN = {
  waiting: (/** @type {any} */ row) => row.state === "received",
  listed: (/** @type {any} */ row) => row.state === "listed" || row.state === "on_air",
  appeals: (/** @type {any} */ row) => row.appeal === "open",
  screened_out: (/** @type {any} */ row) => row.state === "screened_out",
  answered: (/** @type {any} */ row) => row.state === "answered",
  merged: (/** @type {any} */ row) => row.state === "merged",
};

const count = (/** @type {any} */ row) => row.copies ?? 1;

/**
 * The rows of a queue in its order, each the desk's own. Waiting copies of one wording are one new row: the
 * oldest, with `copies` (how many wait in that wording); `byAskers` puts the most asked first.
 * @param {Desk} desk @param {string} name @param {boolean} byAskers @returns {any[]}
 */
export function queue(desk, name, byAskers = false) {
  const rows = [...desk.questions.values()].filter(IN[/** @type {keyof IN} */ (name)] ?? (() => false));
  if (name === "listed")
    return rows.sort((a, b) => Number(b.state === "on_air") - Number(a.state === "on_air") || b.votes - a.votes || a.n - b.n);
  if (name !== "waiting") return rows.sort((a, b) => b.n - a.n);
  /** @type {Map<string, any>} */ const groups = new Map();
  for (const row of rows.sort((a, b) => a.n - b.n)) {
    const held = groups.get(row.first);
    if (held) groups.set(row.first, { ...held, copies: count(held) + 1, people: Math.max(held.people ?? 1, row.people ?? 1) });
    else groups.set(row.first, row);
  }
  const collapsed = [...groups.values()];
  return byAskers ? collapsed.sort((a, b) => asked(b) - asked(a) || count(b) - count(a) || a.n - b.n) : collapsed;
}

/** The other waiting ones in a question's wording: its row stands for them while it waits, and they can be merged into it. @param {Desk} desk @param {any} open @returns {any[]} */
export function copies(desk, open) {
  if (!open || !MAY.merge_copies.includes(open.state)) return [];
  return [...desk.questions.values()]
    .filter((row) => row.state === "received" && row.first === open.first && row.q !== open.q)
    .sort((a, b) => a.n - b.n);
}

/** How many people asked it: as merged, or as its waiting copies were counted. @param {any} row */
export function asked(row) {
  return Math.max(row.askers ?? 1, row.people ?? 1);
}

const MAY = {
  list: ["received"],
  reverse: ["screened_out", "answered"],
  screen: ["received", "listed", "screened_out"],
  merge: ["received", "listed"],
  merge_copies: ["received", "listed", "on_air"],
  split: ["merged"],
  word: ["received", "listed"],
  send_back: ["received"],
  line_up: ["listed"],
  pick: ["listed"],
  return: ["on_air"],
  answer: ["listed", "on_air", "answered"],
  skip: ["listed", "on_air"],
};

/** Whether the desk offers this act on a question now. An appeal is judged by somebody else. @param {string} act @param {any} row @param {string} me */
export function offers(act, row, me = "") {
  if (act === "overturn" || act === "uphold") return row.appeal === "open" && row.by !== me;
  if (act === "split_all") return row.members > 0;
  if (row.appeal === "open" && (act === "reverse" || act === "screen")) return false;
  return MAY[/** @type {keyof MAY} */ (act)]?.includes(row.state) ?? false;
}

/** Whether an act was done before, so that its name tells what it does now: another reason, another answer, out of the line. @param {string} act @param {any} row @param {number[]} line */
export function again(act, row, line) {
  if (act === "line_up") return line.includes(row.n);
  return { screen: "screened_out", answer: "answered" }[/** @type {string} */ (act)] === row.state;
}

/** The act that reverses what was decided last: a further decision, never an erased one. @param {any} row */
export function reversal(row) {
  return { listed: "screen", screened_out: "reverse", answered: "reverse", merged: "split", on_air: "return" }[/** @type {string} */ (row.state)];
}

/** What is merged into a question: most votes first, then most askers. @param {Desk} desk @param {any} head @returns {any[]} */
export function members(desk, head) {
  if (!head?.members) return [];
  return [...desk.questions.values()]
    .filter((row) => row.into === head.n)
    .sort((a, b) => b.votes - a.votes || b.askers - a.askers || a.n - b.n);
}

/** A line with one number moved by so many places, at most to an end. @param {number[]} numbers @param {number} n @param {number} by */
export function moved(numbers, n, by) {
  const others = numbers.filter((other) => other !== n);
  const place = Math.max(0, Math.min(others.length, numbers.indexOf(n) + by));
  return numbers.includes(n) ? [...others.slice(0, place), n, ...others.slice(place)] : numbers;
}

/** A line with a number at its end, or without it where it stands in it. @param {number[]} numbers @param {number} n */
export function toggled(numbers, n) {
  return numbers.includes(n) ? numbers.filter((other) => other !== n) : [...numbers, n];
}

/** Seconds as people write a time of the meeting: 1:02:03. @param {number} seconds */
export function clock(seconds) {
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
