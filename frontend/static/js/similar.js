// @ts-check
// "These look alike": shared words between a draft and public questions. A hint, never a gate. Pure.

const LEAST_SHARE = 0.4;
const MOST = 3;

/** @param {string} text @returns {Set<string>} */
export function wordsOf(text) {
  const found = text.toLocaleLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? [];
  return new Set(found.map((word) => word.slice(0, 6))); // crude stems: "freeze", "freezes"
}

/** @template {{n: number, text: string, wording?: string | null}} R @param {string} draft @param {Iterable<R>} rows @returns {R[]} */
export function similar(draft, rows) {
  const mine = wordsOf(draft);
  if (mine.size < 2) return [];
  return [...rows]
    .map((row) => {
      const theirs = wordsOf(`${row.text} ${row.wording ?? ""}`);
      const shared = [...mine].filter((word) => theirs.has(word)).length;
      return { row, share: shared < 2 ? 0 : shared / Math.min(mine.size, theirs.size) };
    })
    .filter(({ share }) => share >= LEAST_SHARE)
    .sort((a, b) => b.share - a.share || a.row.n - b.row.n)
    .slice(0, MOST)
    .map(({ row }) => row);
}
