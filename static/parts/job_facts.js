// @ts-check
import { h } from "../edge/dom.js";
import { now } from "../edge/ticking.js";
import { memoryUse } from "../pure/memory.js";
import { differences } from "../pure/quiet.js";
import { full, length, minute } from "../pure/time.js";
import { listed } from "./cells.js";
import { Facts } from "./facts.js";

/** What the job is: where it ran, when, of what, and what LSF counted. */
export class JobFacts {
  #facts = new Facts();
  #several = h("div", { class: "several" });
  element = h("div", {}, this.#facts.element, this.#several);
  /** @type {LsfJob[]} */
  #lsf = [];
  /** @type {Job | null} */
  #job = null;


  /** @param {Job} job @param {Definition | undefined} definition */
  show(job, definition) {
    this.#job = job;
    const { edited } = differences(job, definition);
    this.#put("LSF ID", job.lsf_ids.length > 1 ? listed(job.lsf_ids) : job.lsf_id, { copied: true });
    this.#put("Exit code", job.exit_code === null ? null : String(job.exit_code));
    this.#put("Reason", job.reason === `exit ${job.exit_code}` ? null : job.reason);
    this.#put("Queue", job.queue);
    this.#put("Host", job.host, { copied: true });
    this.#put("Log file", job.log_file, { copied: true });
    this.#put("Asked for by", `${job.user}, ${full(job.requested_at)}`);
    this.#put("Submitted", job.submitted_at && full(job.submitted_at));
    this.#put("Started", job.started_at && full(job.started_at));
    this.#put("Ended", job.ended_at && full(job.ended_at));
    this.#put("Script", job.executable, { copied: true });
    this.#put("Parameters", job.parameters || "none", { code: true });
    this.#put("Hash now", edited ? `${definition?.executable ?? "no path"} ${definition?.parameters ?? ""} (edited since)` : null);
    this.#put("Location", job.location);
    this.#showOne();
  }

  /** @param {LsfJob[]} items @param {string[]} surplus doubles that do not count */
  showLsf(items, surplus) {
    this.#lsf = items;
    this.#showOne();
    this.#put("Doubles, killed", surplus.join(", "));
    this.#several.replaceChildren(...(items.length > 1 ? [this.#table(items)] : []));
  }

  #showOne() {
    const one = this.#lsf.length === 1 ? this.#lsf[0] : null;
    this.#put("Memory", one && memoryUse(one.max_memory ?? null, one.memory_limit ?? null));
    this.#put("Run limit", one?.run_limit ? length(1000 * one.run_limit) : null);
    this.#put("CPU time", one?.cpu_time ? length(1000 * one.cpu_time) : null);
  }

  /** @param {LsfJob[]} items */
  #table(items) {
    const head = ["LSF ID", "Status", "Ran", "Memory", "Host"].map((name) => h("th", { scope: "col" }, name));
    const rows = items.map((one) => {
      const ran = one.started_at ? length((one.ended_at ? Date.parse(one.ended_at) : now()) - Date.parse(one.started_at)) : "";
      const log = h("a", { href: `#job/${this.#job?.id}/log/${one.lsf_id}`, "aria-label": `Log of LSF job ${one.lsf_id}` }, one.lsf_id);
      const status = h("td", { title: `as of ${minute(one.as_of, now())}` }, [one.status, one.exit_code].filter(Boolean).join(" "));
      const rest = [ran, memoryUse(one.max_memory ?? null, one.memory_limit ?? null), one.host ?? ""].map((text) => h("td", {}, text));
      return h("tr", {}, h("td", {}, log), status, ...rest);
    });
    return h("table", { class: "plain", "aria-label": "LSF jobs" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
  }

  /** @param {string} name @param {string | null | undefined} text @param {import("./facts.js").Look} [look] */
  #put(name, text, look) {
    this.#facts.put(name, text, look);
  }
}
