// Charts as SVG: a line over time with the same values as a histogram beside it, and bars.
import { make, short } from "/static/elements.js";
import { word } from "/static/words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 480, SIDE = 160, HEIGHT = 120, LEFT = 56, BOTTOM = 18;

// The top of an axis for values up to this; one is there also where all are 0.
function tallest(...values) {
  return Math.max(...values, 0) || 1;
}

export function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// `points` are [time in ms, value]; `show` makes a value a text; `limit` is drawn as a dashed line. A point names
// its batch in data-batch.
export function timeline(label, points, show, { limit } = {}) {
  const most = tallest(limit ?? 0, ...points.map(([, value]) => value));
  const [from, to] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 1];
  const x = (time) => LEFT + ((time - from) / Math.max(1, to - from)) * (WIDTH - LEFT - 8);
  const y = (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - 8);
  const chart = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "timeline" });
  chart.append(draw("title", {}, label));
  axis(chart, WIDTH, most, show, y);
  if (limit !== undefined) chart.append(draw("line", { x1: LEFT, x2: WIDTH - 8, y1: y(limit), y2: y(limit), class: "limit" }));
  if (points.length > 1) chart.append(draw("polyline", { points: points.map(([t, v]) => `${x(t)},${y(v)}`).join(" ") }));
  for (const [time, value] of points) {
    const point = draw("circle", { cx: x(time), cy: y(value), r: points.length > 80 ? 1.5 : 2.5, "data-batch": time });
    point.append(draw("title", {}, `${new Date(time).toLocaleTimeString()}: ${show(value)}`));
    chart.append(point);
  }
  const clock = (time) => new Date(time).toLocaleTimeString();
  if (points.length) {
    chart.append(draw("text", { x: LEFT, y: HEIGHT - 4 }, clock(from)));
    if (points.length > 1) chart.append(draw("text", { x: WIDTH - 8, y: HEIGHT - 4, "text-anchor": "end" }, clock(to)));
  }
  return chart;
}

// Ten bins of the values, on the same axis.
export function histogram(label, values, show, limit) {
  const most = tallest(limit ?? 0, ...values);
  const bins = new Array(10).fill(0);
  for (const value of values) bins[Math.min(9, Math.floor((value / most) * 10))] += 1;
  const widest = Math.max(1, ...bins);
  const y = (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - 8);
  const chart = draw("svg", { viewBox: `0 0 ${SIDE} ${HEIGHT}`, role: "img", class: "histogram" });
  chart.append(draw("title", {}, label));
  bins.forEach((count, at) => {
    const top = y(((at + 1) * most) / 10);
    const bar = draw("rect", { x: 4, y: top, height: y((at * most) / 10) - top - 1, width: (count / widest) * (SIDE - 12) });
    bar.append(draw("title", {}, `${show((at * most) / 10)} - ${show(((at + 1) * most) / 10)}: ${count}`));
    chart.append(bar);
  });
  chart.append(draw("text", { x: SIDE - 8, y: HEIGHT - 4, "text-anchor": "end" }, String(widest)));
  return chart;
}

// A measure by its name: its average, over time, and how often it had which value.
export function measure(name, points, show, mean, { limit, short = show } = {}) {
  const average = word("average", mean === undefined || mean === null ? "-" : show(mean));
  return make("section", { class: "measure", id: name.replaceAll("_", "-") }, make("h3", {}, word(name)), make("p", {}, average),
    timeline(word(name), points, short, { limit }), histogram(word(name), points.map(([, value]) => value), short, limit));
}

