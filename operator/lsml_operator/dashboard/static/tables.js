// The tables of one job: workers, events, conditions.

import { h, keyed, say } from "./dom.js";
import { age } from "./format.js";

/** A card with a table; `show(items)` fills it, and hides it when there are none. */
function card(title, heads, keyOf, fill, make = () => []) {
  const body = h("tbody");
  const rows = keyed(body, (item) => h("tr", {}, heads.map((_, i) =>
    h(i === 0 ? "th" : "td", i === 0 ? { scope: "row" } : {}, make(item)[i]))));
  const node = h("section", { class: "card" },
    h("div", { class: "wide tall", tabindex: "0", role: "region", "aria-label": title }, h("table", { class: "facts" }, h("caption", {}, h("h2", {}, title)),
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), body)));
  return {
    node,
    show(items) {
      node.hidden = items.length === 0;
      rows(items, keyOf, (row, item) => fill(row.children, item));
    },
  };
}

export const workersCard = () => card("Workers", ["Worker", "State", "Attempt", "Node", "Why"], (worker) => worker.name,
  ([name, state, attempt, node, why], worker) => {
    say(name, worker.name);
    state.dataset.state = worker.state;
    say(state, worker.state);
    say(attempt, worker.attempt);
    say(node, worker.node);
    say(why, worker.why);
  });

export const eventsCard = () => card("Events", ["Age", "Event", "What"],
  (event) => [event.object, event.reason, event.message, event.time].join("\n"),
  ([when, reason, what], event) => {
    say(when, age(event.time));
    when.title = event.time ?? "";
    reason.dataset.type = event.type;
    say(reason, event.reason ?? "");
    say(what, (event.message ?? "") + (event.count > 1 ? ` (×${event.count})` : ""));
  });

export const conditionsCard = () => card("Conditions", ["Type", "Status", "Reason", "Since", "Message"],
  (condition) => condition.type,
  ([type, status, reason, since, message], condition) => {
    say(type, condition.type);
    say(status, condition.status);
    say(reason, condition.reason);
    say(since, age(condition.lastTransitionTime));
    say(message, condition.message);
  });

