// Charts as SVG: a line over time with the same values as a histogram beside it, and bars.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 480, SIDE = 160, HEIGHT = 120, LEFT = 56, BOTTOM = 18;

export function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// `points` are [time in ms, value]; `show` makes a value a text; `limit` is drawn as a dashed line; `choose` is told the
// time of a point that is clicked.
export function timeline(label, points, show, { limit, choose } = {}) {
  const most = Math.max(1e-9, limit ?? 0, ...points.map(([, value]) => value));
  const [from, to] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 1];
  const x = (time) => LEFT + ((time - from) / Math.max(1, to - from)) * (WIDTH - LEFT - 8);
  const y = (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - 8);
  const chart = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "timeline" });
  chart.append(draw("title", {}, label));
  axis(chart, WIDTH, most, show, y);
  if (limit !== undefined) chart.append(draw("line", { x1: LEFT, x2: WIDTH - 8, y1: y(limit), y2: y(limit), class: "limit" }));
  if (points.length > 1) chart.append(draw("polyline", { points: points.map(([t, v]) => `${x(t)},${y(v)}`).join(" ") }));
  for (const [time, value] of points) {
    const point = draw("circle", { cx: x(time), cy: y(value), r: 2.5 });
    point.append(draw("title", {}, `${new Date(time).toLocaleTimeString()}: ${show(value)}`));
    if (choose) point.addEventListener("click", () => choose(time));
    chart.append(point);
  }
  const clock = (time) => new Date(time).toLocaleTimeString();
  if (points.length) {
    chart.append(draw("text", { x: LEFT, y: HEIGHT - 4 }, clock(from)));
    chart.append(draw("text", { x: WIDTH - 8, y: HEIGHT - 4, "text-anchor": "end" }, clock(to)));
  }
  return chart;
}

// Ten bins of the values, on the same axis.
export function histogram(label, values, show, limit) {
  const most = Math.max(1e-9, limit ?? 0, ...values);
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

// One bar a value, such as a task's time.
export function bars(label, values, show) {
  const most = Math.max(1e-9, ...values.map(([, value]) => value));
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

// The stages of a job, each a box behind the one before.
export function stages(label, all) {
  const [wide, high, gap] = [170, 54, 30];
  const chart = draw("svg", { viewBox: `0 0 ${all.length * (wide + gap)} ${high + 8}`, role: "img", class: "stages" });
  chart.append(draw("title", {}, label));
  all.forEach((stage, at) => {
    const x = at * (wide + gap);
    const box = draw("a", { href: `/stages/?id=${stage.stageId}` });
    box.append(draw("rect", { x: x + 1, y: 1, width: wide, height: high, rx: 6, class: stage.status.toLowerCase() }));
    const short = stage.name.length > 26 ? `${stage.name.slice(0, 25)}…` : stage.name;
    box.append(draw("text", { x: x + 10, y: 22 }, `${stage.stageId}  ${short}`));
    box.append(draw("text", { x: x + 10, y: 42 }, `${stage.numCompleteTasks}/${stage.numTasks}`));
    chart.append(box);
    if (at) chart.append(draw("path", { d: `M${x - gap + 2} ${high / 2} h${gap - 8} m-6 -5 l6 5 l-6 5`, class: "arrow" }));
  });
  return chart;
}
