// What the store does with one person's wishes (server/store/functions/votes.lua), for histories in the
// browser's language; a test holds it against the real store.

export class VotesServer {
  constructor(votes = new Set(), counters = new Map()) {
    this.votes = votes;
    this.counters = counters;
  }

  copy() {
    return new VotesServer(new Set(this.votes), new Map(this.counters));
  }

  told(slot) {
    return { votes: [...this.votes].sort((a, b) => a - b), own: [], c: this.counters.get(slot) ?? 0 };
  }

  cast({ n, on, c }, slot) {
    const known = this.counters.get(slot) ?? 0;
    if (c > known) {
      this.counters.set(slot, c);
      if (on) this.votes.add(n);
      else this.votes.delete(n);
    } else if (this.votes.has(n) !== on) return { stale: true, c: known };
    return { stale: false, c };
  }
}

/** The answers to a run of wishes, each with its slot, and what stands in the end. */
export function castAll({ wishes }) {
  const server = new VotesServer();
  const answers = wishes.map(([vote, slot]) => server.cast(vote, slot).stale);
  return { answers, votes: server.told(0).votes };
}
