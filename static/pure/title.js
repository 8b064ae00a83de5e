// @ts-check

/** @typedef {{running: number, failed: number}} Counts */

/**
 * The title of a page: what runs and what failed comes first, because a tab shows little of it.
 * @param {Counts} counts @param {string} plain the title without counts
 */
export function titleWith({ running, failed }, plain) {
  const words = [running > 0 && `${running} running`, failed > 0 && `${failed} failed`].filter(Boolean);
  return words.length ? `${words.join(", ")} · ${plain}` : plain;
}

/** The file of the icon that goes with it. @param {Counts} counts */
export function iconFor({ running, failed }) {
  const words = [running > 0 && "running", failed > 0 && "failed"].filter(Boolean);
  return ["favicon", ...words].join("-") + ".svg";
}
