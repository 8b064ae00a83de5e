// @ts-check
/** Words and groups for things of which there are many. */

/** `5,000`. @param {number} value */
export function number(value) {
  return value.toLocaleString("en");
}

/** `3 running jobs`, `1 job`. @param {number} many @param {string} [kind] */
export function jobsOf(many, kind = "") {
  return [number(many), kind, many === 1 ? "job" : "jobs"].filter(Boolean).join(" ");
}

/** `12 runs`, `1 run`. @param {number} many */
export function runsOf(many) {
  return many === 1 ? "1 run" : `${number(many)} runs`;
}

/**
 * Things that have something in common, in the order in which they first occur.
 * @template T @param {Iterable<T>} things @param {(thing: T) => string} common @returns {Map<string, T[]>}
 */
export function grouped(things, common) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const thing of things) {
    const name = common(thing);
    const group = groups.get(name);
    if (group) group.push(thing);
    else groups.set(name, [thing]);
  }
  return groups;
}
