// @ts-check
// How a page stays live: ticket, hello, reconnecting with full jitter, quiet when hidden; by a socket, or
// by a stream of events while sockets do not come through (lines.js).
import { openEvents, openSocket } from "./lines.js";

const PING_MS = 20_000;
const SILENT_MS = 45_000;
const LONGEST_WAIT_MS = 30_000;
const ANSWER_MS = 5_000; // on another network, or awake again: a line that lives answers sooner
const FIRST_MS = 10_000; // a proxy may take an upgrade and never pass a word on
const REFUSED = 2; // sockets in a row that never opened: try the other way
const EVENTS_MS = 300_000; // so long by events before a socket is tried again
const REST_MS = 10_000; // hidden for so long: a stream would hold one of the browser's few connections

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {{number: number, wait_s: number, again_s: number, slip: string}} Place */

/** This tab's device name; kept over reloads. */
function device() {
  let name = sessionStorage.getItem("device");
  if (!name) {
    const bytes = crypto.getRandomValues(new Uint8Array(10));
    name = [...bytes].map((byte) => (byte % 36).toString(36)).join("");
    sessionStorage.setItem("device", name);
  }
  return name;
}

/** Until when this tab goes by events; kept over reloads. */
const eventsUntil = () => Number(sessionStorage.getItem("events") ?? 0);
const goByEvents = () => sessionStorage.setItem("events", String(Date.now() + EVENTS_MS * (0.8 + 0.4 * Math.random())));

export class Live {
  /**
   * @param {string} slug
   * @param {{where: () => {epoch: string | null, pos: string | null}, message: (m: any) => void, status: (s: "live" | "away" | "ended" | "waiting", place?: Place) => void}} on
   * @param {"ticket" | "stage-ticket"} ticket which door: a person's, or the stage's that needs no sign-in
   */
  constructor(slug, on, ticket = "ticket") {
    this.slug = slug;
    this.ticket = ticket;
    this.on = on;
    this.tries = 0;
    /** @type {Line | null} */
    this.current = null;
    this.heard = 0;
    this.spread = 0;
    this.refused = 0;
    this.slip = "";
    this.ended = false;
    setInterval(() => this.beat(), PING_MS);
    document.addEventListener("visibilitychange", () => this.look());
    addEventListener("online", () => this.doubt());
    addEventListener("pageshow", (event) => event.persisted && this.doubt());
    this.connect();
  }

  get open() {
    return this.current !== null && Boolean(this.welcomed);
  }

  /** The connection that is open, to tell whether it still is; null while there is none. */
  get line() {
    return this.open ? this.current : null;
  }

  /** True when it was sent; the caller keeps what must not be lost. @param {any} message */
  send(message) {
    if (!this.open) return false;
    this.current?.send(message);
    return true;
  }

  /** Start again from the last position, within so many ms: something was missed. */
  restart(spread = 0) {
    this.spread = spread;
    this.current?.close();
  }

  async connect() {
    if (this.ended || this.current || this.connecting) return;
    clearTimeout(this.timer);
    this.connecting = true;
    try {
      const ticket = await this.admission();
      if (ticket) this.begin(ticket, Date.now() < eventsUntil());
    } catch {
      this.again();
    } finally {
      this.connecting = false;
    }
  }

