// @ts-check
// Draws what stands beside the open question: those merged into it, and the line for the stage.
import { votesOf } from "./desk_view.js";
import { sameWords } from "./diff.js";
import { setText } from "./upvote.js";
import { drawWords, say } from "./words.js";

const SHOWN = 50; // copies or members at a time: a flood has thousands
const COPIES_AT_ONCE = 200; // merged by one request, as server/acts/merge_copies.py takes them
const NAMED = 8; // copies in other words that are told by number
const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/**
 * One node per key, kept where it is known, so that focus stays in it.
 * @param {HTMLElement} list @param {string} template @param {any[]} rows
 * @param {(row: any) => string} key @param {(node: HTMLElement, row: any) => void} fill
 */
function keyed(list, template, rows, key, fill) {
  const known = new Map([...list.children].map((node) => [/** @type {HTMLElement} */ (node).dataset.key, node]));
  const focused = /** @type {HTMLElement | null} */ (list.contains(document.activeElement) ? document.activeElement : null);
  const wanted = rows.map((row) => {
    const node = /** @type {HTMLElement} */ (known.get(key(row)) ?? document.importNode(at(template).content, true).firstElementChild);
    node.dataset.key = key(row);
    fill(node, row);
    return node;
  });
  if (wanted.length !== list.children.length || wanted.some((node, place) => list.children[place] !== node))
    list.replaceChildren(...wanted);
  if (!focused || document.activeElement === focused) return;
  // Gone from the list? Then the next one's place takes the focus, never the page's top.
  const near = focused.isConnected ? focused : list.querySelector("button, a");
  /** @type {HTMLElement | null} */ (near)?.focus({ preventScroll: true });
}

let membersOf = "";
let membersShown = SHOWN;

/** @param {any} head the open question, or undefined @param {any[]} rows those merged into it */
export function drawMembers(head, rows) {
  if (membersOf !== (head?.q ?? "")) membersShown = SHOWN;
  membersOf = head?.q ?? "";
  at("members").hidden = rows.length === 0;
  setText(at("members-title"), say("desk_members", { n: rows.length }));
  const alone = at("screen-alone");
  if (alone) alone.hidden = !head || head.members === 0;
  keyed(at("member-rows"), "desk-member", rows.slice(0, membersShown), (row) => row.q, (node, row) => {
    const link = /** @type {HTMLAnchorElement} */ (node.querySelector("a.number"));
    setText(link, String(row.n));
    link.href = `?n=${row.n}`;
    drawWords(node.querySelector(".words"), row, row.wording || row.text);
    setText(node.querySelector(".votes-of"), votesOf(row));
    setText(node.querySelector(".asked"), row.askers > 1 ? say("desk_asked", { n: row.askers }) : "");
    field(node, "q", row.q);
    field(node, "revision", row.revision);
  });
  setText(at("more-members"), say("desk_more_members", { n: rows.length - membersShown }));
  offerMore(at("more-members"), at("member-rows"), membersShown < rows.length, () => {
    membersShown += SHOWN;
    drawMembers(head, rows);
  });
}

let copiesOf = "";
let copiesShown = SHOWN;

/** @param {any} open the open question, or undefined @param {any[]} rows the other waiting ones in its wording */
export function drawCopies(open, rows) {
  if (copiesOf !== (open?.q ?? "")) copiesShown = SHOWN;
  copiesOf = open?.q ?? "";
  at("copies").hidden = rows.length === 0;
  setText(at("copies-title"), say("desk_copies", { n: rows.length }));
  keyed(at("copy-rows"), "desk-copy", rows.slice(0, copiesShown), (row) => row.q, (node, row) => {
    const link = /** @type {HTMLAnchorElement} */ (node.querySelector("a.number"));
    setText(link, String(row.n));
    link.href = `?n=${row.n}`;
    drawWords(node.querySelector(".words"), row, row.wording || row.text);
    setText(node.querySelector(".differs"), differs(open, row) ? say("desk_other_words") : "");
    const dismiss = node.querySelector("button");
    // A copy is one of its group's first question; told apart from that, it is a row of its own.
    if (dismiss) Object.assign(dismiss.dataset, { dismiss: row.q, of: row.q === row.first ? open.q : row.first });
  });
  if (at("merge-copies")) mergeAll(open, rows);
  offerMore(at("more-copies"), at("copy-rows"), copiesShown < rows.length, () => {
    copiesShown += SHOWN;
    drawCopies(open, rows);
  });
}

