// A job's phase: a word, a sign and a colour, of which none says it alone.

import { h, say } from "./dom.js";

export const PHASES = ["Failed", "Restarting", "Pending", "Unseen", "Running", "Suspended", "Succeeded"];
const SIGNS = { Failed: "✕", Restarting: "↻", Pending: "◔", Unseen: "?", Running: "●", Suspended: "‖", Succeeded: "✓" };

export const phaseOf = (job) => job.phase ?? "Unseen";

export function badge() {
  return h("span", { class: "phase" }, h("span", { class: "sign", "aria-hidden": "true" }, "\u200b"), h("span", {}, "\u200b"));
}

export function showPhase(node, phase) {
  if (node.dataset.phase === phase) return;
  node.dataset.phase = phase;
  say(node.firstChild, SIGNS[phase] ?? "");
  say(node.lastChild, phase);
}
