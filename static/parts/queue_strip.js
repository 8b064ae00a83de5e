// @ts-check
import { byId, h, setText } from "../edge/dom.js";
import { keys } from "../edge/keys.js";
import { now } from "../edge/ticking.js";
import { nearest, queuesOf, queueText } from "../pure/queues.js";

const DAY = 86_400_000;
const strip = h("button", { type: "button", class: "experiment", "aria-haspopup": "dialog" });
byId("footing").prepend(strip);

/** In the footing: how full the queues are that the jobs of this page went to within a day; called every second. @param {import("../pure/store.js").Store} store */
export function showQueues(store) {
  strip.onclick = () => void keys.hold(import("./queue_table.js").then(({ openQueues }) => openQueues(strip, store)));
  const day = now() - DAY;
  const used = new Set(store.all("job").map(({ queue, requested_at }) => Date.parse(requested_at) > day && queue));
  const queues = nearest(queuesOf(store.all("location"), now()), used);
  setText(strip, queues.map(queueText).join(" · "));
  strip.hidden = !queues.length;
}
