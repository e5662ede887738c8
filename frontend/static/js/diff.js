// @ts-check
// Where two texts differ, word by word, and whether a difference may change the meaning; as
// server/domain/differing.py, which has the words that tell. Pure.
/** @typedef {Record<"negation" | "number" | "date" | "opener", Set<string>>} Telling */

const MOST = 1000; // words: more than a question may hold

/**
 * A text's words alone: two texts with the same were both read when one was. As server/domain/wording.py.
 * @param {string} text @returns {string}
 */
export function sameWords(text) {
  const folded = text.normalize("NFKC").toLowerCase();
  const plain = folded.replace(/(?![%‰&@#])\p{P}(?!\p{Nd})|[\p{Z}\p{Cc}]/gu, " ");
  return plain.trim().split(/ +/u).join(" ") || text;
}

/** @param {string} text */
const split = (text) => text.trim().split(/\s+/u).slice(0, MOST);
const digit = (/** @type {string | undefined} */ sign) => /\p{Nd}/u.test(sign ?? "");
const VALUES = /[%‰€$£¥]/u;

/** A word as it is compared: 1.5 is not 15, -5 not 5, don’t is don't. @param {string} word */
function bare(word) {
  const plain = word.toLowerCase().replaceAll("’", "'").replaceAll("−", "-");
  const kept = plain.replace(/[^\p{L}\p{M}\p{N}']/gu, (sign, at) => {
    const inside = digit(plain[at + 1]) && (sign === "-" || (".,:/".includes(sign) && digit(plain[at - 1])));
    return inside || VALUES.test(sign) ? sign : "";
  });
  return kept.replace(/^'+|'+$/g, "");
}

/**
 * The way from `a` to `b`: runs of words that stay, go or come.
 * @param {string} a @param {string} b @returns {{kind: "same" | "del" | "ins", words: string}[]}
 */
export function diff(a, b) {
  const [from, to] = [split(a), split(b)];
  const [had, has] = [from.map(bare), to.map(bare)];
  const rest = Array.from({ length: from.length + 1 }, () => new Uint16Array(to.length + 1));
  for (let i = from.length - 1; i >= 0; i -= 1)
    for (let j = to.length - 1; j >= 0; j -= 1)
      rest[i][j] = had[i] === has[j] ? rest[i + 1][j + 1] + 1 : Math.max(rest[i + 1][j], rest[i][j + 1]);
  /** @type {{kind: "same" | "del" | "ins", words: string}[]} */ const runs = [];
  const add = (/** @type {"same" | "del" | "ins"} */ kind, /** @type {string} */ word) => {
    const last = runs.at(-1);
    if (last?.kind === kind) last.words += ` ${word}`;
    else runs.push({ kind, words: word });
  };
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    if (i < from.length && j < to.length && had[i] === has[j]) {
      add("same", to[j]);
      i += 1;
      j += 1;
    } else if (i < from.length && (j === to.length || rest[i + 1][j] >= rest[i][j + 1])) add("del", from[i++]);
    else add("ins", to[j++]);
  }
  return runs;
}

/** Whether two texts share most of their words, whatever language they are said to be in. @param {string} a @param {string} b */
export function alike(a, b) {
  const shared = diff(a, b).filter(({ kind }) => kind === "same").flatMap(({ words }) => words.split(" "));
  return 2 * shared.length >= Math.max(split(a).length, split(b).length);
}

/** What a differing word is about, or "" where it is an ordinary one. @param {string} word @param {Telling} telling */
function kindOf(word, telling) {
  const plain = bare(word);
  if (telling.negation.has(plain) || plain.endsWith("n't") || plain.startsWith("n'")) return "negation";
  if (telling.number.has(plain) || /\p{N}/u.test(plain) || VALUES.test(plain)) return "number";
  const capital = /^\P{L}*\p{Lu}/u.test(word);
  if (telling.date.has(plain) || telling.date.has(plain.replace(/s$/, "")) || (plain === "may" && capital)) return "date";
  return capital && !telling.opener.has(plain) ? "name" : "";
}

/**
 * What the differing words are about: any of "negation", "number", "date", "name", in that order. A capital
 * where a sentence begins is a name's only where both texts have another word there: "Hello!" before a copy is none.
 * @param {string} a @param {string} b @param {Telling} telling @returns {string[]}
 */
export function warnings(a, b, telling) {
  const kinds = new Set();
  const begins = new Set();
  const first = new Set([a, b].flatMap((text) => [...text.matchAll(/(?:^|[.!?…]\s+)(\S+)/gu)].map((m) => m[1])));
  for (const { kind, words } of diff(a, b)) {
    if (kind === "same") continue;
    for (const word of words.split(" ")) {
      const about = kindOf(word, telling);
      if (about === "name" && first.has(word)) begins.add(kind);
      else kinds.add(about);
    }
  }
  if (begins.size === 2) kinds.add("name");
  return ["negation", "number", "date", "name"].filter((kind) => kinds.has(kind));
}