  /** A ticket; null when none will come, or when there is a line to wait in: then it asks again by itself. */
  async admission() {
    const answer = await fetch(`/api/v1/meetings/${this.slug}/${this.ticket}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(this.slip ? { slip: this.slip } : {}),
      credentials: "same-origin",
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.status === 401 || answer.status === 403) return this.end();
    if (!answer.ok) throw new Error(`ticket: ${answer.status}`);
    const { ticket, place } = await answer.json();
    this.slip = place?.slip ?? "";
    if (place && !this.current) {
      this.on.status("waiting", place);
      this.timer = setTimeout(() => this.connect(), place.again_s * 1000);
    }
    return place ? null : ticket;
  }

  /** @param {string} ticket @param {boolean} events */
  begin(ticket, events) {
    const hello = { ticket, d: device(), ...this.on.where() };
    /** @type {Line} */
    const line = (events ? openEvents : openSocket)(this.slug, hello, {
      heard: () => { if (this.current === line) this.heard = Date.now(); },
      message: (message) => {
        if (message.t === "welcome") this.entered(line);
        if (this.current === line) this.receive(message); // else given up already: another one speaks now
      },
      closed: (opened) => {
        clearTimeout(first);
        if (events && !opened) this.trySockets(); // a full door refuses both ways alike: nothing is blocked
        else if (!opened && ++this.refused >= REFUSED) goByEvents();
        if (this.current === line) this.lost();
      },
    });
    const first = setTimeout(() => {
      if (this.current === line ? this.welcomed : this.probing !== line) return;
      if (!events) goByEvents();
      this.drop(line);
    }, FIRST_MS);
    if (this.current) this.probing = line;
    else {
      this.current = line;
      this.welcomed = false;
      this.heard = Date.now();
    }
  }

  /** The first word is here. A socket that was tried beside a stream takes its place. @param {Line} line */
  entered(line) {
    if (!line.events) this.trySockets();
    if (line === this.current || line !== this.probing) return;
    const before = this.current;
    this.current = line;
    this.probing = null;
    this.heard = Date.now();
    before?.close();
  }

  /** Sockets come through, as far as is known. */
  trySockets() {
    this.refused = 0;
    sessionStorage.removeItem("events");
  }

  /** @param {any} message */
  receive(message) {
    if (message.t === "welcome") {
      this.welcomed = true;
      this.tries = 0;
      this.on.status("live");
      this.look();
    } else if (message.t === "bye") this.spread = message.spread * 1000;
    this.on.message(message);
  }

  /** Go on without waiting for its close: a dead network may never tell of it. @param {Line} line */
  drop(line) {
    const lost = this.current === line;
    if (lost) this.current = null;
    else this.probing = null;
    line.close();
    if (lost) this.again();
  }

  lost() {
    this.current = null;
    this.again();
  }

  again() {
    if (this.ended) return;
    this.on.status("away");
    const most = this.spread || Math.min(LONGEST_WAIT_MS, 500 * 2 ** this.tries);
    this.spread = 0;
    this.tries += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), Math.random() * most);
  }

  end() {
    this.ended = true;
    const lines = [this.current, this.probing];
    this.current = this.probing = null;
    for (const line of lines) line?.close();
    this.on.status("ended");
    return null;
  }

  beat() {
    const line = this.current;
    if (!line) return;
    if (Date.now() - this.heard > SILENT_MS) this.drop(line);
    else if (!line.events) this.send({ t: "ping" });
    else if (this.open && Date.now() > eventsUntil() && !document.hidden) this.probe();
  }

  /** At leisure: does a socket come through by now? The stream goes on meanwhile. */
  async probe() {
    goByEvents();
    const ticket = await this.admission().catch(() => null);
    if (ticket && this.current?.events) this.begin(ticket, false);
  }

  look() {
    clearTimeout(this.resting);
    if (this.current?.events) {
      if (document.hidden) this.resting = setTimeout(() => this.rest(), REST_MS);
    } else this.send({ t: "passive", on: document.hidden });
    if (!document.hidden && (!this.current || Date.now() - this.heard > PING_MS + ANSWER_MS)) this.doubt();
  }

  /** A line may have died without a word: ask, and go on without it where nothing comes back. */
  doubt() {
    const [line, heard] = [this.current, this.heard];
    if (!line) return void this.connect();
    this.send({ t: "ping" }); // by post it ends the line itself, if it fails
    if (line.events) return;
    setTimeout(() => { if (this.current === line && this.heard === heard) this.drop(line); }, ANSWER_MS);
  }

  /** A hidden page lets its stream go; looked at again, it goes on from its position. */
  rest() {
    const line = this.current;
    if (!document.hidden || !line?.events) return;
    this.current = null;
    line.close();
  }
}