// The parts of each batch on one another, the newest to the right; `points` are [time in ms, { name: value }].
export function stacked(name, points, show) {
  const names = [...new Set(points.flatMap(([, parts]) => Object.keys(parts)))].sort();
  const whole = (parts) => Object.values(parts).reduce((one, other) => one + other, 0);
  const most = tallest(...points.map(([, parts]) => whole(parts)));
  const y = (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - 8);
  const wide = (WIDTH - LEFT - 8) / Math.max(1, points.length);
  const chart = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "timeline" });
  chart.append(draw("title", {}, word(name)));
  axis(chart, WIDTH, most, show, y);
  points.forEach(([time, parts], at) => {
    let below = 0;
    names.forEach((part, nth) => {
      const value = parts[part] ?? 0;
      if (!value) return;
      const bar = draw("rect", { x: LEFT + at * wide, y: y(below + value), width: Math.max(0.5, wide - 0.5), height: y(below) - y(below + value), class: `part-${nth % 8}` });
      bar.append(draw("title", {}, `${new Date(time).toLocaleTimeString()}: ${part} ${show(value)}`));
      chart.append(bar);
      below += value;
    });
  });
  const average = (part) => points.reduce((sum, [, parts]) => sum + (parts[part] ?? 0), 0) / points.length;
  const legend = make("ul", { class: "legend" }, ...names.map((part, nth) => make("li", {}, make("span", { class: `swatch part-${nth % 8}` }), ` ${part}: ${show(average(part))}`)));
  return make("section", { class: "measure wide", id: name.replaceAll("_", "-") }, make("h3", {}, word(name)), chart, legend);
}

// One bar a value, such as a task's time.
export function bars(label, values, show) {
  const most = tallest(...values.map(([, value]) => value));
  const y = (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - 8);
  const wide = (WIDTH - LEFT - 8) / Math.max(1, values.length);
  const chart = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "timeline" });
  chart.append(draw("title", {}, label));
  axis(chart, WIDTH, most, show, y);
  values.forEach(([name, value], at) => {
    const bar = draw("rect", { x: LEFT + at * wide, y: y(value), width: Math.max(0.5, wide - 1), height: y(0) - y(value) });
    bar.append(draw("title", {}, `${name}: ${show(value)}`));
    chart.append(bar);
  });
  return chart;
}

function axis(chart, width, most, show, y) {
  for (const value of [0, most / 2, most]) {
    chart.append(draw("line", { x1: LEFT, x2: width - 8, y1: y(value), y2: y(value), class: "grid" }));
    chart.append(draw("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, show(value)));
  }
}

// The stages of a job: each a box to the right of those it reads. `reads` gives their numbers.
export function stages(label, all, reads) {
  const [wide, high, across, down] = [190, 54, 44, 18];
  const at = new Map();
  const rows = [];
  for (const stage of all) {
    const before = reads(stage.stageId).filter((id) => at.has(id));
    const column = 1 + Math.max(-1, ...before.map((id) => at.get(id).column));
    rows[column] = (rows[column] ?? 0) + 1;
    at.set(stage.stageId, { column, row: rows[column] - 1, before });
  }
  const most = Math.max(1, ...rows);
  const [width, height] = [Math.max(1, rows.length) * (wide + across), most * (high + down)];
  const chart = draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": label, class: "stages" });
  const place = ({ column, row }) => [column * (wide + across) + 1, row * (high + down) + ((most - rows[column]) * (high + down)) / 2 + 1];
  for (const stage of all) {
    const own = at.get(stage.stageId);
    const [x, y] = place(own);
    for (const id of own.before) {
      const [fromX, fromY] = place(at.get(id));
      const [ax, ay, bx, by] = [fromX + wide, fromY + high / 2, x - 2, y + high / 2];
      chart.append(draw("path", { d: `M${ax} ${ay} C${ax + across / 2} ${ay} ${bx - across / 2} ${by} ${bx} ${by} m-6 -5 l6 5 l-6 5`, class: "arrow" }));
    }
    const box = draw("a", { href: `/stages/?id=${stage.stageId}` });
    box.append(draw("rect", { x, y, width: wide, height: high, rx: 6, class: stage.status.toLowerCase() }));
    const name = short(stage.name);
    const cut = name.length > 28 ? `${name.slice(0, 27)}…` : name;
    box.append(draw("text", { x: x + 10, y: y + 22 }, `${stage.stageId}  ${cut}`));
    box.append(draw("text", { x: x + 10, y: y + 42, class: "small" }, `${stage.numCompleteTasks}/${stage.numTasks} ✓ · ${stage.outputRecords}`));
    chart.append(box);
  }
  return chart;
}
