// @ts-check
// The stream beside the board: nothing is loaded from anywhere before a click.
import { say } from "./words.js";

const LONGEST_WAIT_MS = 30_000;
const MOST_TRIES = 12; // some five minutes
const BROKEN_AGAIN_MS = 5000; // a picture that breaks this soon after it was mended stays broken

/** @typedef {{isSupported: () => boolean, new (config: object): any, Events: Record<string, string>}} HlsClass */

/** @param {HTMLElement} place */
function offer(place) {
  const button = place.querySelector("button");
  button?.addEventListener("click", () => {
    button.hidden = true;
    load(place).catch(() => failed(place));
  });
}

/** @param {HTMLElement} place */
async function load(place) {
  const video = document.createElement("video");
  video.controls = true;
  video.playsInline = true;
  video.autoplay = true;
  video.setAttribute("aria-label", place.dataset.label ?? "");
  const source = place.dataset.src ?? "";
  const start = Number(place.dataset.at ?? "");
  if (place.dataset.at) video.addEventListener("loadedmetadata", () => (video.currentTime = start), { once: true });
  place.querySelector(".screen")?.replaceChildren(video);
  // Also where the browser could play it by itself: only the player says a break from what is not there.
  const byPlayer = "MediaSource" in globalThis || !video.canPlayType("application/vnd.apple.mpegurl");
  if (place.dataset.kind === "hls" && byPlayer) {
    await import(place.dataset.player ?? "");
    const Hls = /** @type {any} */ (globalThis).Hls;
    if (!Hls?.isSupported()) return failed(place);
    // Our policy lets no worker run; the page parses segments itself.
    const hls = new Hls({ enableWorker: false, startPosition: place.dataset.at ? start : -1 });
    mend(place, hls, Hls, source);
    hls.loadSource(source);
    hls.attachMedia(video);
  } else {
    const again = trying(place, () => {
      const [at, src] = [video.currentTime, video.src];
      video.addEventListener("loadedmetadata", () => at && (video.currentTime = at), { once: true });
      video.src = src; // loads anew
      video.play().catch(() => undefined); // paused it stays, and its button works
    });
    video.addEventListener("error", () => (video.error?.code === MediaError.MEDIA_ERR_NETWORK ? again.broke() : failed(place)));
    video.addEventListener("canplay", () => again.works());
    video.src = source;
  }
  video.focus();
}

/**
 * What the player could not mend by itself (its documentation, "Fatal Error Recovery"): a break of the
 * network is tried again, a broken picture is decoded anew once. An answer of 4xx is one: it is not there.
 * @param {HTMLElement} place @param {any} hls @param {any} Hls @param {string} source
 */
function mend(place, hls, Hls, source) {
  let listed = false;
  let mended = -BROKEN_AGAIN_MS;
  const again = trying(place, () => (listed ? hls.startLoad() : hls.loadSource(source)));
  hls.on(Hls.Events.MANIFEST_PARSED, () => (listed = true));
  hls.on(Hls.Events.FRAG_LOADED, () => again.works());
  hls.on(Hls.Events.ERROR, (/** @type {string} */ _, /** @type {any} */ data) => {
    if (!data.fatal) return;
    const answered = data.response?.code >= 400 && data.response.code < 500;
    const now = performance.now();
    if (data.type === Hls.ErrorTypes.NETWORK_ERROR && !answered && again.broke()) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && now - mended > BROKEN_AGAIN_MS) {
      mended = now;
      return hls.recoverMediaError();
    }
    hls.destroy();
    failed(place);
  });
}

/** Tries with growing pauses, told in words until it works. @param {HTMLElement} place @param {() => void} load */
function trying(place, load) {
  let tries = 0;
  let timer = 0;
  const go = () => {
    clearTimeout(timer);
    timer = 0;
    load();
  };
  addEventListener("online", () => timer && go());
  return {
    /** False when it was tried often enough. */
    broke() {
      if (tries === MOST_TRIES) {
        failed(place);
        return false;
      }
      tell(place, "stream_again");
      clearTimeout(timer);
      timer = setTimeout(go, Math.min(LONGEST_WAIT_MS, 1000 * 2 ** tries));
      tries += 1;
      return true;
    },
    works() {
      if (tries) tell(place, "");
      tries = 0;
    },
  };
}

/** @param {HTMLElement} place @param {string} key a sentence, '' for none */
function tell(place, key) {
  const told = place.querySelector(".told");
  if (told) told.textContent = key && say(key);
}

/** The link stays: whoever cannot watch here watches there. @param {HTMLElement} place */
function failed(place) {
  tell(place, "stream_failed");
}

const place = document.getElementById("stream");
if (place?.dataset.kind === "hls" || place?.dataset.kind === "video") offer(place);
