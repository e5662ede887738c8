// Runs the page's pure modules over cases made in Python and gives back plain JSON.
import * as desk from "../../frontend/static/js/desk_state.js";
import { alike, diff, sameWords, warnings } from "../../frontend/static/js/diff.js";
import * as board from "../../frontend/static/js/board.js";
import { pinned, staying } from "../../frontend/static/js/moves.js";
import * as outbox from "../../frontend/static/js/outbox.js";
import { mix, ranked } from "../../frontend/static/js/ranking.js";
import { similar } from "../../frontend/static/js/similar.js";
import { play } from "./histories.js";
import { PROVING } from "./proving.js";
import { castAll } from "./votes_server.js";

const numbers = (rows) => rows.map((row) => row.n);

const DEEDS = {
  ...PROVING,
  histories: play,
  castAll,
  mix: ({ pairs }) => pairs.map(([seed, n]) => mix(seed, n)),
  ranked: ({ rows, seed }) => ["wanted", "newest", "fair"].map((order) => numbers(ranked(rows, order, seed))),
  board: ({ messages }) => {
    let state = board.empty();
    const gaps = messages.map((message) => {
      const after = board.apply(state, message);
      state = after.state;
      return after.gap;
    });
    const rows = [...state.rows.values()].sort((a, b) => a.n - b.n);
    return { gaps, state: { ...state, rows } };
  },
  searched: ({ row, searches }) => searches.map((search) => board.says(row, search)),
  counted: ({ snapshot, acks }) => acks.map((ack) => board.counted(board.apply(board.empty(), snapshot).state, ack).rows.get(ack.n).votes),
  differs: ({ snapshot, message }) => board.differs(board.apply(board.empty(), snapshot).state, message),
  outbox: ({ confirmed, steps }) => {
    let box = outbox.start(confirmed);
    return steps.map(([kind, ...given]) => {
      const done = outbox[kind](box, ...given);
      box = done.box ?? (done.pending ? done : box);
      const { box: _, ...answer } = done;
    const said = done.box ? answer : done.pending ? {} : { value: done };
      return { ...said, pending: [...box.pending.keys()], confirmed: [...box.confirmed] };
    });
  },
  desk: ({ messages, name, byAskers }) => {
    const state = messages.reduce(desk.apply, desk.empty());
    return desk.queue(state, name, byAskers).map((row) => [row.n, row.copies ?? 1]);
  },
  uncopied: ({ rows }) => {
    const state = desk.apply(desk.empty(), { whole: true, questions: rows });
    return numbers(desk.queue(state, "waiting").filter((row) => state.questions.get(row.q) === row));
  },
  copies: ({ rows, open }) => numbers(desk.copies(desk.apply(desk.empty(), { whole: true, questions: rows }), open)),
  offers: ({ row, me }) => ["list", "reverse", "screen", "split_all", "skip", "overturn"].filter((act) => desk.offers(act, row, me)),
  reversal: ({ row }) => desk.reversal(row) ?? "",
  members: ({ rows, head }) => numbers(desk.members(desk.apply(desk.empty(), { whole: true, questions: rows }), head)),
  moved: ({ line, n, by }) => desk.moved(line, n, by),
  sameWords: ({ text }) => sameWords(text),
  diff: ({ a, b }) => diff(a, b).map(({ kind, words }) => [kind, words]),
  alike: ({ a, b }) => alike(a, b),
  warnings: ({ pairs, words }) => {
    const telling = Object.fromEntries(Object.entries(words).map(([kind, said]) => [kind, new Set(said)]));
    return pairs.map(([a, b]) => warnings(a, b, telling));
  },
  staying: ({ before }) => [...staying(before)].sort((a, b) => a - b),
  pinned: ({ wanted, held, at }) => pinned(wanted, held, at),
  similar: ({ draft, rows }) => numbers(similar(draft, rows)),
};

export const answers = (cases) => Promise.all(cases.map(([deed, given]) => DEEDS[deed](given)));
