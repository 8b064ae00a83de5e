// @ts-check
import { call } from "../edge/api.js";
import { h } from "../edge/dom.js";
import { age, ReadingTab } from "./reading_tab.js";

/** `bjobs -l` of the job, with its age. */
export class LsfTab extends ReadingTab {
  /** @param {Job} job */
  async content(job) {
    const { text, as_of, pending } = await call("GET", `${this.api}/jobs/${job.id}/details`);
    const reasons = /** @type {string[]} */ (pending ?? []).map((reason) => h("li", {}, reason));
    const list = h("ul", { class: "pending" }, ...reasons);
    const waits = reasons.length ? [h("h3", {}, "Why it waits"), list, h("h3", {}, "All that LSF says")] : [];
    const said = h("pre", { tabindex: "0" }, text || "Nothing was said.");
    return [h("div", { class: "log-head" }, age(as_of), this.again(job)), ...waits, said];
  }
}
