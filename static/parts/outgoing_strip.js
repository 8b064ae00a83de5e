// @ts-check
import { call } from "../edge/api.js";
import { attribute, h, setText, styled } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { progress, undone } from "../pure/outgoing.js";
import { act, acts } from "./act.js";

await styled("dock");

/** @typedef {import("./outgoing.js").Order} Order */

const STAYS = 4_000;
const AT_ONCE = 5_000;

/**
 * One order on its way to LSF: how many of its jobs are there, and Undo until all are. It goes by itself some seconds
 * after all are in LSF; what failed or was taken back stays until it is dismissed.
 */
export class OutgoingStrip {
  #text = h("span", { role: "status" });
  #meter = h("progress", { max: "1", value: "0" });
  #undo = h("button", { type: "button", onclick: () => void this.#cancel() }, "Undo");
  #kill = h("button", { type: "button", class: "danger", hidden: true, onclick: () => void this.#killRest() });
  #said = "";
  #had = /** @type {string[]} */ ([]);
  #taken = /** @type {string[]} what Undo has taken back, also while its line does not say so yet */ ([]);
  #timer = 0;
  #draw = () => {};

  /** @param {{order: Order, base: string, onEnd: () => void}} options `onEnd`: it need not be shown any more */
  constructor({ order, base, onEnd }) {
    this.order = order;
    this.base = base;
    this.onEnd = onEnd;
    const names = { type: "button", class: "icon", title: "Dismiss", "aria-label": `Dismiss what became of ${order.hash.name}` };
    this.dismiss = h("button", { ...names, onclick: onEnd }, symbol("close"));
    attribute(this.#meter, "aria-label", `${order.hash.name}: jobs in LSF`);
    const row = h("div", { class: "dock-row" }, h("b", {}, order.hash.name), this.#text, this.#meter, acts(this.#undo, this.#kill), this.dismiss);
    this.element = h("section", { class: "floating outgoing", "aria-label": `${order.hash.name} on its way` }, row);
  }

  /** @param {string[] | null} jobs null: not answered yet @param {Map<string, import("../pure/outgoing.js").State>} states */
  show(jobs, states) {
    this.#draw = () => this.show(jobs, states);
    this.dismiss.hidden = !jobs;
    this.#undo.hidden = !jobs;
    if (!jobs) return this.#say(`${this.order.count === 1 ? "1 job goes" : `${this.order.count} jobs go`} out`);
    const known = new Map(states);
    for (const id of this.#taken) if ((known.get(id) ?? "waiting") === "waiting") known.set(id, "cancelled");
    const { waiting, failed, text, ...count } = progress(jobs, known);
    this.#say(this.#said ? [this.#said, waiting && `${waiting} to go`].filter(Boolean).join(", ") : text);
    attribute(this.#meter, "max", jobs.length || 1);
    attribute(this.#meter, "value", jobs.length ? count.in : 1);
    const had = [this.#undo, this.#kill].find((button) => button === document.activeElement);
    this.#undo.hidden = waiting === 0;
    attribute(this.#undo, "title", `Cancel the ${waiting} that LSF does not have yet`);
    const left = this.#had.filter((id) => states.get(id) === "in");
    this.#kill.hidden = left.length === 0;
    if (left.length) setText(this.#kill, left.length === 1 ? "Kill it" : `Kill these ${left.length}`);
    if (had?.hidden) (this.#kill.hidden ? this.dismiss : this.#kill).focus();
    attribute(this.element, "data-failed", failed > 0);
    clearTimeout(this.#timer);
    if (waiting === 0 && failed === 0 && this.#kill.hidden) this.#timer = setTimeout(() => this.#leave(), STAYS);
  }

  #leave() {
    if (this.element.matches(":hover, :focus-within")) this.#timer = setTimeout(() => this.#leave(), STAYS);
    else this.onEnd();
  }

  showUnanswered() {
    this.#say("The server has not answered. It is asked again by itself; nothing is made twice.");
  }

  /** The order was not done. @param {string} message */
  showRefused(message) {
    this.#say(`Nothing was made: ${message}`);
    attribute(this.element, "data-failed", true);
    this.#meter.hidden = true;
    this.dismiss.hidden = false;
    this.#undo.hidden = true;
  }

  async #cancel() {
    const send = async () => {
      const answer = await this.#each("cancel", this.order.jobs ?? []);
      const { had, text } = undone(answer);
      this.#had = had;
      this.#taken = answer.jobs.map(({ id }) => id);
      this.#said = text;
    };
    await act({ button: this.#undo, place: this.element, send });
    this.#draw();
  }

  async #killRest() {
    const send = async () => {
      const { jobs } = await this.#each("kill", this.#had);
      this.#said = `${jobs.length} being killed`;
      this.#had = [];
    };
    await act({ button: this.#kill, place: this.element, send });
    this.#draw();
  }

  /** @param {"cancel" | "kill"} action @param {string[]} ids @returns {Promise<{jobs: any[], skipped: any[]}>} */
  async #each(action, ids) {
    const all = { jobs: /** @type {any[]} */ ([]), skipped: /** @type {any[]} */ ([]) };
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const { jobs, skipped } = await call("POST", `${this.base}/jobs/${action}`, { jobs: ids.slice(at, at + AT_ONCE) });
      all.jobs.push(...jobs);
      all.skipped.push(...skipped);
    }
    return all;
  }

  /** @param {string} text */
  #say(text) {
    setText(this.#text, text);
  }
}
