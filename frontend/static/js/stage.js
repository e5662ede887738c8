// @ts-check
// The stage and the overlay: the board's public rows in large type, and a host's few keys.
import { apply, empty } from "./board.js";
import { Live } from "./live.js";
import { ranked } from "./ranking.js";
import { drawWords, say } from "./words.js";

const VIEWS = ["air", "wanted", "join"];
const WANTED = 5;
const NEXT = 3;
const REASONS = 3;
const SEAL_MS = 60_000;
const PATIENCE_MS = 20_000;
const at = (/** @type {string} */ id) => document.getElementById(id);

/** How large a text is drawn; the same steps as in stage_parts.html. @param {string} text */
export function sizeOf(text) {
  const length = [...text].length;
  return length <= 70 ? "short" : length <= 160 ? "middle" : length <= 320 ? "long" : length <= 640 ? "longer" : length <= 1200 ? "longest" : "endless";
}

/** @param {any} row */
function words(row) {
  const said = document.createElement("bdi");
  said.className = "words";
  drawWords(said, row, row.wording || row.text);
  said.dataset.size = sizeOf(said.textContent ?? "");
  return said;
}

/** Replace only what differs, so that nothing flickers. @param {Element | null} place @param {Node[]} nodes */
function fill(place, nodes) {
  if (!place) return;
  const fresh = document.createElement("div");
  fresh.append(...nodes);
  if (same(place, fresh)) return;
  place.replaceChildren(...fresh.childNodes);
}

/** @param {Element} place @param {Element} fresh */
function same(place, fresh) {
  const held = place.childNodes;
  return held.length === fresh.childNodes.length && [...held].every((node, n) => node.isEqualNode(fresh.childNodes[n]));
}

/** @param {any[]} rows @param {boolean} counts */
function items(rows, counts) {
  return rows.map((row) => {
    const item = document.createElement("li");
    if (counts) {
      const votes = document.createElement("b");
      votes.textContent = String(row.votes);
      item.append(votes, " ");
    }
    item.append(words(row));
    return item;
  });
}

/** @param {string[]} texts */
function lines(texts) {
  return texts.map((text) => {
    const line = document.createElement("span");
    line.textContent = text;
    return line;
  });
}

class Stage {
  /** @param {HTMLElement} main */
  constructor(main) {
    this.main = main;
    this.slug = main.dataset.slug ?? "";
    this.overlay = document.body.classList.contains("overlay");
    this.view = 0;
    /** @type {[string, string][]} codes and sentences, in the order of their keys */
    this.skips = JSON.parse(at("skips")?.textContent ?? "[]");
    this.board = apply(empty(), JSON.parse(at("snapshot")?.textContent ?? "{}")).state;
    this.live = new Live(this.slug, {
      where: () => ({ epoch: this.board.epoch || null, pos: this.board.epoch ? this.board.pos : null }),
      message: (message) => this.receive(message),
      status: (status) => this.status(status),
    }, "stage-ticket");
    if (!this.overlay) document.addEventListener("keydown", (event) => this.key(event));
    this.draw();
  }

  /** @param {any} message */
  receive(message) {
    if (message.t !== "snapshot" && message.t !== "delta") return;
    const { state, gap } = apply(this.board, message);
    this.board = state;
    if (gap) this.live.restart();
    this.draw();
  }

  /** @param {string} status */
  status(status) {
    const link = at("link");
    if (!link) return;
    link.hidden = status === "live";
    link.textContent = status === "live" ? "" : say("offline");
  }

  draw() {
    const rows = this.board.rows;
    const aired = [...rows.values()].find((row) => row.state === "on_air");
    const idle = document.createElement("span");
    idle.className = "idle";
    const over = ["closed", "archived"].includes(this.board.meeting.phase);
    idle.textContent = say(over ? "stage_over" : "stage_idle");
    fill(at("air"), aired ? [words(aired)] : this.overlay ? [] : [idle]);
    fill(at("air-about"), aired ? lines(this.about(aired)) : []);
    fill(at("air-picked"), aired?.picked ? lines(this.picked(aired.picked)) : []);
    if (this.overlay) {
      this.main.hidden = !aired;
      return;
    }
    const line = (this.board.meeting.line ?? []).map((/** @type {number} */ n) => rows.get(n)).filter(Boolean);
    const listed = [...rows.values()].filter((row) => row.state === "listed");
    const wanted = ranked(listed, "wanted", 0).slice(0, WANTED);
    fill(at("next"), items(line.slice(0, NEXT), false));
    fill(at("wanted"), items(wanted, true));
    at("next")?.parentElement?.toggleAttribute("hidden", over);
    for (const [id, some] of /** @type {[string, number | boolean][]} */ ([["next-none", line.length || over], ["wanted-none", wanted.length]])) {
      const none = at(id);
      if (none) none.hidden = Boolean(some);
    }
  }

