// @ts-check
// Colours that can be read: the meeting's accent against paper and ink. Pure.

const LEAST_CONTRAST = 7;

/** @param {string} colour "#rrggbb" */
function channels(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** Relative luminance as WCAG has it. @param {string} colour */
function luminance(colour) {
  const [red, green, blue] = channels(colour).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {string} one @param {string} other */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Black or white, whichever reads better on `colour`. @param {string} colour */
export function inkOn(colour) {
  return contrast(colour, "#111111") >= contrast(colour, "#ffffff") ? "#111111" : "#ffffff";
}

/** `colour` with as little of `ink` as makes it readable on `paper`. @param {string} colour @param {string} ink @param {string} paper */
export function readable(colour, ink, paper) {
  const [from, to] = [channels(colour), channels(ink)];
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = from.map((value, at) => Math.round(value + (to[at] - value) * share));
    const found = `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
    if (contrast(found, paper) >= LEAST_CONTRAST) return found;
  }
  return ink;
}
