// @ts-check
// The moderators' desk at work: keys and forms to decisions, changes to the page. Focus stays put, and
// what somebody is typing stays too, whatever the others decide meanwhile.
import { call, decide, follow } from "./desk_feed.js";
import { begun, foldAll, reason, typed, unfold } from "./desk_form.js";
import { DeskList } from "./desk_list.js";
import { drawCopies, drawLine, drawMembers, drawSimilar } from "./desk_side.js";
import { apply, copies, empty, members, moved, offers, ordered, queue, reversal, suggests, toggled } from "./desk_state.js";
import { byName, drawCounts, drawOpen, inSight, me, setRow } from "./desk_view.js";
import { announce, say } from "./words.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const HELD = ["j", "k", "ArrowUp", "ArrowDown"]; // these may be held; a held decision would decide unread questions
const QUEUES = ["waiting", "listed", "appeals", "screened_out", "answered", "merged"];
const KEYS = { l: "list", x: "screen", w: "screen", m: "merge", c: "merge_copies", S: "split_all", e: "word", b: "send_back", p: "line_up", o: "pick", r: "return", a: "answer", y: "overturn", n: "uphold", z: "skip" };

class DeskPage {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.slug = root.dataset.slug ?? "";
    this.queue = root.dataset.queue ?? "waiting";
    this.since = Number(root.dataset.since ?? 0);
    this.desk = apply(empty(), JSON.parse(at("desk-data").textContent));
    this.q = root.dataset.open ?? "";
    this.byAskers = false;
    this.list = at("desk-rows");
    this.shown = new DeskList(this.list, at("desk-row"));
    at("by-askers").hidden = this.queue !== "waiting";
    at("show-keys").hidden = false;
    for (const node of document.querySelectorAll(".without-script")) node.remove();
    at("sort-askers").addEventListener("change", () => this.draw((this.byAskers = at("sort-askers").checked)));
    at("show-keys").addEventListener("click", () => at("keys").showModal());
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("click", (event) => this.click(event));
    document.addEventListener("submit", (event) => this.submit(event));
    document.addEventListener("input", (event) => typed(/** @type {HTMLInputElement} */ (event.target), this.open, this.desk.questions.values()));
    this.draw();
    this.look();
    follow(this.slug, () => this.desk.position, {
      told: (message) => this.told(message),
      status: (status) => this.status(status),
    });
  }

  get open() {
    return this.desk.questions.get(this.q);
  }

  /** @param {any} message */
  told(message) {
    const [before, looks] = [this.open, suggests(this.desk, message)];
    this.desk = apply(this.desk, message);
    if (message.questions.length || message.counts) this.draw();
    const after = this.open;
    if (before && after && after.revision !== before.revision && this.deciding !== after.q) this.changed(before, after);
    if (after && (!before || looks)) this.look();
  }

  /** Somebody else decided on the open question: said aloud, and in sight of whoever is typing. @param {any} before @param {any} after */
  changed(before, after) {
    announce(say("desk_changed", { n: after.n }));
    if (!begun()) return;
    const same = before.state === after.state;
    this.complain(say(same ? "desk_meanwhile_same" : "desk_meanwhile", { by: byName(after.by), n: after.n, state: say(`state_${after.state}`) }));
  }

  /** @param {"live" | "away" | "ended"} status */
  status(status) {
    at("desk-link").hidden = status === "live";
    at("desk-link").textContent = status === "live" ? "" : say(status === "away" ? "offline" : "desk_ended");
    if (status === "ended") this.complain(say("desk_ended"));
  }

  draw(_ = false) {
    this.rows = queue(this.desk, this.queue, this.byAskers);
    if (!this.q && this.rows.length) this.q = this.rows[0].q;
    const open = this.rows.find((row) => row.q === this.q) ?? this.open;
    this.shown.show(this.rows, this.q, this.queue);
    at("desk-none").hidden = this.rows.length > 0;
    drawOpen(open, this.desk.line.numbers);
    drawMembers(open, members(this.desk, open));
    drawCopies(open, copies(this.desk, open));
    drawCounts(this.desk.counts);
    drawLine(this.desk);
  }

  /** Open a question; its folds close, so that nothing typed for another is sent. @param {string} q @param {boolean} read show its words, too */
  choose(q, read = true) {
    if (q === this.q) return;
    this.q = q;
    foldAll();
    for (const form of document.querySelectorAll("form.desk-act")) /** @type {HTMLFormElement} */ (form).reset();
    this.complain("");
    this.draw();
    inSight(read);
    this.look();
  }

  /** Similar questions of the open one. */
  look() {
    clearTimeout(this.looking);
    const q = this.q;
    this.looking = setTimeout(async () => {
      const found = q ? await call(this.slug, `questions/${q}/similar`).catch(() => ({ questions: [] })) : { questions: [] };
      if (q === this.q) drawSimilar(found.questions);
    }, 120);
  }

  /** @param {number} by */
  move(by) {
    const place = this.rows.findIndex((row) => row.q === this.q);
    const next = this.rows[Math.max(0, Math.min(this.rows.length - 1, place + by))];
    if (next) this.choose(next.q);
  }

  /** @param {string} name */
  turnTo(name) {
    this.queue = name;
    for (const tab of document.querySelectorAll(".desk-tabs a")) {
      if (/** @type {HTMLElement} */ (tab).dataset.queue === name) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    }
    at("by-askers").hidden = name !== "waiting";
    history.replaceState(null, "", `?queue=${name}`);
    this.q = "";
    const first = queue(this.desk, name, this.byAskers)[0];
    if (first) this.choose(first.q, false);
    else this.draw();
    this.look();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || at("keys").open || (event.repeat && !HELD.includes(event.key))) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key === "Escape") return this.leave();
    if (target.closest("input:not([type=radio], [type=checkbox]), textarea, select")) return;
    const fold = document.querySelector("details[open] input[name=reason]")?.closest("form");
    if (fold && (fold.contains(target) || !target.closest("form.desk-act")) && reason(event, this.open)) return;
    const up = event.key === "ArrowUp";
    if (event.key === "?") at("keys").showModal();
    else if (event.shiftKey && (up || event.key === "ArrowDown")) this.moveInLine(target, up ? -1 : 1);
    else if (event.key === "j" || (event.key === "ArrowDown" && target.closest(".desk-list"))) this.move(1);
    else if (event.key === "k" || (up && target.closest(".desk-list"))) this.move(-1);
    else if (/^[1-6]$/.test(event.key) && !fold) this.turnTo(QUEUES[Number(event.key) - 1]);
    else if (event.key === "v" && this.open) this.act(reversal(this.open) ?? "");
    else if (event.key === "s") this.split();
    else if (event.key in KEYS) this.act(KEYS[/** @type {keyof KEYS} */ (event.key)], event.key === "w");
    else return;
    event.preventDefault();
  }

  leave() {
    foldAll();
    this.complain("");
    this.draw();
    this.list.focus({ preventScroll: true });
  }

  /** @param {string} act @param {boolean} withhold */
  act(act, withhold = false) {
    const row = this.open;
    if (!row || !offers(act, row, me())) return;
    if (unfold(act, row, { withhold, since: this.since })) return;
    /** @type {HTMLFormElement | null} */ (document.querySelector(`form[data-act=${act}]`))?.requestSubmit();
  }

  /** Split the open one off its head; on a head, go to the next of its members' own buttons. */
  split() {
    if (this.open?.state === "merged") return this.act("split");
    const buttons = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("form.desk-split button")]);
    const held = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    buttons[(held + 1) % buttons.length]?.focus();
  }

  /** The number in the line that has focus, else the open one, one place on. @param {HTMLElement} target @param {number} by */
  moveInLine(target, by) {
    const n = Number(/** @type {HTMLElement | null} */ (target.closest("#desk-line li"))?.dataset.n ?? this.open?.n);
    const words = (/** @type {number[]} */ order) => say("desk_place", { n, place: order.indexOf(n) + 1, count: order.length });
    this.arrange((numbers) => moved(numbers, n, by), words);
  }

  /** Add a question to the line's end, or take it out where it stands in it. @param {number} n */
  lineUp(n) {
    this.arrange((numbers) => toggled(numbers, n), () => say("desk_line_done", { n }));
  }

  /**
   * One after the other: a second press is meant for the line that the first one makes.
   * @param {(numbers: number[]) => number[]} change @param {(order: number[]) => string} words
   */
  arrange(change, words) {
    this.arranging = Promise.resolve(this.arranging).then(() => this.order(change, words));
  }

  /** @param {(numbers: number[]) => number[]} change @param {(order: number[]) => string} words */
  async order(change, words) {
    const { numbers, revision } = this.desk.line;
    const order = change(numbers);
    if (order.join() === numbers.join()) return;
    try {
      const told = await call(this.slug, "line", { revision, numbers: order });
      this.desk = ordered(this.desk, { revision: told.revision, numbers: order });
      this.complain("");
      this.draw();
      announce(words(order));
    } catch (error) {
      this.complain(/** @type {Error} */ (error).message);
    }
  }

  /** @param {SubmitEvent} event */
  async submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("form.desk-act, form.desk-split, form.desk-move")) return;
    event.preventDefault();
    const { submitter } = event;
    if (form.matches(".desk-move")) return this.moveInLine(form, Number(/** @type {any} */ (submitter)?.value ?? 1));
    const fields = new FormData(form, submitter);
    const row = this.desk.questions.get(String(fields.get("q")));
    if (!row) return;
    const { act = "split" } = form.dataset;
    if (act === "line_up") return this.lineUp(row.n);
    if (this.deciding === row.q) return;
    const place = this.rows.findIndex((found) => found.q === row.q); // the feed may take it away first
    this.deciding = row.q;
    try {
      this.decided(row, act, await decide(this.slug, act, fields), place);
    } catch (error) {
      await this.refused(form, /** @type {any} */ (error));
    } finally {
      if (this.deciding === row.q) this.deciding = undefined;
    }
  }

  /** The feed may have told of it already, and of more: then that stands. @param {any} row @param {string} act @param {any} told @param {number} place */
  decided(row, act, told, place) {
    this.complain("");
    const appeal = act === "overturn" || act === "uphold" ? "" : row.appeal;
    const known = this.desk.questions.get(row.q) ?? row;
    const changed = known.revision >= told.revision ? known : { ...known, ...told.said, state: told.state, revision: told.revision, appeal, into: told.state === "merged" ? known.into : null };
    this.desk = { ...this.desk, questions: new Map(this.desk.questions).set(row.q, changed) };
    announce(say("desk_done", { n: row.n, state: say(`state_${told.state}`) }));
    if (row.q !== this.q) return this.draw();
    foldAll();
    this.rows = queue(this.desk, this.queue, this.byAskers);
    if (act !== "merge_copies" && place >= 0 && !this.rows.some((found) => found.q === row.q)) this.after(place);
    else this.draw();
    this.list.focus({ preventScroll: true });
  }

  /** What was typed is kept; where somebody decided first, it may be sent again on what is now. @param {HTMLFormElement} form @param {any} error */
  async refused(form, error) {
    if (form.dataset.act === "merge_copies") this.leave(); // its list is made anew, of what is now
    const kept = form.closest("details[open]");
    if (error.code === "contended") {
      const message = await call(this.slug, `desk?after=${this.desk.position}&wait=0`).catch(() => null);
      if (message) this.told(message);
      if (this.open && form.matches(".desk-act")) setRow(form, this.open);
    }
    this.complain(error.code === "contended" && kept ? `${error.message} ${say("desk_kept", { n: this.open?.n ?? "" })}` : error.message);
  }

  /** Go on with the question that took the decided one's place. @param {number} place */
  after(place) {
    const next = this.rows[Math.min(place, this.rows.length - 1)];
    this.q = "";
    if (next) this.choose(next.q);
    else this.draw();
  }

  /** @param {string} text */
  complain(text) {
    at("desk-error").textContent = text;
    at("desk-error").hidden = !text;
  }

  /** @param {MouseEvent} event */
  async click(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const dismiss = target.closest("[data-dismiss]");
    if (dismiss) {
      const { dismiss: other, of = this.q } = /** @type {HTMLElement} */ (dismiss).dataset;
      this.complain(await call(this.slug, `questions/${of}/dismiss`, { other }).then(() => "", (error) => error.message));
      return this.look();
    }
    const link = target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const tab = link.closest(".desk-tabs a");
    const n = Number(new URLSearchParams(link.search).get("n"));
    const found = link.closest("#desk") && n ? [...this.desk.questions.values()].find((row) => row.n === n) : undefined;
    if (tab) this.turnTo(/** @type {HTMLElement} */ (tab).dataset.queue ?? "waiting");
    else if (found) this.choose(found.q);
    else return;
    event.preventDefault();
  }
}

const root = document.getElementById("desk");
if (root) new DeskPage(root);
