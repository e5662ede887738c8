// @ts-check
// The list on the page: one node per question, moved and changed in place. The row under focus or
// pointer keeps its place, and nothing moves within a second of somebody using the list.
import { pinned, staying } from "./moves.js";

const QUIET_MS = 1000;
const GLIDE_MS = 180;
const GLIDE_ROWS = 300; // measuring more costs a slow phone its frame

export class Rows {
  /**
   * @param {HTMLElement} list @param {HTMLTemplateElement} template @param {(node: HTMLElement, row: any) => void} fill
   * @param {(row: any) => string} beside what `fill` draws that is not in the row itself
   */
  constructor(list, template, fill, beside) {
    this.list = list;
    this.template = template;
    this.fill = fill;
    this.beside = beside;
    /** @type {Map<number, {row: any, beside: string}>} */
    this.drawn = new Map();
    /** @type {Map<number, HTMLElement>} */
    this.nodes = new Map();
    for (const node of list.children) this.nodes.set(Number(node.dataset.n), node);
    /** @type {any[]} */
    this.rows = [];
    this.touched = -QUIET_MS;
    this.later = 0;
    /** @type {{held: HTMLElement | null, top: number, tops: Map<Element, number>} | undefined} */
    this.next = undefined;
    this.frame = 0;
    for (const kind of ["pointermove", "pointerdown", "pointerleave", "focusin", "focusout", "keydown"])
      list.addEventListener(kind, () => this.touch(), { passive: true });
  }

  touch() {
    this.touched = performance.now();
    this.settle();
  }

  settle() {
    clearTimeout(this.later);
    const wait = this.touched + QUIET_MS - performance.now();
    this.later = setTimeout(() => this.show(this.rows), Math.max(0, wait) + 20);
  }

  /**
   * Show these rows in this order: values at once, moves when the list is quiet. Measured before the
   * first change and after the last, so that the browser lays out once for each message.
   * @param {any[]} rows
   */
  show(rows) {
    this.rows = rows;
    const plan = performance.now() - this.touched < QUIET_MS ? null : this.plan();
    const before = plan?.moves ? this.measure(plan) : null;
    const kept = new Set(rows.map((row) => row.n));
    for (const [n, node] of this.nodes) if (!kept.has(n)) this.drop(n, node);
    for (const row of rows) {
      const node = this.nodes.get(row.n);
      if (node && this.changed(row)) this.fill(node, row);
    }
    if (!plan) this.settle();
    else if (before) this.arrange(plan, before);
  }

  /** Is there anything new to draw? Of hundreds of rows a message touches a few. @param {any} row */
  changed(row) {
    const [last, beside] = [this.drawn.get(row.n), this.beside(row)];
    if (last?.row === row && last?.beside === beside) return false;
    this.drawn.set(row.n, { row, beside });
    return true;
  }

  /** @param {number} n @param {HTMLElement} node */
  drop(n, node) {
    this.drawn.delete(n);
    const focused = node.contains(document.activeElement);
    node.remove();
    this.nodes.delete(n);
    if (focused) document.getElementById("main")?.focus({ preventScroll: true });
  }

  /** @param {any} row */
  node(row) {
    const found = this.nodes.get(row.n);
    if (found) return found;
    const made = /** @type {HTMLElement} */ (
      document.importNode(this.template.content, true).firstElementChild
    );
    this.changed(row);
    this.fill(made, row);
    this.nodes.set(row.n, made);
    return made;
  }

  held() {
    const focused = this.list.querySelector(":scope > :focus-within");
    return focused ?? this.list.querySelector(":scope > :hover");
  }

  /** Where each row belongs, and which of them may stay where they are. */
  plan() {
    const rows = new Set(this.rows.map((row) => row.n));
    const current = [.../** @type {HTMLCollectionOf<HTMLElement>} */ (this.list.children)].filter((node) => rows.has(Number(node.dataset.n)));
    const index = new Map(current.map((node, at) => [node, at]));
    let wanted = this.rows.map((row) => this.node(row));
    const held = /** @type {HTMLElement | null} */ (this.held());
    if (held && index.has(held)) wanted = pinned(wanted, held, index.get(held) ?? 0);
    const stay = staying(wanted.map((node) => index.get(node) ?? -1));
    return { current, wanted, stay, held, moves: stay.size < wanted.length };
  }

  /** @param {{current: HTMLElement[], held: HTMLElement | null}} plan */
  measure({ current, held }) {
    return { tops: tops(current), top: held ? held.getBoundingClientRect().top + scrollY : 0 };
  }

  /** @param {{wanted: HTMLElement[], stay: Set<number>, held: HTMLElement | null}} plan @param {{tops: Map<Element, number>, top: number}} before */
  arrange({ wanted, stay, held }, before) {
    for (let at = wanted.length - 1; at >= 0; at -= 1)
      if (!stay.has(at)) place(this.list, wanted[at], wanted[at + 1] ?? null);
    if (this.next?.held !== held) this.next = undefined;
    this.next ??= { held, ...before };
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.steady());
  }

  /** Before the moved rows are painted: what is held stands where it stood, the others glide. */
  steady() {
    const { held, top, tops: before } = this.next ?? { held: null, top: 0, tops: new Map() };
    this.next = undefined;
    // Rows of other heights above it would shift it under the finger.
    if (held?.isConnected) scrollBy(0, held.getBoundingClientRect().top + scrollY - top);
    glide(before, held);
  }
}

/** Move or insert; what had focus in it keeps it. @param {any} list @param {HTMLElement} node @param {HTMLElement | null} next */
export function place(list, node, next) {
  if (list.moveBefore && node.isConnected) {
    list.moveBefore(node, next);
    return;
  }
  const active = document.activeElement;
  const focus = node.contains(active) ? /** @type {HTMLElement} */ (active) : null;
  list.insertBefore(node, next);
  focus?.focus({ preventScroll: true });
}

/** @param {Element[]} nodes */
function tops(nodes) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (still || document.hidden || nodes.length > GLIDE_ROWS) return new Map();
  return new Map(nodes.map((node) => [node, node.getBoundingClientRect().top]));
}

/** @param {Map<Element, number>} before @param {Element | null} held */
function glide(before, held) {
  for (const [node, top] of before) {
    if (node === held || !node.isConnected) continue;
    const shift = top - node.getBoundingClientRect().top;
    const inView = top > -200 && top < innerHeight + 200;
    if (shift && inView)
      node.animate(
        [{ transform: `translateY(${shift}px)` }, { transform: "none" }],
        { duration: GLIDE_MS, easing: "ease-out" },
      );
  }
}