/**
 * The button for what is not drawn yet. Its last press hides it: focus goes to the first that it drew.
 * @param {HTMLButtonElement} more @param {HTMLElement} list @param {boolean} rest @param {() => void} draw
 */
function offerMore(more, list, rest, draw) {
  more.hidden = !rest;
  more.onclick = () => {
    const drawn = list.children.length;
    draw();
    if (more.hidden) list.children[drawn]?.querySelector("a")?.focus();
  };
}

/** @type {Map<string, string>} the words of each text that was compared */
const known = new Map();

/** @param {string} text */
function wordsOf(text) {
  const found = known.get(text) ?? sameWords(text);
  known.set(text, found);
  return found;
}

/** Nothing can be said of words that are gone. @param {any} open @param {any} row */
const differs = (open, row) => Boolean(open.gone || row.gone) || wordsOf(open.text) !== wordsOf(row.text);

/** What one press merges, said before it is pressed: the same words alone. Others want a look of their own. @param {any} open @param {any[]} rows */
function mergeAll(open, rows) {
  const fold = /** @type {HTMLDetailsElement} */ (at("merge-copies"));
  // What somebody is about to send stays as they read it.
  if (fold.open && fold.dataset.of === open?.q) return;
  const left = rows.filter((row) => differs(open, row));
  const merged = rows.filter((row) => !differs(open, row));
  const rest = merged.splice(COPIES_AT_ONCE).length;
  fold.dataset.of = open?.q ?? "";
  field(fold, "copies", JSON.stringify(merged.map((row) => ({ q: row.q, revision: row.revision }))));
  const told = say("desk_merge_copies", { n: merged.length });
  setText(at("copies-told"), rest ? `${told} ${say("desk_copies_rest", { n: rest })}` : told);
  at("copies-left").hidden = left.length === 0;
  const numbers = left.slice(0, NAMED).map((row) => say("number", { n: row.n }));
  setText(at("copies-left"), say("desk_copies_left", { n: left.length, numbers: numbers.join(", ") + (left.length > NAMED ? " …" : "") }));
  /** @type {HTMLButtonElement} */ (fold.querySelector("button")).disabled = merged.length === 0;
}

/** @param {any[]} rows questions like the open one, best first */
export function drawSimilar(rows) {
  at("similar").hidden = rows.length === 0;
  keyed(at("similar-rows"), "desk-like", rows, (row) => row.q, (node, row) => {
    const link = /** @type {HTMLAnchorElement} */ (node.querySelector("a.number"));
    setText(link, String(row.number));
    link.href = `?n=${row.number}`;
    drawWords(node.querySelector(".words"), row, row.text);
    setText(node.querySelector(".likeness"), say("desk_likeness", { percent: Math.round(row.likeness * 100) }));
    const dismiss = node.querySelector("button");
    if (dismiss) dismiss.dataset.dismiss = row.q;
  });
}

/** @param {import("./desk_state.js").Desk} desk */
export function drawLine({ line, questions }) {
  const standing = new Set(line.numbers);
  const rows = new Map([...questions.values()].filter((row) => standing.has(row.n)).map((row) => [row.n, row]));
  keyed(at("desk-line"), "desk-in-line", line.numbers, String, (node, n) => {
    const link = /** @type {HTMLAnchorElement} */ (node.querySelector("a"));
    node.dataset.n = String(n);
    setText(link, say("number", { n }));
    link.href = `?queue=listed&n=${n}`;
    field(node, "n", n);
    const row = rows.get(n);
    if (row) drawWords(node.querySelector(".words"), row, row.wording || row.text);
    for (const button of node.querySelectorAll("button"))
      button.setAttribute("aria-label", say(button.value === "-1" ? "desk_earlier" : "desk_later", { n }));
  });
  at("line-none").hidden = line.numbers.length > 0;
}

/** @param {HTMLElement} node @param {string} name @param {string | number} value */
function field(node, name, value) {
  const input = /** @type {HTMLInputElement | null} */ (node.querySelector(`input[name=${name}]`));
  if (input) input.value = String(value);
}
