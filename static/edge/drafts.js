// @ts-check

/**
 * What is typed on a page and not saved yet, kept in this tab: it outlives a reload and a new login, and goes with the tab.
 * @template T
 */
export class Drafts {
  /** @param {string} name of the page's drafts */
  constructor(name) {
    this.name = `batchboard-drafts/${name}`;
  }

  /** @returns {Record<string, T>} by key */
  all() {
    try {
      return JSON.parse(sessionStorage.getItem(this.name) ?? "{}") ?? {};
    } catch {
      return {}; /* no storage allowed, or not ours */
    }
  }

  /** @param {string} key @param {T | null} draft null: nothing is to be kept any more */
  keep(key, draft) {
    const all = this.all();
    if (draft === null && !(key in all)) return;
    if (draft === null) delete all[key];
    else all[key] = draft;
    try {
      if (Object.keys(all).length) sessionStorage.setItem(this.name, JSON.stringify(all));
      else sessionStorage.removeItem(this.name);
    } catch {
      return; /* no storage allowed, or full */
    }
  }
}
