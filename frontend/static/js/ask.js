// @ts-check
// The ask form: a counter, hints, and sending over the socket. Without an answer the form posts
// itself with the same id, so that nothing is lost and nothing is asked twice.
import { similar } from "./similar.js";
import { announce, say } from "./words.js";

const ANSWER_MS = 6000;
const HINT_MS = 300;
const MOST_TICKETS = 3; // the page of own questions has them all
const segmenter = "Segmenter" in Intl ? new Intl.Segmenter() : null;

/** @param {string} text */
export function length(text) {
  return segmenter ? [...segmenter.segment(text)].length : [...text].length;
}

/** A new id: 16 random bytes as 22 characters. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export class Ask {
  /** @param {HTMLFormElement} form @param {{send: (m: any) => boolean, rows: () => Iterable<any>, slug: string}} board */
  constructor(form, board) {
    this.form = form;
    this.board = board;
    this.text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
    this.least = Number(form.dataset.min);
    this.most = Number(form.dataset.max);
    this.r = 0;
    this.text.addEventListener("input", () => this.typed());
    nameLanguages(form);
    hideBarOver(form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  typed() {
    const used = length(this.text.value.trim());
    const limit = document.getElementById("ask-limit");
    if (limit) {
      limit.classList.toggle("over", used > this.most);
      limit.textContent =
        used > this.most
          ? say("over", { n: used - this.most })
          : used < this.least
            ? say("short", { n: this.least - used })
            : say("left", { n: this.most - used });
    }
    clearTimeout(this.hinting);
    this.hinting = setTimeout(() => this.hint(), HINT_MS);
  }

  hint() {
    const place = document.getElementById("similar");
    if (!place) return;
    const found = similar(this.text.value, this.board.rows());
    const template = /** @type {HTMLTemplateElement} */ (place.querySelector("template"));
    const items = found.map((row) => {
      const item = document.importNode(template.content, true);
      const link = /** @type {HTMLAnchorElement} */ (item.querySelector("a"));
      const words = /** @type {HTMLElement} */ (item.querySelector("bdi"));
      link.href = `/m/${this.board.slug}/q/${row.n}`;
      words.textContent = row.wording || row.text;
      words.lang = row.lang;
      return item;
    });
    place.querySelector("ul")?.replaceChildren(...items);
    /** @type {HTMLElement} */ (place).hidden = found.length === 0;
  }

  /** @param {string} name */
  field(name) {
    return /** @type {HTMLInputElement | null} */ (this.form.elements.namedItem(name));
  }

  /** Seal it, then send it over the socket; without one, or without an answer, the form posts itself. */
  async submit() {
    this.busy(true);
    const value = (/** @type {string} */ name) => this.field(name)?.value ?? "";
    const seal = await this.seal(value("q"));
    const message = {
      t: "ask", q: value("q"), text: this.text.value, lang: value("lang") || null,
      name: value("name").trim() || null, after: Number(value("after")) || null, r: ++this.r + 1e9,
      salt: seal?.salt ?? null, hl: seal?.hl ?? null,
    };
    if (!this.board.send(message)) return this.form.submit();
    this.waiting = message.r;
    this.timer = setTimeout(() => this.form.submit(), ANSWER_MS);
  }

  /** Locks that only this browser can open; the form carries them, too. @param {string} q */
  async seal(q) {
    if (!document.getElementById("log")) return null;
    const receipts = await import("./receipts.js").catch(() => null);
    const seal = (await receipts?.sealFor(q, this.text.value, this.board.slug)) ?? null;
    for (const [name, value] of [["salt", seal?.salt], ["hl_w", seal?.hl.w], ["hl_a", seal?.hl.a]]) {
      const field = this.field(name ?? "");
      if (field) field.value = value ?? "";
    }
    return seal;
  }

  /** @param {boolean} on */
  busy(on) {
    clearTimeout(this.timer);
    const button = /** @type {HTMLButtonElement} */ (this.form.querySelector("button[type=submit]"));
    button.disabled = on;
  }

  /** True when this message was the answer. @param {any} message */
  answer(message) {
    if (message.r !== this.waiting || this.waiting === undefined) return false;
    this.waiting = undefined;
    this.busy(false);
    if (message.t === "refused") {
      this.complain(say("refused", { why: message.message }));
      return true;
    }
    this.complain("");
    this.form.reset();
    this.text.value = "";
    for (const done of this.form.querySelectorAll("[name=after], .notice")) done.remove();
    /** @type {HTMLInputElement} */ (this.form.elements.namedItem("q")).value = newId();
    this.typed();
    this.receipt(message);
    return true;
  }

  /** @param {string} text */
  complain(text) {
    let place = this.form.querySelector(".complaint");
    if (!place) {
      place = document.createElement("p");
      place.className = "complaint";
      place.setAttribute("role", "alert");
      this.text.before(place);
    }
    place.textContent = text;
    /** @type {HTMLElement} */ (place).hidden = !text;
  }

  /** @param {any} asked */
  receipt(asked) {
    const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("ticket-template"));
    if (!template) return;
    const ticket = /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
    const number = /** @type {HTMLElement} */ (ticket.querySelector(".number"));
    number.textContent = asked.number ? say("ticket", { n: asked.number }) : say("numbering");
    const fate = `/m/${this.board.slug}/fate/${asked.fate}`;
    /** @type {HTMLAnchorElement} */ (ticket.querySelector("a")).href = fate;
    [ticket.dataset.q, ticket.dataset.fate] = [asked.q, fate];
    const earlier = document.querySelectorAll(".asking > .ticket");
    if (earlier.length >= MOST_TICKETS) earlier[earlier.length - 1].remove();
    (earlier[0] ?? this.form).before(ticket);
    announce(`${say("saved")} ${number.textContent}`);
    if (document.getElementById("log")) import("./receipts.js").then((receipts) => receipts.prove(ticket));
  }
}

/** Each language by its own name instead of its tag. @param {HTMLFormElement} form */
function nameLanguages(form) {
  for (const option of form.querySelectorAll("#ask-lang option")) {
    const tag = option.getAttribute("value") ?? "";
    try {
      option.textContent = new Intl.DisplayNames([tag], { type: "language", fallback: "code" }).of(tag) ?? tag;
    } catch (odd) {
      if (!(odd instanceof RangeError)) throw odd;
      option.textContent = tag; // no language tag to this browser: the others keep their names
    }
  }
}

/** The bar that leads to the form leaves when the form is in view. @param {HTMLElement} form */
function hideBarOver(form) {
  const bar = /** @type {HTMLElement | null} */ (document.querySelector(".ask-bar"));
  if (!bar || matchMedia("(min-width: 60rem)").matches) return;
  new IntersectionObserver(([entry]) => {
    bar.hidden = entry.isIntersecting || form.hidden;
  }).observe(form.querySelector("textarea") ?? form);
}
