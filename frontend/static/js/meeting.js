// @ts-check
// The board page's own entry, at work: messages to state, state to the page, wishes to the socket.
import { Ask } from "./ask.js";
import { apply, counted, differs, empty, says } from "./board.js";
import { Live } from "./live.js";
import * as outbox from "./outbox.js";
import { ranked } from "./ranking.js";
import { Rows } from "./rows.js";
import * as seen from "./seen.js";
import { listen, marks } from "./upvote.js";
import { drawHeading, drawOnAir, drawPill, drawPlace, drawStatus, fillRow } from "./view.js";
import { announce, say } from "./words.js";

const SPLIT_SPREAD_MS = 3000; // thousands of pages must not ask in one instant
const DOUBT_SPREAD_MS = 5000; // what one page doubts, many may
const AWAY_MS = 2000; // a blink of the network is not worth words

class MeetingPage {
  /** @param {HTMLElement} config */
  constructor(config) {
    const { slug = "", order = "wanted", search = "", seed = "0" } = config.dataset;
    this.slug = slug;
    this.order = order;
    this.search = search;
    this.seed = Number(seed);
    this.mayVote = config.dataset.canVote === "yes";
    const list = /** @type {HTMLElement} */ (document.getElementById("rows"));
    const first = JSON.parse(document.getElementById("snapshot")?.textContent ?? "{}");
    this.board = apply(empty(), first).state;
    this.doubts = 0;
    this.box = outbox.start(numbers(config.dataset.votes), numbers(config.dataset.own));
    document.getElementById("all-rows")?.remove(); // this page draws them all
    this.known = new Set(this.board.rows.keys());
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("row-template"));
    this.rows = new Rows(list, template, (node, row) =>
      fillRow(node, row, this.box, this.votable, slug),
      (row) => `${marks(this.box, row.n)}/${this.votable}`,
    );
    this.list = list;
    listen(list, (n, on) => this.wish(n, on));
    document.getElementById("pill")?.addEventListener("click", () => this.showNew());
    addEventListener("scroll", () => this.known.size < this.board.rows.size && this.draw(), { passive: true });
    this.draw();
    if (config.dataset.signedIn === "yes") this.join(slug);
  }

  get votable() {
    return this.mayVote && this.board.meeting.voting;
  }

  /** @param {string} slug */
  join(slug) {
    this.live = new Live(slug, {
      where: () => ({ epoch: this.board.epoch || null, pos: this.board.epoch ? this.board.pos : null }),
      message: (message) => this.receive(message),
      status: (status, place) => this.status(status, place),
    });
    const send = (/** @type {any} */ message) => this.live?.send(message) ?? false;
    seen.watch(this.list, send);
    const form = /** @type {HTMLFormElement | null} */ (document.getElementById("ask"));
    if (form) this.ask = new Ask(form, { send, rows: () => this.board.rows.values(), slug });
  }

  /** @param {"live" | "away" | "ended" | "waiting"} status @param {import("./live.js").Place | null} place */
  status(status, place = null) {
    drawPlace(place);
    clearTimeout(this.away);
    const draw = () => {
      this.linked = status;
      this.drawLink();
    };
    if (status === "away") this.away = setTimeout(draw, AWAY_MS);
    else draw();
    if (status === "ended") announce(say("signed_out"));
  }

  /** How the line is, and how many wishes have waited for their answer for more than a blink. */
  drawLink() {
    if (!this.box.pending.size) {
      clearTimeout(this.slow);
      this.slow = undefined;
      this.overdue = false;
    } else this.slow ??= setTimeout(() => this.late(), AWAY_MS);
    if (this.linked) drawStatus(this.linked, this.overdue ? this.box.pending.size : 0);
  }

  late() {
    this.overdue = true;
    this.drawLink();
  }

  /** @param {any} message */
  receive(message) {
    switch (message.t) {
      case "snapshot":
      case "delta": {
        const { state, gap } = apply(this.board, message);
        this.board = state;
        if (message.t === "delta" && message.merged) this.box = outbox.merged(this.box, message.merged);
        if (message.split?.length) this.askAnew();
        if (gap) this.live?.restart();
        else if (this.doubted(message)) this.live?.restart(DOUBT_SPREAD_MS);
        break;
      }
      case "welcome": {
        this.mayVote = message.role === "attendee";
        const { box, messages } = outbox.welcomed(this.box, message);
        this.box = box;
        for (const again of messages) this.live?.send(again);
        break;
      }
      case "own":
        this.box = outbox.reminded(this.box, message);
        break;
      case "ack":
        this.box = outbox.acknowledged(this.box, message);
        this.board = counted(this.board, message);
        break;
      case "asked":
        if (this.ask?.answer(message) && message.number) this.box.own.add(message.number);
        break;
      case "refused":
        if (!this.ask?.answer(message)) this.refused(message);
        break;
      default:
        return;
    }
    this.draw();
  }

  /**
   * Twice another digest in a row: this board is wrong, however that came, and is asked for as a whole.
   * Once may be a vote of one's own that was answered before its tick. @param {any} message
   */
  doubted(message) {
    if (message.digest) this.doubts = differs(this.board, message) ? this.doubts + 1 : 0;
    if (this.doubts < 2) return false;
    this.doubts = 0;
    this.board = { ...this.board, epoch: "" }; // shown until the whole one is here
    return true;
  }

  /** After a split votes stand as they were before: ask for one's own, each page at its own moment. */
  askAnew() {
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.askOwn(), Math.random() * SPLIT_SPREAD_MS);
  }

  /** Own votes as they stand, beside the open socket; what is answered meanwhile there is newer. */
  async askOwn() {
    const line = this.live?.line;
    if (!line) return; // the next welcome tells
    const answer = await fetch(`/api/v1/meetings/${this.slug}/votes`, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok) return;
    const told = await answer.json();
    if (this.live?.line !== line) return;
    this.box = outbox.reminded(this.box, told);
    this.draw();
  }

  /** @param {any} message */
  refused(message) {
    const { box, again, wait, undone } = outbox.refused(this.box, message, Date.now(), Math.random());
    this.box = box;
    if (again && wait) {
      announce(say("kept"));
      setTimeout(() => this.again(again), wait * 1000);
    } else if (again) this.live?.send(again);
    if (undone !== null) {
      const words = say("rolled_back", { n: undone, why: message.message });
      announce(words);
      notice(words);
    }
  }

  /** Send a kept wish again, unless a newer one has taken its place. @param {any} message */
  again(message) {
    if (this.box.pending.get(message.n)?.r === message.r) this.live?.send(message);
  }

  /** @param {number} n @param {boolean} on */
  wish(n, on) {
    if (!this.live || this.live.ended) return false;
    const { box, message } = outbox.wish(this.box, n, on, Date.now());
    this.box = box;
    if (!this.live.send(message)) announce(say("kept"));
    this.draw();
    return true;
  }

  showNew() {
    for (const n of this.board.rows.keys()) this.known.add(n);
    this.draw();
    document.getElementById("questions-title")?.scrollIntoView();
  }

  draw() {
    const { rows, counts, meeting } = this.board;
    const matching = [...rows.values()].filter((row) => says(row, this.search));
    const listed = matching.filter((row) => row.state !== "on_air");
    // New ones slip in while the top of the list is in view; otherwise the pill tells of them.
    const nothingMoves = this.list.childElementCount === 0 || document.hidden;
    if (nothingMoves || this.list.getBoundingClientRect().top >= 0)
      for (const n of rows.keys()) this.known.add(n);
    const shown = listed.filter((row) => this.known.has(row.n));
    this.rows.show(ranked(shown, this.order, this.seed));
    drawOnAir([...rows.values()].find((row) => row.state === "on_air"));
    drawHeading(counts, meeting, shown.length, rows.size > 0);
    drawPill(listed.length - shown.length);
    this.drawLink();
  }
}

/** Numbers as the server wrote them. @param {string | undefined} text */
const numbers = (text) => (text ? text.split(" ").map(Number) : []);

/** Words that stay until the next ones. @param {string} text */
function notice(text) {
  let place = document.getElementById("vote-notice");
  if (!place) {
    place = document.createElement("p");
    place.id = "vote-notice";
    place.className = "complaint";
    document.getElementById("rows")?.before(place);
  }
  place.textContent = text;
}

new MeetingPage(/** @type {HTMLElement} */ (document.getElementById("live")));