  /** Its number and votes, and how many asked it where these are several. @param {any} row */
  about({ n, votes, askers }) {
    const asked = askers > 1 ? [say("asked_by", { n: askers })] : [];
    return [say(votes === 1 ? "stage_about_one" : "stage_about", { n, votes }), ...asked];
  }

  /** From which place it was picked, and why some above it were passed over. @param {{rank: number, passed: [number, string][]}} picked */
  picked({ rank, passed }) {
    const place = rank === 1 ? say("stage_picked_first") : rank === 2 ? say("stage_picked_second") : say("stage_picked", { rank, last: rank - 1 });
    const sentences = new Map(this.skips);
    const told = passed.filter(([, reason]) => sentences.has(reason)).slice(0, REASONS);
    return [place, ...told.map(([n, reason]) => `${say("number", { n })}: ${sentences.get(reason)}`)];
  }

  /** @param {number} by */
  step(by) {
    this.view = (this.view + by + VIEWS.length) % VIEWS.length;
    document.body.dataset.view = VIEWS[this.view];
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = /** @type {HTMLDialogElement} */ (at("keys"));
    if (keys.open) return;
    const steers = this.main.dataset.steers === "yes" && !event.repeat; // a held key would go on and on
    if (this.skipping && /^[1-9]$/.test(event.key)) this.skip(Number(event.key) - 1);
    else if (["ArrowRight", "ArrowDown", " ", "PageDown"].includes(event.key)) this.step(1);
    else if (["ArrowLeft", "ArrowUp", "PageUp"].includes(event.key)) this.step(-1);
    else if (event.key === "?") keys.showModal();
    else if (steers && event.key === "n") this.post("line/next", {});
    else if (steers && event.key === "a") this.decide("answer", (row, since) => ({ revision: row.revision, stream_s: since, text: "" }));
    else if (steers && event.key === "s") {
      this.skipping = true;
      this.tell(say("stage_skip"));
      return event.preventDefault();
    } else return;
    this.skipping = false;
    event.preventDefault();
  }

  /** @param {number} which */
  skip(which) {
    const [reason] = this.skips[which] ?? [];
    if (reason) this.decide("skip", (row) => ({ revision: row.revision, reason }));
  }

  /** Decide about the question on air as it stands now. @param {string} act @param {(row: any, since: number | null) => any} body */
  async decide(act, body) {
    const answer = await this.ask("line");
    if (!answer) return;
    if (!answer.on_air) return this.tell(say("stage_idle"));
    await this.post(`questions/${answer.on_air.q}/${act}`, body(answer.on_air, answer.since));
  }

  /** @param {string} path @param {any} body */
  async post(path, body) {
    const done = await this.ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    if (done) this.tell("");
  }

  /** @param {string} path @param {RequestInit} [more] @returns {Promise<any>} */
  async ask(path, more = {}) {
    const address = `/api/v1/meetings/${this.slug}/${path}`;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(address, { credentials: "same-origin", signal, ...more }).catch(() => null);
    if (!answer) return this.tell(say(more.method ? "desk_silent" : "offline"));
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) return told;
    return this.tell(told.error?.message ?? say("offline"));
  }

  /** @param {string} text */
  tell(text) {
    const place = at("told");
    if (place) place.textContent = text;
    return null;
  }
}

/** The record grows: show its newest checkpoint once it is loaded, and keep the last one where it is not. */
function seal() {
  const shown = at("seal");
  if (!(shown instanceof HTMLImageElement)) return;
  const address = shown.src;
  setInterval(() => {
    const fresh = new Image();
    fresh.onload = () => { shown.src = fresh.src; };
    fresh.src = `${address}?at=${Date.now()}`;
  }, SEAL_MS);
}

const main = at("stage");
seal();
if (main) new Stage(main);
