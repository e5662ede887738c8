// @ts-check
// The rows of a queue on the page: one node per question, changed only where its value changed, moved
// as little as possible. Thousands of rows are drawn in a few milliseconds because most are untouched.
import { asked } from "./desk_state.js";
import { votesOf } from "./desk_view.js";
import { staying } from "./moves.js";
import { place } from "./rows.js";
import { setTime } from "./times.js";
import { setText } from "./upvote.js";
import { drawWords, say } from "./words.js";

export class DeskList {
  /** @param {HTMLElement} list @param {HTMLTemplateElement} template */
  constructor(list, template) {
    this.list = list;
    this.template = template;
    /** @type {Map<string, {node: HTMLElement, seen: string, row?: any, queue?: string}>} */
    this.held = new Map();
    for (const node of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll(":scope > li")))
      this.held.set(node.dataset.q ?? "", { node, seen: "" });
    /** @type {HTMLElement[]} */
    this.nodes = [...this.held.values()].map(({ node }) => node);
    this.open = "";
  }

  /** @param {any[]} rows in order @param {string} open id of the open one @param {string} queue */
  show(rows, open, queue) {
    const focused = document.activeElement?.closest(".desk-row");
    const wanted = rows.map((row) => this.node(row, queue));
    const index = new Map(this.nodes.map((node, at) => [node, at]));
    const kept = new Set(wanted);
    for (const node of this.nodes)
      if (!kept.has(node)) {
        this.held.delete(node.dataset.q ?? "");
        node.remove();
      }
    const stay = staying(wanted.map((node) => index.get(node) ?? -1));
    for (let at = wanted.length - 1; at >= 0; at -= 1)
      if (!stay.has(at)) place(this.list, wanted[at], wanted[at + 1] ?? null);
    this.nodes = wanted;
    this.mark(open);
    if (focused && !focused.isConnected) this.list.focus({ preventScroll: true });
  }

  /** The row's node with its present values. @param {any} row @param {string} queue */
  node(row, queue) {
    let held = this.held.get(row.q);
    if (!held) {
      const made = document.importNode(this.template.content, true).firstElementChild;
      held = { node: /** @type {HTMLElement} */ (made), seen: "" };
      this.held.set(row.q, held);
    }
    if (held.row === row && held.queue === queue) return held.node; // the same value, as most are
    const seen = `${row.revision}/${row.votes}/${row.copies}/${row.gone}/${asked(row)}/${queue}`;
    if (held.seen !== seen) fillRow(held.node, row, queue);
    Object.assign(held, { seen, row, queue });
    return held.node;
  }

  /** @param {string} open */
  mark(open) {
    const mine = (/** @type {string} */ q) => this.held.get(q)?.node.querySelector("a");
    if (open !== this.open) mine(this.open)?.removeAttribute("aria-current");
    mine(open)?.setAttribute("aria-current", "true");
    this.open = open;
  }
}

/** @param {HTMLElement} node @param {any} row @param {string} queue */
function fillRow(node, row, queue) {
  node.dataset.q = row.q;
  node.dataset.n = String(row.n);
  /** @type {HTMLAnchorElement} */ (node.querySelector("a")).href = `?queue=${queue}&n=${row.n}#desk-open`;
  setText(node.querySelector(".number"), String(row.n));
  drawWords(node.querySelector(".words"), row, row.wording || row.text);
  setText(node.querySelector(".airs"), row.state === "on_air" ? say("state_on_air") : "");
  const people = asked(row);
  setText(node.querySelector(".asked"), people > 1 ? say("desk_asked", { n: people }) : "");
  setText(node.querySelector(".votes-of"), row.state === "received" ? "" : votesOf(row));
  setTime(/** @type {HTMLElement} */ (node.querySelector("time")), row.at, Date.now());
}
