// @ts-check
// The only module that opens sockets: ticket, hello, reconnecting with full jitter, quiet when hidden.

const PING_MS = 20_000;
const SILENT_MS = 45_000;
const LONGEST_WAIT_MS = 30_000;

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

export class Live {
  /**
   * @param {string} slug
   * @param {{where: () => {epoch: string | null, pos: string | null}, message: (m: any) => void, status: (s: "live" | "away" | "ended") => void}} on
   * @param {"ticket" | "stage-ticket"} ticket which door: a person's, or the stage's that needs no sign-in
   */
  constructor(slug, on, ticket = "ticket") {
    this.slug = slug;
    this.ticket = ticket;
    this.on = on;
    this.tries = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.heard = 0;
    this.spread = 0;
    this.ended = false;
    setInterval(() => this.beat(), PING_MS);
    document.addEventListener("visibilitychange", () => this.look());
    addEventListener("online", () => this.connect());
    addEventListener("pageshow", (event) => event.persisted && this.connect());
    this.connect();
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN && this.welcomed;
  }

  /** The connection that is open, to tell whether it still is; null while there is none. */
  get line() {
    return this.open ? this.socket : null;
  }

  /** True when it was sent; the caller keeps what must not be lost. @param {any} message */
  send(message) {
    if (!this.open) return false;
    this.socket?.send(JSON.stringify(message));
    return true;
  }

  /** Start again from the last position, within so many ms: something was missed. */
  restart(spread = 0) {
    this.spread = spread;
    this.socket?.close(1000);
  }

  async connect() {
    if (this.ended || this.socket || this.connecting) return;
    clearTimeout(this.timer);
    this.connecting = true;
    try {
      const answer = await fetch(`/api/v1/meetings/${this.slug}/${this.ticket}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
        credentials: "same-origin",
        signal: AbortSignal.timeout(10_000),
      });
      if (answer.status === 401 || answer.status === 403) return this.end();
      if (!answer.ok) throw new Error(`ticket: ${answer.status}`);
      this.hello((await answer.json()).ticket);
    } catch {
      this.again();
    } finally {
      this.connecting = false;
    }
  }

  /** @param {string} ticket */
  hello(ticket) {
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/live/${this.slug}`);
    this.socket = socket;
    this.welcomed = false;
    this.heard = Date.now();
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ t: "hello", ticket, d: device(), ...this.on.where() }));
    });
    socket.addEventListener("message", (event) => {
      if (this.socket !== socket) return; // given up already: another one speaks now
      this.heard = Date.now();
      this.receive(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.again();
    });
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
    this.on.status("ended");
  }

  beat() {
    if (!this.socket) return;
    if (Date.now() - this.heard > SILENT_MS) {
      // A dead network may never tell us of the close: go on without waiting for it.
      const dead = this.socket;
      this.socket = null;
      dead.close();
      this.again();
    } else this.send({ t: "ping" });
  }

  look() {
    this.send({ t: "passive", on: document.hidden });
    if (!document.hidden && !this.socket) this.connect();
  }
}
