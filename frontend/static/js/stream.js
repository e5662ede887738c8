// @ts-check
// The stream beside the board: nothing is loaded from anywhere before a click.
import { say } from "./words.js";

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
  video.addEventListener("error", () => failed(place));
  place.querySelector(".screen")?.replaceChildren(video);
  if (place.dataset.kind === "hls" && !video.canPlayType("application/vnd.apple.mpegurl")) {
    await import(place.dataset.player ?? "");
    const Hls = /** @type {any} */ (globalThis).Hls;
    if (!Hls?.isSupported()) return failed(place);
    // Our policy lets no worker run; the page parses segments itself.
    const hls = new Hls({ enableWorker: false, startPosition: place.dataset.at ? start : -1 });
    hls.on(Hls.Events.ERROR, (/** @type {string} */ _, /** @type {any} */ data) => data.fatal && failed(place));
    hls.loadSource(source);
    hls.attachMedia(video);
  } else video.src = source;
  video.focus();
}

/** The link stays: whoever cannot watch here watches there. @param {HTMLElement} place */
function failed(place) {
  const told = place.querySelector(".told");
  if (told) told.textContent = say("stream_failed");
}

const place = document.getElementById("stream");
if (place?.dataset.kind === "hls" || place?.dataset.kind === "video") offer(place);
