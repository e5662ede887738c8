// @ts-check
// Draws the desk: the list, the open question, texts side by side. Decides nothing, opens no connection.
import { again, asked, clock, offers } from "./desk_state.js";
import { diff } from "./diff.js";
import { setText } from "./upvote.js";
import { drawWords, say } from "./words.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** @param {string} id @param {string} value */
function part(id, value) {
  const node = at(id);
  node.hidden = !value;
  setText(node.querySelector(".value, .words"), value);
}

/** @param {{votes: number}} row */
export const votesOf = ({ votes }) => say(votes === 1 ? "desk_vote" : "desk_votes", { n: votes });

/** How decisions name who sits here. @returns {string} */
export const me = () => at("desk").dataset.me ?? "";

/** @param {any} row the open question, or undefined @param {number[]} line */
export function drawOpen(row, line) {
  at("desk-open").hidden = !row;
  if (!row) return;
  setText(at("open-n"), say("number", { n: row.n }));
  at("open-n").setAttribute("href", `/m/${at("desk").dataset.slug}/q/${row.n}`);
  setText(at("open-state"), row.into ? say("desk_into", { n: row.into }) : say(`state_${row.state}`));
  at("open-state").dataset.state = row.state;
  setText(at("open-votes"), votesOf(row));
  setText(at("open-askers"), say("desk_asked", { n: asked(row) }));
  setText(at("open-name").querySelector("bdi"), row.name ?? say("anonymous"));
  drawWords(at("open-text").querySelector(".words"), row, row.text);
  part("open-wording", row.wording);
  part("open-reason", row.reason ? reasonOf(row) : "");
  part("open-note", row.note);
  answerOf(row);
  at("open-appeal").hidden = row.appeal !== "open";
  setText(at("open-appeal").querySelector(".value"), row.appeal_note);
  for (const form of document.querySelectorAll("form.desk-act")) {
    const { act = "" } = /** @type {HTMLElement} */ (form).dataset;
    const holder = /** @type {HTMLElement} */ (form.closest("details") ?? form);
    // What somebody is filling in stays as it is, with the revision that they have read.
    const begun = holder.matches("details[open]") && value(form, "q") === row.q;
    holder.hidden = !offers(act, row, me()) && !begun;
    if (!begun) setRow(form, row);
  }
  for (const name of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-first], [data-again]"))) {
    const { first, again: second } = name.dataset;
    name.hidden = again(first ?? second ?? "", row, line) !== (second !== undefined);
  }
}

/** The open one's row in sight, and its words, which a narrow screen has below the list. @param {boolean} read */
export function inSight(read) {
  document.querySelector("#desk-rows [aria-current]")?.closest("li")?.scrollIntoView({ block: "nearest" });
  if (read) at("open-text").scrollIntoView({ block: "nearest" });
}

/** @param {Element} form @param {string} name */
const value = (form, name) => /** @type {any} */ (form).elements.namedItem(name).value;

/** Let a form decide on this question as it is now. @param {Element} form @param {any} row */
export function setRow(form, row) {
  for (const name of ["q", "n", "revision"])
    /** @type {any} */ (form).elements.namedItem(name).value = String(row[name]);
}

/** Who decided, in the reader's words: `mod:2` is "Moderator 2". @param {string} by */
export function byName(by) {
  const [kind, n] = by.split(":");
  return say(`by_${kind}`, { n: n ?? "" });
}

/** The reason as the reader calls it, a meeting's own by its code; and what comes with it. @param {any} row */
function reasonOf(row) {
  const key = `reason_${row.reason}`;
  const name = say(key) === key ? row.reason : say(key);
  const withheld = row.withheld ? ` (${say("desk_withheld")})` : "";
  return name + withheld + (row.target ? `, ${say("number", { n: row.target })}` : "");
}

/** When and how it was answered. @param {any} row */
function answerOf(row) {
  const told = row.state === "answered";
  const when = told && row.stream_s !== null ? say("desk_moment", { at: clock(row.stream_s) }) : "";
  part("open-answer", told ? row.answer : "");
  setText(at("open-answer").querySelector(".at"), when);
  if (when) at("open-answer").hidden = false;
}

/** @param {Record<string, number>} counts */
export function drawCounts(counts) {
  for (const node of document.querySelectorAll("[data-count]")) {
    const name = /** @type {HTMLElement} */ (node).dataset.count ?? "";
    setText(node, String((counts[name] ?? 0) + (name === "listed" ? (counts.on_air ?? 0) : 0)));
  }
}

/** Two texts word by word. @param {HTMLElement} place @param {string} a @param {string} b */
export function drawDiff(place, a, b) {
  place.replaceChildren(
    ...diff(a, b).flatMap(({ kind, words: said }) => {
      const node = document.createElement(kind === "same" ? "span" : kind);
      node.textContent = said;
      return [node, " "];
    }),
  );
}
