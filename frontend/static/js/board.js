// @ts-check
// The board as this browser knows it: snapshots and deltas in, a new state out. Pure.
// Values are absolute, so a delta that covers a little more than was missed does no harm.

/** @typedef {{n: number, text: string, lang: string, dir: string, by: string | null, gone?: string | null, state: string, votes: number, at: number, seen: number}} Row */
/** @typedef {{epoch: string, pos: string, meeting: any, counts: any, rows: Map<number, Row>}} Board */

/** @returns {Board} */
export function empty() {
  return { epoch: "", pos: "0-0", meeting: {}, counts: {}, rows: new Map() };
}

/** Orders two stream positions "ms-sequence". @param {string} a @param {string} b */
export function earlier(a, b) {
  const [aMs, aSequence = "0"] = a.split("-");
  const [bMs, bSequence = "0"] = b.split("-");
  return aMs === bMs ? Number(aSequence) < Number(bSequence) : Number(aMs) < Number(bMs);
}

/**
 * The state after a message. `gap` = something between was missed: ask again from `state.pos`.
 * @param {Board} state @param {any} message @returns {{state: Board, gap: boolean}}
 */
export function apply(state, message) {
  if (message.t === "snapshot") {
    const rows = new Map(message.rows.map((/** @type {Row} */ row) => [row.n, row]));
    const { epoch, pos, meeting, counts } = message;
    return { state: { epoch, pos, meeting, counts, rows }, gap: false };
  }
  if (message.t !== "delta") return { state, gap: false };
  if (earlier(state.pos, message.from)) return { state, gap: true };
  if (!earlier(state.pos, message.to)) return { state, gap: false };
  const rows = new Map(state.rows);
  for (const row of message.rows) rows.set(row.n, row);
  for (const [n, votes] of message.tallies) {
    const row = rows.get(n);
    if (row) rows.set(n, { ...row, votes });
  }
  for (const n of message.gone) rows.delete(n);
  const meeting = message.meeting ?? state.meeting;
  const counts = message.counts ?? state.counts;
  return { state: { ...state, pos: message.to, meeting, counts, rows }, gap: false };
}

/** As Board.digest of server/domain/board.py. @param {Board} state @returns {[number, number, number]} */
export function digest(state) {
  let [votes, mixed] = [0, 0];
  for (const row of state.rows.values()) {
    votes += row.votes;
    mixed = (mixed + row.n * (row.votes + 1)) % 2 ** 31;
  }
  return [state.rows.size, votes, mixed];
}

/** Does a message that was applied say that the board should be another? @param {Board} state @param {any} message */
export function differs(state, message) {
  return Boolean(message.digest) && message.to === state.pos && String(message.digest) !== String(digest(state));
}

/** The state with one row's count, as an acknowledgement of `at` told it, unless the board is as new. @param {Board} state @param {{n: number, votes: number, at: string}} ack */
export function counted(state, { n, votes, at }) {
  const row = earlier(state.pos, at) && state.rows.get(n);
  return row ? { ...state, rows: new Map(state.rows).set(n, { ...row, votes }) } : state;
}

/** As _folded of server/domain/board.py, whatever the browser's language. @param {string} text */
const folded = (text) => text.toUpperCase().toLowerCase().replaceAll("ς", "σ");

/** Do the asker's words, or those shown in their place, hold `search`? As Row.says of server/domain/board.py.
 * @param {{text: string, wording?: string | null}} row @param {string} search */
export function says(row, search) {
  return search === "" || folded(`${row.text}\n${row.wording ?? ""}`).includes(folded(search));
}
