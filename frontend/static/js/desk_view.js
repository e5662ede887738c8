// @ts-check
// Draws the desk: the list, the open question, texts side by side. Decides nothing, opens no connection.
import { offers } from "./desk_state.js";
import { diff } from "./diff.js";
import { setTime } from "./times.js";
import { setText } from "./upvote.js";
import { say } from "./words.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** @param {Element | null} node @param {any} row @param {string} text */
function words(node, row, text) {
  if (!node || node.textContent === text) return;
  node.textContent = text;
  node.setAttribute("lang", row.lang);
  node.setAttribute("dir", row.dir || "auto");
}

/** @param {HTMLElement} node @param {any} row @param {boolean} open @param {string} queue */
export function fillRow(node, row, open, queue) {
  const link = /** @type {HTMLAnchorElement} */ (node.querySelector("a"));
  node.dataset.q = row.q;
  node.dataset.n = String(row.n);
  link.href = `?queue=${queue}&n=${row.n}`;
  if (open) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
  setText(node.querySelector(".number"), String(row.n));
  words(node.querySelector(".words"), row, row.wording || row.text);
  const people = Math.max(row.copies ?? 1, row.askers);
  setText(node.querySelector(".asked"), people > 1 ? say("desk_asked", { n: people }) : "");
  setText(node.querySelector(".votes-of"), row.state === "received" ? "" : say("desk_votes", { n: row.votes }));
  setTime(/** @type {HTMLElement} */ (node.querySelector("time")), row.at, Date.now());
}

/** Rows by question, kept and moved in place. @param {HTMLElement} list @param {any[]} rows @param {string} openQ @param {string} queue */
export function drawList(list, rows, openQ, queue) {
  const known = new Map([...list.children].map((node) => [/** @type {HTMLElement} */ (node).dataset.q, node]));
  const template = /** @type {HTMLTemplateElement} */ (at("desk-row"));
  let next = list.firstElementChild;
  for (const row of rows) {
    let node = /** @type {HTMLElement | undefined} */ (known.get(row.q));
    known.delete(row.q);
    node ??= /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
    if (node.dataset.seen !== `${row.revision}/${row.votes}/${row.copies}/${queue}` || row.q === openQ || node.querySelector("[aria-current]"))
      fillRow(node, row, row.q === openQ, queue);
    node.dataset.seen = `${row.revision}/${row.votes}/${row.copies}/${queue}`;
    if (node === next) next = next.nextElementSibling;
    else list.insertBefore(node, next);
  }
  for (const node of known.values()) node.remove();
  at("desk-none").hidden = rows.length > 0;
}

/** @param {string} id @param {string} value */
function part(id, value) {
  const node = at(id);
  node.hidden = !value;
  setText(node.querySelector(".value, .words"), value);
}

/** @param {any} row the open question, or undefined @param {number[]} line */
export function drawOpen(row, line) {
  at("desk-open").hidden = !row;
  if (!row) return;
  setText(at("open-n"), say("number", { n: row.n }));
  setText(at("open-state"), row.into ? say("desk_into", { n: row.into }) : say(`state_${row.state}`));
  at("open-state").dataset.state = row.state;
  setText(at("open-votes"), say("desk_votes", { n: row.votes }));
  setText(at("open-askers"), say("desk_asked", { n: Math.max(row.askers, row.copies ?? 1) }));
  setText(at("open-name").querySelector("bdi"), row.name ?? say("anonymous"));
  words(at("open-text").querySelector(".words"), row, row.text);
  part("open-wording", row.wording);
  part("open-reason", row.reason ?? "");
  part("open-note", row.note);
  at("open-appeal").hidden = row.appeal !== "open";
  setText(at("open-appeal").querySelector(".value"), row.appeal_note);
  for (const form of document.querySelectorAll("form.desk-act")) {
    const { act = "" } = /** @type {HTMLElement} */ (form).dataset;
    const holder = /** @type {HTMLElement} */ (form.closest("details") ?? form);
    holder.hidden = !offers(act, row);
    for (const name of ["q", "n", "revision"])
      /** @type {any} */ (form).elements.namedItem(name).value = String(row[name]);
  }
  document.querySelector("form[data-act=line_up] button")?.setAttribute("aria-pressed", String(line.includes(row.n)));
}

/** @param {Record<string, number>} counts */
export function drawCounts(counts) {
  for (const node of document.querySelectorAll("[data-count]")) {
    const name = /** @type {HTMLElement} */ (node).dataset.count ?? "";
    setText(node, String((counts[name] ?? 0) + (name === "listed" ? (counts.on_air ?? 0) : 0)));
  }
}

/** @param {number[]} numbers */
export function drawLine(numbers) {
  const list = at("desk-line");
  if ([...list.children].map((node) => node.textContent).join() === numbers.map((n) => say("number", { n })).join()) return;
  list.replaceChildren(
    ...numbers.map((n) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = `?queue=listed&n=${n}`;
      link.textContent = say("number", { n });
      item.append(link);
      return item;
    }),
  );
  at("line-none").hidden = numbers.length > 0;
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

/** @param {any[]} rows */
export function drawSimilar(rows) {
  at("similar").hidden = rows.length === 0;
  at("similar-rows").replaceChildren(
    ...rows.map((row) => {
      const [item, link, text, about] = ["li", "a", "p", "p"].map((name) => document.createElement(name));
      link.className = "number";
      link.setAttribute("href", `?n=${row.number}`);
      link.textContent = String(row.number);
      const said = document.createElement("bdi");
      said.className = "words";
      words(said, row, row.text);
      text.append(said);
      about.className = "about";
      about.append(say("desk_likeness", { percent: Math.round(row.likeness * 100) }));
      const dismiss = document.createElement("button");
      dismiss.type = "button";
      dismiss.className = "plain";
      dismiss.dataset.dismiss = row.q;
      dismiss.textContent = say("desk_dismiss");
      about.append(dismiss);
      item.append(link, text, about);
      return item;
    }),
  );
}
