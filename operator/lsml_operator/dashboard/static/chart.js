// The frame of a chart over time: a title, a readout, axes, and a cursor that pointer or arrow keys move.

import { h, s, say } from "./dom.js";
import { clock } from "./format.js";
import { linear, timeTicks } from "./scales.js";

const MARGIN = { top: 10, right: 14, bottom: 22, left: 52 };

export class Chart {
  /** `height` in pixels; a subclass gives `summary()`, `words(i)`, `vertical(range)`, and `paint(x, y)`. */
  constructor(title, height) {
    this.height = height;
    this.seconds = [];
    this.at = null;
    this.readout = h("output", { class: "readout" });
    this.svg = s("svg", { height, tabindex: "0", role: "group", "aria-roledescription": "chart" });
    this.figure = h("figure", { class: "card chart" },
      h("figcaption", {}, h("h2", {}, title), this.readout), this.svg);
    this.title = title;
    new ResizeObserver(() => this.draw()).observe(this.figure);
    this.svg.addEventListener("pointermove", (event) => this.pointAt(event.offsetX));
    this.svg.addEventListener("pointerleave", () => this.point(null));
    this.svg.addEventListener("blur", () => this.point(null));
    this.svg.addEventListener("keydown", (event) => this.key(event));
  }

  /** The times of the figures, in seconds since the epoch, and until when the axis goes. */
  put(seconds, until) {
    this.seconds = seconds;
    this.span = [seconds[0], Math.max(until, seconds[0] + 10)];
    this.draw();
  }

  draw() {
    const width = this.svg.clientWidth;
    if (!width || !this.seconds.length) return;
    const x = linear(this.span, [MARGIN.left, width - MARGIN.right]);
    const { scale: y, ticks, format } = this.vertical([this.height - MARGIN.bottom, MARGIN.top]);
    this.x = x;
    this.svg.replaceChildren(
      ...ticks.flatMap((tick) => [
        s("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(tick), y2: y(tick) }),
        s("text", { class: "tick left", x: MARGIN.left - 8, y: y(tick) + 4 }, format(tick)),
      ]),
      ...this.times(width).map((tick) =>
        s("text", { class: "tick", x: x(tick), y: this.height - 5 }, clock(tick, this.span[1] - this.span[0] < 600))),
      ...this.paint(x, y),
    );
    this.cursor = s("line", { class: "cursor", y1: MARGIN.top, y2: this.height - MARGIN.bottom, visibility: "hidden" });
    this.svg.append(this.cursor);
    this.svg.setAttribute("aria-label", `${this.title}: ${this.summary()}. Arrow keys move through time.`);
    this.point(this.at !== null && this.at < this.seconds.length ? this.at : null);
  }

  times(width) {
    const about = Math.max(2, Math.floor((width - MARGIN.left) / 110));
    return timeTicks(this.span, about).filter((tick) => this.x(tick) > MARGIN.left + 12 && this.x(tick) < width - 34);
  }

  pointAt(place) {
    if (!this.x) return;
    const wanted = this.x.invert(place);
    let nearest = 0;
    this.seconds.forEach((at, i) => {
      if (Math.abs(at - wanted) < Math.abs(this.seconds[nearest] - wanted)) nearest = i;
    });
    this.point(nearest);
  }

  point(index) {
    this.at = index;
    say(this.readout, index === null ? this.latest() : `${clock(this.seconds[index])}  ${this.words(index)}`);
    this.readout.classList.toggle("pointing", index !== null);
    if (!this.cursor) return;
    this.cursor.setAttribute("visibility", index === null ? "hidden" : "visible");
    if (index === null) return;
    this.cursor.setAttribute("x1", this.x(this.seconds[index]));
    this.cursor.setAttribute("x2", this.x(this.seconds[index]));
  }

  latest() {
    return this.seconds.length ? this.words(this.seconds.length - 1) : "";
  }

  key(event) {
    const last = this.seconds.length - 1;
    const from = this.at ?? last;
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last, Escape: null }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.point(to === null ? null : Math.min(last, Math.max(0, to)));
  }
}

/** The `d` of a path through the places; null breaks it. With `steps` a figure holds until the next. */
export function through(places, steps = false) {
  let d = "", before = null;
  for (const place of places) {
    if (place === null) {
      before = null;
      continue;
    }
    const [x, y] = place.map((each) => Math.round(each * 10) / 10);
    d += before === null ? `M${x} ${y}` : steps ? `H${x}V${y}` : `L${x} ${y}`;
    before = place;
  }
  return d;
}
