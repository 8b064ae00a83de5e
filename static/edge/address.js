// @ts-check

/** Whether the present step of the browser's history is one of typing. */
let typing = false;

addEventListener("popstate", () => (typing = false));

/**
 * The address says this from now on. What is typed is one step for the browser's "back" however many letters it has,
 * all else a step of its own; the place within the page stays, but for a run that may not be in the view any more.
 * @param {string} search `?…` or empty @param {boolean} [more] it is being typed
 */
export function writeSearch(search, more = false) {
  const replace = more && typing;
  typing = more;
  if (search === location.search) return;
  const place = location.hash.startsWith("#run/") ? "" : location.hash;
  history[replace ? "replaceState" : "pushState"](null, "", location.pathname + search + place);
}
