// @ts-check
import { call } from "../edge/api.js";
import { attribute, h, setText, styled } from "../edge/dom.js";
import { Reader } from "../edge/reader.js";
import { ticks } from "../edge/ticking.js";
import { curl, pretty, quoted, reasons, verdict } from "../pure/posts.js";
import { isLive } from "../pure/status.js";
import { ago, full } from "../pure/time.js";
import { copyButton } from "./copy_button.js";

await styled("posts");

/** @typedef {import("../pure/posts.js").Post} Post */

/** ms: a post that changes nothing is no news of the feed, and it is what one looks for here. */
const LOOK_EVERY = 5_000;

/** The posts received, newest first, with what became of each; how to post by hand; why there may be none. */
export class PostsTab {
  #list = h("ol", { class: "posts" });
  #count = h("h3", {}, "Posts");
  #none = h("div", { class: "teach none-yet", hidden: true });
  #wrong = h("p", { class: "problem", role: "alert", hidden: true });
  #byHand;
  /** @type {Map<number, HTMLElement>} by n */
  #posts = new Map();
  /** @type {Job | null} */
  #job = null;
  #timer = 0;

  /** @param {Page} page */
  constructor({ api }) {
    const address = () => `${api}/jobs/${this.#job?.id}`;
    this.reader = new Reader({
      ask: () => call("GET", `${address()}/reports`),
      draw: ({ items }) => this.#draw(items),
      fail: ({ message }) => this.#say(message),
    });
    this.#byHand = byHand(async () => (await call("GET", `${address()}/report-address`)).url);
    this.element = h("div", { class: "text-tab posts-tab", tabindex: "0" }, this.#wrong, this.#none, this.#byHand, this.#count, this.#list);
    this.#timer = setInterval(() => document.visibilityState === "visible" && this.reader.want(), LOOK_EVERY);
  }

  /** @param {Job} job */
  show(job) {
    const before = this.#job;
    this.#job = job;
    if (job.seq !== before?.seq) this.reader.want();
  }

  stop() {
    clearInterval(this.#timer);
    this.reader.stop();
  }

  /** @param {Post[]} items newest first */
  #draw(items) {
    this.#say("");
    const kept = new Set(items.map(({ n }) => n));
    for (const [n, element] of this.#posts) {
      if (kept.has(n)) continue;
      element.remove();
      this.#posts.delete(n);
    }
    for (const post of [...items].reverse()) {
      if (this.#posts.has(post.n)) continue;
      const element = lineOf(post);
      this.#posts.set(post.n, element);
      this.#list.prepend(element);
    }
    const most = items[0]?.n ?? 0;
    setText(this.#count, most > items.length ? `The last ${items.length} of ${most.toLocaleString("en")} posts` : `${most} ${most === 1 ? "post" : "posts"}`);
    this.#count.hidden = most === 0;
    if (!most && this.#none.hidden) this.#byHand.open = true;
    this.#none.hidden = most > 0;
    if (!most && this.#job) this.#none.replaceChildren(...whyNone(this.#job));
  }

  /** @param {string} text */
  #say(text) {
    setText(this.#wrong, text);
    this.#wrong.hidden = text === "";
  }
}

/** @param {Post} post */
function lineOf(post) {
  const { n, at, body, accepted, skipped, truncated } = post;
  const when = h("time", { datetime: at, title: full(at) });
  ticks(when, (time) => ago(at, time));
  const text = h("pre", { tabindex: "0", "aria-label": `Body of post ${n}` });
  const cut = truncated ? h("p", { class: "quiet" }, `Only its first ${body.length.toLocaleString("en")} characters are kept.`) : null;
  const summary = h("summary", {}, h("span", { class: "n" }, `${n}`), when, h("span", { class: "verdict" }, verdict(post)), h("code", {}, body.slice(0, 120)));
  const fold = h("details", {}, summary, text, cut);
  fold.addEventListener("toggle", () => setText(text, pretty(body)), { once: true });
  const why = skipped.length ? h("ul", { class: "why" }, ...reasons(post).map((reason) => h("li", {}, reason))) : null;
  const item = h("li", {}, fold, why);
  attribute(item, "data-tone", skipped.length ? (accepted ? "attention" : "failed") : null);
  return item;
}

/** @param {() => Promise<string>} address of this job; whoever knows it may report for the job, so it is copied and never shown */
function byHand(address) {
  const line = curl('"$BATCH_UPDATE_URL"');
  return h(
    "details",
    { class: "by-hand" },
    h("summary", {}, "Post by hand"),
    h("p", {}, "In the job's script, where the environment has the address:"),
    h("div", { class: "line" }, h("pre", { tabindex: "0", "aria-label": "Command" }, line), copyButton({ text: () => line, name: "Copy the line" })),
    h("p", {}, "Anywhere else, with the address in it, which is secret: ", copyButton({ text: async () => curl(quoted(await address())), label: "Copy with this job's address" })),
    h("p", { class: "quiet" }, "What comes in appears below within seconds, taken or not, with the reason."),
  );
}

/** @param {Job} job @returns {Node[]} */
function whyNone({ status, started_at }) {
  const waits = isLive(status) && !started_at;
  const causes = [
    ["The job does not get the address.", "It is in BATCH_UPDATE_URL when the submit script runs. bsub hands it on with the environment (-env all); a container, ssh, mpirun or sudo in between may drop it. In the job: echo ${BATCH_UPDATE_URL:+there}."],
    ["The node does not reach this server.", "Run the line below in a job on the farm. A proxy may stand in the way (https_proxy, no_proxy), or a firewall."],
    ["The script does not post.", "It fails before, or only prints. Its log and its exit code tell. A post that is wrong would stand here with the reason."],
  ];
  return [
    h("h2", {}, "No post has arrived"),
    waits ? h("p", {}, "The job has not started yet. If it still says so while it runs, it is likely one of these:") : h("p", {}, "It is likely one of these:"),
    h("ol", {}, ...causes.map(([cause, what]) => h("li", {}, h("b", {}, cause), ` ${what}`))),
  ];
}
