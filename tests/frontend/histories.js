// Seeded histories of one person with two devices and a server of two processes: presses, lost and late
// messages, cut lines, tabs that are reloaded, a server that forgets; by sockets, and by streams with posts,
// which any process answers on a line of its own. In the end everybody must mean the same.
import * as outbox from "../../frontend/static/js/outbox.js";
import { VotesServer } from "./votes_server.js";

const QUESTIONS = [1, 2, 3, 4];
const OF_EACH = [[1, 2, 3], [3, 4]]; // which of them each device presses
const ACTS = "press press press serve serve serve hear hear hear cut connect connect read wait look look tell probe reload forget".split(" ");

/** A small seeded generator (mulberry32): numbers below `n`. */
export function dice(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

class Device {
  constructor(slot, node, posts) {
    Object.assign(this, { slot, node, posts, box: outbox.start(), line: null, beside: null });
    Object.assign(this, { waits: [], asked: null, pressed: new Map() });
  }

  /** By posts: what is said goes up beside the stream, one vote after the other, and is answered there. */
  open(node, posts) {
    const heard = { held: null, welcomed: false, heard: false, posting: false };
    return { device: this, node, posts, up: [], down: [], answers: [], ...heard };
  }

  send(message) {
    if (this.line?.heard) this.line.up.push(message);
  }
}

export class History {
  constructor(seed, exchange) {
    this.roll = dice(seed);
    this.exchange = exchange;
    this.now = 1_000;
    this.server = new VotesServer();
    this.backups = [this.server.copy()];
    const [slots, nodes] = [this.roll(16) === 0 ? [3, 3] : [3, 9], this.roll(2) ? [0, 0] : [0, 1]];
    this.devices = [0, 1].map((i) => new Device(slots[i], nodes[i], this.roll(2) === 0));
    this.late = []; // lines that their device has given up, and whose last words may still come
    this.forgot = this.reloaded = false;
    this.apart = null; // a question that one device alone presses, and that its page shows otherwise
    this.reloads = this.roll(2) === 1;
    this.sameSlot = slots[0] === slots[1];
  }

  lines() {
    return [...this.devices.flatMap(({ line, beside }) => [line, beside]), ...this.late].filter(Boolean);
  }

  press(device) {
    const mine = OF_EACH[this.devices.indexOf(device)];
    const n = mine[this.roll(mine.length)];
    const done = outbox.wish(device.box, n, !outbox.ticked(device.box, n), this.now);
    device.box = done.box;
    device.pressed.set(n, done.message.on);
    device.send(done.message);
  }

  serve() {
    const lines = this.lines().filter((line) => line.up.length && line.welcomed && !line.posting);
    if (!lines.length) return;
    const line = lines[this.roll(lines.length)];
    const vote = line.up.shift();
    const [luck, node] = [this.roll(20), line.posts ? this.roll(2) : line.node];
    line.posting = line.posts;
    const answers = line.posts ? line.answers : line.down;
    if (luck === 0) return answers.push({ t: "refused", code: "busy", r: vote.r, retry_in: 1 });
    if (luck === 1) return answers.push({ t: "refused", code: "not_saved", r: vote.r, retry_in: 1 });
    const { stale, c, at } = this.server.cast(vote, line.device.slot, this.now);
    if (luck === 2) return answers.push({ t: "refused", code: "not_saved", r: vote.r, retry_in: 1 });
    if (stale) return answers.push({ t: "refused", code: "stale", r: vote.r, c });
    const ack = { t: "ack", n: vote.n, on: vote.on, at };
    answers.push({ ...ack, r: vote.r });
    for (const other of this.lines())
      if ((other !== line || line.posts) && other.node === node && this.exchange) other.down.push({ ...ack, r: 0 });
  }

  hear(device) {
    if (device.beside?.welcomed) this.change(device);
    const { line } = device;
    if (!line?.welcomed) return;
    const byPost = line.answers.length > 0 && (!line.down.length || this.roll(4) > 0);
    const message = (byPost ? line.answers : line.down).shift();
    if (byPost) line.posting = false;
    if (!message) return;
    if (message.t === "welcome") {
      line.heard = true;
      const { box, messages } = outbox.welcomed(device.box, this.exchange ? message : { ...message, c: Infinity });
      device.box = { ...box, c: Math.max(device.box.c, message.c) };
      for (const again of messages) device.send(again);
    } else if (message.t === "own") device.box = outbox.reminded(device.box, message);
    else if (message.t === "ack") device.box = outbox.acknowledged(device.box, message);
    else {
      const { box, again, wait } = outbox.refused(device.box, message, this.now);
      device.box = box;
      if (again && wait) device.waits.push(again);
      else if (again) device.send(again);
    }
  }

  /** The line breaks for the device; what it said last is lost, or comes later. */
  cut(device) {
    const { line } = device;
    if (!line) return;
    device.line = device.beside = null;
    if (this.roll(2)) line.up = [];
    line.down = [];
    line.answers = [];
    if (line.up.length) this.late.push(line);
  }

  connect(device) {
    if (!device.line) device.line = device.open(device.node, device.posts);
  }

  /** A socket is tried beside the stream, at whichever process. */
  probe(device) {
    if (device.line?.posts && device.line.heard && !device.beside) device.beside = device.open(this.roll(2), false);
  }

  /** It speaks: it takes the stream's place. */
  change(device) {
    const { beside } = device;
    this.cut(device);
    device.line = beside;
  }

  /** The server looks up what is theirs, and tells it in a later step; what it hears of meanwhile comes after. */
  read(device) {
    const line = device.beside ?? device.line;
    if (!line || line.welcomed) return;
    if (!line.held) line.held = { t: "welcome", ...this.server.told(device.slot) };
    else {
      line.down.unshift(line.held);
      Object.assign(line, { held: null, welcomed: true });
    }
  }

  wait(device) {
    const again = device.waits.shift();
    if (again && device.box.pending.get(again.n)?.r === again.r) device.send(again);
  }

  /** The page is looked at again: it asks for its own votes beside the socket, while that is open. */
  look(device) {
    const { line, asked } = device;
    if (!asked) {
      if (line?.heard) device.asked = { line, told: this.server.told(device.slot) };
      return;
    }
    device.asked = null;
    if (asked.line === line) device.box = outbox.reminded(device.box, asked.told);
  }

  /** A process looks up what is theirs, and tells it in a later step where they cast something elsewhere. */
  tell(device) {
    const { line } = device;
    if (!this.exchange || !line?.welcomed) return;
    if (!line.held) line.held = { t: "own", ...this.server.told(device.slot) };
    else {
      line.down.push(line.held);
      line.held = null;
    }
  }

  tellNow(device) {
    device.line.held = null; // what was looked up before
    for (let i = 0; i < 2; i++) this.tell(device);
  }

  reload(device) {
    if (!this.reloads || this.roll(4)) return;
    this.cut(device);
    Object.assign(device, { waits: [], asked: null, box: outbox.start(this.server.told(device.slot).votes) });
    this.reloaded = true;
  }

  forget() {
    if (this.roll(6)) return this.backups.push(this.server.copy());
    this.server = this.backups[this.roll(this.backups.length)].copy();
    this.forgot = true;
    this.late = []; // the processes end with their store
    for (const device of this.devices) {
      if (device.line) device.line.up = [];
      this.cut(device);
      device.asked = null;
    }
  }

  play(steps) {
    for (let i = 0; i < steps; i++) {
      this.now += this.roll(50);
      this[ACTS[this.roll(ACTS.length)]](this.devices[this.roll(2)]);
    }
    this.settle();
    this.apart = this.otherwise();
    // What a device does not hear of at once, its process looks for. Where it does not, a new connection tells
    // those that hang at two processes.
    const apart = this.devices[0].node !== this.devices[1].node || this.devices.some((device) => device.posts);
    for (const device of this.devices)
      if (this.exchange) this.tellNow(device);
      else if (apart) this.cut(device);
    this.settle();
  }

  calm() {
    const quiet = (line) => line?.heard && !line.down.length && !line.answers.length && !line.posting;
    const done = ({ line, beside, box, waits }) => quiet(line) && !beside && !box.pending.size && !waits.length;
    return this.devices.every(done) && this.lines().every((line) => !line.up.length);
  }

  /** Everything arrives. */
  settle() {
    for (let round = 0; round < 200 && !this.calm(); round++) {
      this.now += 1_000;
      for (const device of this.devices) {
        this.connect(device);
        this.read(device);
        for (let i = 0; i < 9; i++) {
          this.serve();
          this.hear(device);
          this.wait(device);
        }
      }
    }
  }

  /** A question that one device alone presses is known to its page without another welcome. */
  otherwise() {
    for (const [i, { box }] of this.devices.entries())
      for (const n of OF_EACH[i])
        if (!OF_EACH[1 - i].includes(n) && !this.reloaded && outbox.ticked(box, n) !== this.server.votes.has(n)) return n;
    return null;
  }

  /** What is wrong in the end; nothing, if all is well. */
  wrong() {
    if (this.apart !== null) return `question ${this.apart}: its page shows what stood before`;
    for (const n of QUESTIONS) {
      const [stands, [a, b]] = [this.server.votes.has(n), this.devices];
      if (a.box.pending.size || b.box.pending.size) return `question ${n}: a wish is not answered`;
      if (this.devices.some(({ box }) => outbox.ticked(box, n) !== stands)) return `question ${n}: the pages differ`;
      const [one, other] = a.pressed.has(n) ? [a, b] : [b, a];
      const alone = one.pressed.has(n) && !other.pressed.has(n) && !this.reloaded && !this.sameSlot;
      if (alone && one.pressed.get(n) !== stands) return `question ${n}: the last wish does not stand`;
    }
    return null;
  }
}

/** How many of the histories from `first` on go wrong, the first such in words, and how many forgot. */
export function play({ first, count, steps, exchange }) {
  const told = { wrong: 0, example: null, forgot: 0 };
  for (let seed = first; seed < first + count; seed++) {
    const history = new History(seed, exchange);
    history.play(steps);
    const wrong = history.wrong();
    told.forgot += Number(history.forgot);
    told.wrong += Number(wrong !== null);
    if (wrong && !told.example) told.example = `seed ${seed}: ${wrong}`;
  }
  return told;
}
