// @ts-check
// The moderators' desk at work: keys and forms to decisions, changes to the page. Focus stays put.
import { call, decide, follow } from "./desk_feed.js";
import { apply, empty, offers, queue } from "./desk_state.js";
import { drawCounts, drawDiff, drawLine, drawList, drawOpen, drawSimilar } from "./desk_view.js";
import { warnings } from "./diff.js";
import { announce, say } from "./words.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const QUEUES = ["waiting", "listed", "appeals", "screened_out", "answered", "merged"];
const KEYS = { l: "list", x: "screen", w: "screen", m: "merge", s: "split", e: "word", b: "send_back", p: "line_up", o: "pick", r: "return", a: "answer", y: "overturn", n: "uphold" };

class DeskPage {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.slug = root.dataset.slug ?? "";
    this.queue = root.dataset.queue ?? "waiting";
    this.delay = Number(root.dataset.delay ?? 0);
    this.since = Number(root.dataset.since ?? 0);
    this.desk = apply(empty(), JSON.parse(at("desk-data").textContent));
    this.q = document.querySelector(".desk-row [aria-current]")?.closest("li")?.dataset.q ?? "";
    this.byAskers = false;
    this.list = at("desk-rows");
    at("by-askers").hidden = this.queue !== "waiting";
    at("show-keys").hidden = false;
    at("desk-more")?.remove();
    at("sort-askers").addEventListener("change", () => this.draw((this.byAskers = at("sort-askers").checked)));
    at("show-keys").addEventListener("click", () => at("keys").showModal());
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("click", (event) => this.click(event));
    document.addEventListener("submit", (event) => this.submit(event));
    document.addEventListener("input", (event) => this.typed(event));
    this.draw();
    this.look();
    follow(this.slug, () => this.desk.position, {
      told: (message) => this.told(message),
      status: (status) => this.status(status),
    });
  }

  get open() {
    return this.rows.find((row) => row.q === this.q) ?? this.desk.questions.get(this.q);
  }

  /** @param {any} message */
  told(message) {
    const before = this.open;
    this.desk = apply(this.desk, message);
    this.draw();
    const after = this.open;
    if (before && after && after.revision !== before.revision && this.deciding !== after.q)
      announce(say("desk_changed", { n: after.n }));
    if (!before && after) this.look();
  }

  /** @param {"live" | "away" | "ended"} status */
  status(status) {
    const node = at("desk-link");
    node.hidden = status === "live";
    node.textContent = status === "live" ? "" : say(status === "away" ? "offline" : "signed_out");
  }

  draw(_ = false) {
    this.rows = queue(this.desk, this.queue, this.byAskers);
    if (!this.q && this.rows.length) this.q = this.rows[0].q;
    const focused = document.activeElement?.closest(".desk-row");
    drawList(this.list, this.rows, this.q, this.queue);
    if (focused && !focused.isConnected) this.list.focus({ preventScroll: true });
    drawOpen(this.open, this.desk.line.numbers);
    drawCounts(this.desk.counts);
    drawLine(this.desk.line.numbers);
  }

  /** Open a question; its folds close, so that nothing typed for another is sent. @param {string} q */
  choose(q) {
    if (q === this.q) return;
    this.q = q;
    for (const fold of document.querySelectorAll("details.fold")) fold.removeAttribute("open");
    for (const form of document.querySelectorAll("form.desk-act")) /** @type {HTMLFormElement} */ (form).reset();
    this.complain("");
    this.draw();
    this.list.querySelector("[aria-current]")?.closest("li")?.scrollIntoView({ block: "nearest" });
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
    this.q = queue(this.desk, name, this.byAskers)[0]?.q ?? "";
    this.draw();
    this.look();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || at("keys").open) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key === "Escape") return this.leave();
    const radios = target.closest(".reasons");
    if (target.closest("input:not([type=radio], [type=checkbox]), textarea, select")) return;
    const fold = document.querySelector("details[data-fold=screen][open]");
    if (fold && (radios || !target.closest("form.desk-act")) && this.reason(event)) return;
    if (event.key === "?") at("keys").showModal();
    else if (event.key === "j" || (event.key === "ArrowDown" && target.closest(".desk-list"))) this.move(1);
    else if (event.key === "k" || (event.key === "ArrowUp" && target.closest(".desk-list"))) this.move(-1);
    else if (/^[1-6]$/.test(event.key) && !fold) this.turnTo(QUEUES[Number(event.key) - 1]);
    else if (event.key in KEYS) this.act(KEYS[/** @type {keyof KEYS} */ (event.key)], event.key === "w");
    else return;
    event.preventDefault();
  }

  /** A digit or letter picks a reason while they are shown. @param {KeyboardEvent} event */
  reason(event) {
    const place = "123456789abcdefghijklmnopqrstuvwxyz".indexOf(event.key);
    const choice = place < 0 ? undefined : document.querySelectorAll(".reasons input")[place];
    if (!choice) return false;
    /** @type {HTMLInputElement} */ (choice).checked = true;
    /** @type {HTMLInputElement} */ (choice).focus();
    this.says();
    event.preventDefault();
    return true;
  }

  leave() {
    for (const fold of document.querySelectorAll("details.fold[open]")) fold.removeAttribute("open");
    this.list.focus({ preventScroll: true });
  }

  /** @param {string} act @param {boolean} withhold */
  act(act, withhold = false) {
    const row = this.open;
    if (!row || !offers(act, row)) return;
    const form = /** @type {HTMLFormElement} */ (document.querySelector(`form[data-act=${act}]`));
    const fold = form?.closest("details");
    if (!form) return;
    if (!fold) return form.requestSubmit();
    fold.open = true;
    const field = withhold ? fold.querySelector("[data-withholds]") : fold.querySelector("input:not([type=hidden]), textarea");
    if (withhold && field) /** @type {HTMLInputElement} */ (field).checked = true;
    if (act === "word") /** @type {any} */ (form.elements.namedItem("wording")).value = row.wording || row.text;
    if (act === "answer" && row.stream_s === null) this.now(form);
    /** @type {HTMLElement | null} */ (field)?.focus();
    this.says();
  }

  /** Where the stream is now: since the meeting went live, less its delay. @param {HTMLFormElement} form */
  now(form) {
    if (!this.since) return;
    const passed = Math.max(0, Math.round((Date.now() - this.since) / 1000) - this.delay);
    const parts = [Math.floor(passed / 3600), Math.floor(passed / 60) % 60, passed % 60];
    /** @type {any} */ (form.elements.namedItem("stream")).value = parts.map((part) => String(part).padStart(2, "0")).join(":");
  }

  /** What the public will read for the chosen reason. */
  says() {
    const choice = /** @type {HTMLInputElement | null} */ (document.querySelector(".reasons input:checked"));
    const place = at("public-says");
    if (!place) return;
    place.hidden = !choice;
    if (choice) place.textContent = say("desk_public", { sentence: choice.dataset.sentence ?? "" });
  }

  /** @param {Event} event */
  typed(event) {
    const target = /** @type {HTMLInputElement} */ (event.target);
    const row = this.open;
    if (target.name === "reason") this.says();
    if (!row) return;
    if (target.name === "wording") {
      at("word-diff").hidden = target.value === row.text;
      drawDiff(at("word-diff"), row.text, target.value);
    }
    if (target.name === "into") this.compare(row, Number(target.value));
  }

  /** @param {any} row @param {number} n */
  compare(row, n) {
    const other = [...this.desk.questions.values()].find((found) => found.n === n && found.q !== row.q);
    at("merge-diff").hidden = !other;
    if (!other) return;
    drawDiff(at("merge-words"), other.text, row.text);
    const kinds = row.lang === other.lang ? warnings(other.text, row.text) : [];
    at("merge-warning").hidden = kinds.length === 0;
    at("merge-warning").textContent = say("desk_differ", { kinds: kinds.map((kind) => say(`differ_${kind}`)).join(", ") });
  }

  /** @param {Event} event */
  async submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("form.desk-act")) return;
    event.preventDefault();
    const row = this.open;
    const place = this.rows.findIndex((found) => found.q === this.q);
    if (!row) return;
    const { act = "" } = form.dataset;
    this.deciding = row.q;
    try {
      const told = await decide(this.slug, act, new FormData(form), this.desk);
      this.complain("");
      if (told.state) {
        const changed = { ...row, state: told.state, revision: told.revision, appeal: act === "overturn" || act === "uphold" ? "" : row.appeal };
        delete changed.copies;
        this.desk = { ...this.desk, questions: new Map(this.desk.questions).set(row.q, changed) };
        announce(say("desk_done", { n: row.n, state: say(`state_${told.state}`) }));
      } else announce(say("desk_line_done", { n: row.n }));
      this.rows = queue(this.desk, this.queue, this.byAskers);
      if (!this.rows.some((found) => found.q === row.q)) this.after(place);
      else this.draw();
      this.leave();
    } catch (error) {
      this.complain(/** @type {Error} */ (error).message);
    } finally {
      this.deciding = undefined;
    }
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
      await call(this.slug, `questions/${this.q}/dismiss`, { other: /** @type {HTMLElement} */ (dismiss).dataset.dismiss }).catch(() => null);
      return this.look();
    }
    const link = target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const tab = link.closest(".desk-tabs a");
    const n = Number(new URLSearchParams(link.search).get("n"));
    const found = link.closest("#desk") && n ? [...this.desk.questions.values()].find((row) => row.n === n) : undefined;
    if (tab) this.turnTo(/** @type {HTMLElement} */ (tab).dataset.queue ?? "waiting");
    else if (found) this.choose(this.rows.find((row) => row.q === found.q)?.q ?? found.q);
    else return;
    event.preventDefault();
  }
}

const root = document.getElementById("desk");
if (root) new DeskPage(root);
