// @ts-check
// Where two texts differ, word by word, and whether a difference may change the meaning. Pure.

const MOST = 1000; // words: more than a question may hold
const set = (/** @type {string} */ words) => new Set(words.split(" "));
const NEGATIONS = set(
  "no not never none nothing nobody nor neither without cannot nicht nichts nie niemals niemand kein keine keinen keinem keiner keines ohne weder " +
    "ne pas jamais rien aucun aucune sans non nunca nada nadie ningún ninguna ninguno sin senza niente nessuno nessuna não nem sem nenhum nenhuma " +
    "niet geen nooit zonder bez nigdy не нет без никогда inte ingen ikke değil yok لا ليس لن لم ما بدون",
);
const NUMBERS = set(
  "two three four five six seven eight nine ten eleven twelve twenty thirty fifty hundred thousand million billion half double zwei drei vier fünf sechs " +
    "sieben acht neun zehn elf zwölf zwanzig hundert tausend millionen milliarden halb doppelt deux trois quatre cinq huit neuf dix onze douze vingt cent " +
    "mille dos tres cuatro cinco seis siete ocho nueve diez doce veinte cien mil",
);
const DATES = set(
  "january february march april june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday " +
    "wednesday thursday friday saturday sunday mon tue wed thu fri sat sun today tomorrow yesterday januar jänner februar märz mai juni juli oktober dezember " +
    "mär okt dez montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag heute morgen gestern janvier février mars avril juin juillet août " +
    "septembre octobre novembre décembre lundi mardi mercredi jeudi vendredi samedi dimanche aujourd'hui demain hier enero febrero marzo abril mayo junio " +
    "julio agosto septiembre octubre noviembre diciembre lunes martes miércoles jueves viernes sábado domingo hoy mañana ayer يناير فبراير مارس أبريل مايو " +
    "يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر اليوم غدا أمس",
);
// Words that begin sentences; another one with a capital may be a name, in the first place as anywhere.
const OPENERS = set(
  "why when what who whom whose how where which will would can could shall should may is are was were do does did has have had the a an this that these " +
    "those there it we our you your they their he she i i'm if in on at for from to with after before and but as please since warum wieso weshalb wann was wer " +
    "wen wem wie wo woher wohin welche welcher welches wird werden kann können soll sollen darf dürfen muss müssen gibt ist sind war waren hat haben hatte der " +
    "die das den dem ein eine es wir unser unsere sie ihr ihre ihnen ich in im auf bei für von zu mit nach vor und aber als bitte wenn falls pourquoi quand que " +
    "quel quelle quels quelles qui comment où est sont les le la l un une des il elle nous vous on y peut por qué cuándo quién cómo dónde cuál hay es son se los el una",
);

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

/** What a differing word is about, or "" where it is an ordinary one. @param {string} word */
function kindOf(word) {
  const plain = bare(word);
  if (NEGATIONS.has(plain) || plain.endsWith("n't") || plain.startsWith("n'")) return "negation";
  if (NUMBERS.has(plain) || /\p{N}/u.test(plain) || VALUES.test(plain)) return "number";
  const capital = /^\P{L}*\p{Lu}/u.test(word);
  if (DATES.has(plain) || DATES.has(plain.replace(/s$/, "")) || (plain === "may" && capital)) return "date";
  return capital && !OPENERS.has(plain) ? "name" : "";
}

/**
 * What the differing words are about: any of "negation", "number", "date", "name", in that order. A capital
 * where a sentence begins is a name's only where both texts have another word there: "Hello!" before a copy is none.
 * @param {string} a @param {string} b @returns {string[]}
 */
export function warnings(a, b) {
  const kinds = new Set();
  const begins = new Set();
  const first = new Set([a, b].flatMap((text) => [...text.matchAll(/(?:^|[.!?…]\s+)(\S+)/gu)].map((m) => m[1])));
  for (const { kind, words } of diff(a, b)) {
    if (kind === "same") continue;
    for (const word of words.split(" ")) {
      const about = kindOf(word);
      if (about === "name" && first.has(word)) begins.add(kind);
      else kinds.add(about);
    }
  }
  if (begins.size === 2) kinds.add("name");
  return ["negation", "number", "date", "name"].filter((kind) => kinds.has(kind));
}
