// @ts-check
// Which questions were really on this screen: half in view for a second, told at most every 10 s.

const LOOK_MS = 1000;
const TELL_MS = 10_500;
const MOST = 100;

/** @param {HTMLElement} list @param {(m: any) => boolean} send */
export function watch(list, send) {
  /** @type {Set<number>} */ const told = new Set();
  /** @type {Set<number>} */ const fresh = new Set();
  /** @type {Map<Element, number>} */ const timers = new Map();
  const looked = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(timers.get(target));
      const n = Number(/** @type {HTMLElement} */ (target).dataset.n);
      if (isIntersecting && !told.has(n))
        timers.set(target, setTimeout(() => !document.hidden && fresh.add(n), LOOK_MS));
    }
  }, { threshold: 0.5, delay: LOOK_MS / 2 });
  const observe = (/** @type {Iterable<any>} */ nodes) => { for (const node of nodes) looked.observe(node); };
  observe(list.children);
  new MutationObserver((changes) => changes.forEach(({ addedNodes }) => observe(addedNodes))).observe(list, { childList: true });
  setInterval(() => {
    const n = [...fresh].filter((one) => !told.has(one)).slice(0, MOST);
    if (n.length && send({ t: "seen", n })) for (const one of n) { told.add(one); fresh.delete(one); }
  }, TELL_MS);
}
