// What the store does with one person's wishes (server/store/functions/votes.lua), for histories in the
// browser's language; a test holds it against the real store.

export class VotesServer {
  constructor(votes = new Set(), counters = new Map(), last = [0, 0]) {
    this.votes = votes;
    this.counters = counters;
    this.last = last; // where the event stream stands: milliseconds, and a number within one
  }

  copy() {
    return new VotesServer(new Set(this.votes), new Map(this.counters), this.last);
  }

  told(slot) {
    const votes = [...this.votes].sort((a, b) => a - b);
    return { votes, own: [], c: this.counters.get(slot) ?? 0, at: this.last.join("-") };
  }

  cast({ n, on, c }, slot, now = 0) {
    const known = this.counters.get(slot) ?? 0;
    if (c > known) {
      this.counters.set(slot, c);
      if (on !== this.votes.has(n)) this.last = now > this.last[0] ? [now, 0] : [this.last[0], this.last[1] + 1];
      if (on) this.votes.add(n);
      else this.votes.delete(n);
    } else if (this.votes.has(n) !== on) return { stale: true, c: known };
    return { stale: false, c, at: this.last.join("-") };
  }
}

/** The answers to a run of wishes, each with its slot, and what stands in the end. */
export function castAll({ wishes }) {
  const server = new VotesServer();
  const answers = wishes.map(([vote, slot]) => server.cast(vote, slot).stale);
  return { answers, votes: server.told(0).votes };
}
