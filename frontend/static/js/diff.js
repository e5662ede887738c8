// @ts-check
// Where two texts differ, word by word, and whether a difference may change the meaning. Pure.

const MOST = 400;
const NEGATIONS = new Set(
  "no not never none nothing without cannot nicht kein keine keinen keiner keines nie niemals ohne nichts ne pas jamais rien aucun aucune sans nunca nada ningún ninguna sin لا ليس لن لم ما بدون".split(" "),
);
const MONTHS =
  /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez|fév|avr|juin|juil|août|ene|abr|ago|dic|mon|tue|wed|thu|fri|sat|sun|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo)\p{L}*$/iu;

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
/** @param {string} word */
const bare = (word) => word.toLocaleLowerCase().replace(/[^\p{L}\p{N}']/gu, "");

/**
 * The way from `a` to `b`: runs of words that stay, go or come.
 * @param {string} a @param {string} b @returns {{kind: "same" | "del" | "ins", words: string}[]}
 */
export function diff(a, b) {
  const [from, to] = [split(a), split(b)];
  const rest = Array.from({ length: from.length + 1 }, () => new Uint16Array(to.length + 1));
  for (let i = from.length - 1; i >= 0; i -= 1)
    for (let j = to.length - 1; j >= 0; j -= 1)
      rest[i][j] = bare(from[i]) === bare(to[j]) ? rest[i + 1][j + 1] + 1 : Math.max(rest[i + 1][j], rest[i][j + 1]);
  /** @type {{kind: "same" | "del" | "ins", words: string}[]} */ const runs = [];
  const add = (/** @type {"same" | "del" | "ins"} */ kind, /** @type {string} */ word) => {
    const last = runs.at(-1);
    if (last?.kind === kind) last.words += ` ${word}`;
    else runs.push({ kind, words: word });
  };
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    if (i < from.length && j < to.length && bare(from[i]) === bare(to[j])) {
      add("same", to[j]);
      i += 1;
      j += 1;
    } else if (i < from.length && (j === to.length || rest[i + 1][j] >= rest[i][j + 1])) add("del", from[i++]);
    else add("ins", to[j++]);
  }
  return runs;
}

/**
 * What the differing words are about: any of "negation", "number", "date", "name", in that order.
 * @param {string} a @param {string} b @returns {string[]}
 */
export function warnings(a, b) {
  const kinds = new Set();
  const first = new Set([...a.matchAll(/(?:^|[.!?]\s+)(\S+)/gu), ...b.matchAll(/(?:^|[.!?]\s+)(\S+)/gu)].map((m) => m[1]));
  for (const { kind, words } of diff(a, b)) {
    if (kind === "same") continue;
    for (const word of words.split(" ")) {
      const plain = bare(word);
      if (NEGATIONS.has(plain) || plain.endsWith("n't")) kinds.add("negation");
      else if (/\p{N}/u.test(plain)) kinds.add("number");
      else if (MONTHS.test(plain)) kinds.add("date");
      else if (/^\p{Lu}/u.test(word) && !first.has(word)) kinds.add("name");
    }
  }
  return ["negation", "number", "date", "name"].filter((kind) => kinds.has(kind));
}
