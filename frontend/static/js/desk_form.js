// @ts-check
// The desk's folds while somebody fills them in: opened by key, previewed as they are typed.
import { drawDiff } from "./desk_view.js";
import { clock } from "./desk_state.js";
import { alike, warnings } from "./diff.js";
import { say } from "./words.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
/** @type {[string, string[]][]} the words that tell, which the page hands over */
const words = Object.entries(JSON.parse(at("telling")?.textContent ?? "{}"));
const telling = /** @type {import("./diff.js").Telling} */ (Object.fromEntries(words.map(([kind, said]) => [kind, new Set(said)])));

/** Open an act's fold and go to its first field; false where the act has none. @param {string} act @param {any} row @param {{withhold?: boolean, since: number}} how */
export function unfold(act, row, { withhold = false, since }) {
  const fold = /** @type {HTMLDetailsElement | null} */ (document.querySelector(`details[data-fold=${act}]`));
  const form = fold?.querySelector("form");
  if (!fold || !form) return false;
  if (fold.closest("[hidden]")) return true; // there is nothing to do it to
  const begun = fold.open;
  if (!begun) foldAll();
  fold.open = true;
  const field = withhold ? fold.querySelector("[data-withholds]") : fold.querySelector("input:not([type=hidden]), textarea, button");
  if (withhold && field) /** @type {HTMLInputElement} */ (field).checked = true;
  if (!begun && act === "word") /** @type {any} */ (form.elements.namedItem("wording")).value = row.wording || row.text;
  if (!begun && act === "answer") answering(form, row, since);
  /** @type {HTMLElement | null} */ (field)?.focus();
  // What was typed before and left is there still: a new number takes its place, it does not follow it.
  if (!begun && field?.matches("input:not([type=radio])")) /** @type {HTMLInputElement} */ (field).select();
  says(row);
  return true;
}

/**
 * What is corrected stands in the fields; of one on air, when it went there, as host and stage count it.
 * @param {HTMLFormElement} form @param {any} row @param {number} since when the meeting went live
 */
function answering(form, row, since) {
  const aired = row.state === "on_air" && since && row.decided_at >= since ? Math.floor((row.decided_at - since) / 1000) : null;
  const [stream, answer] = ["stream", "answer"].map((name) => /** @type {any} */ (form.elements.namedItem(name)));
  const at = row.state === "answered" ? row.stream_s : aired;
  stream.value = at === null ? "" : clock(at);
  // What was typed and left is there still, and no question's answer is another's.
  answer.defaultValue = row.state === "answered" ? row.answer : "";
}

/** A digit or letter picks a reason in the fold that shows some. @param {KeyboardEvent} event @param {any} row */
export function reason(event, row) {
  const place = "123456789abcdefghijklmnopqrstuvwxyz".indexOf(event.key);
  const choice = place < 0 ? undefined : document.querySelectorAll("details[open] input[name=reason]")[place];
  if (!choice) return false;
  /** @type {HTMLInputElement} */ (choice).checked = true;
  /** @type {HTMLInputElement} */ (choice).focus();
  says(row);
  event.preventDefault();
  return true;
}

/** What the public will read for the chosen reason, and what a head's members would need. @param {any} row */
export function says(row) {
  const choice = /** @type {HTMLInputElement | null} */ (document.querySelector(".reasons input:checked"));
  const place = at("public-says");
  if (!place) return;
  place.hidden = !choice;
  if (!choice) return;
  const first = row?.members && "withholds" in choice.dataset ? say("desk_split_first", { n: row.members }) : "";
  place.textContent = [say("desk_public", { sentence: choice.dataset.sentence ?? "" }), first].join(" ").trim();
}

/** @param {HTMLInputElement} target @param {any} row @param {Iterable<any>} questions */
export function typed(target, row, questions) {
  if (target.name === "reason") says(row);
  if (!row) return;
  if (target.name === "wording") {
    at("word-diff").hidden = target.value === row.text;
    drawDiff(at("word-diff"), row.text, target.value);
  }
  if (target.name === "into") compare(row, [...questions].find((found) => found.n === Number(target.value) && found.q !== row.q));
}

/** The language without its region. @param {any} row */
const tongue = (row) => row.lang.split("-")[0].toLowerCase();

/** @param {any} row @param {any} other */
function compare(row, other) {
  at("merge-diff").hidden = !other;
  if (!other) return;
  drawDiff(at("merge-words"), other.text, row.text);
  const comparable = tongue(row) === tongue(other) || alike(other.text, row.text);
  const kinds = comparable ? warnings(other.text, row.text, telling) : [];
  at("merge-warning").hidden = kinds.length === 0;
  at("merge-warning").textContent = say("desk_differ", { kinds: kinds.map((kind) => say(`differ_${kind}`)).join(", ") });
}

/** Close every fold; what was typed in them for another question is not sent. */
export function foldAll() {
  for (const fold of document.querySelectorAll("details.fold[open]")) fold.removeAttribute("open");
}

/** The form in the fold that somebody is filling in, or undefined. @returns {HTMLFormElement | undefined} */
export function begun() {
  return document.querySelector("details.fold[open] form.desk-act") ?? undefined;
}
