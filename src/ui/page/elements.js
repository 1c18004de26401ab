// Parts that all pages are made of. What is clicked says so in its data-...: app.js listens for all of them, as elements
// stay while their content changes.
import { word } from "/static/words.js";

export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined && value !== null) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const link = (path, text) => make("a", { href: path }, text);
export const title = (text, ...more) => make("h1", {}, text, ...more);
export const section = (name, ...values) => make("h2", {}, word(name, ...values));

// Small facts side by side: `facts` are [label, text or element].
export const facts = (...all) => make("dl", { class: "facts" }, ...all.filter(Boolean).map(([label, value]) => make("div", {}, make("dt", {}, label), make("dd", {}, value))));

// `columns` are texts or [text, "number"], `rows` lists of texts or elements, or { id, cells }.
export function table(label, columns, rows) {
  if (!rows.length) return make("p", { class: "none" }, word("none"));
  const kinds = columns.map((column) => (Array.isArray(column) ? column[1] : undefined));
  const head = make("tr", {}, ...columns.map((column, at) => make("th", { scope: "col", class: kinds[at] }, Array.isArray(column) ? column[0] : column)));
  const body = rows.map((row) => make("tr", { id: row.id }, ...(row.cells ?? row).map((cell, at) => make("td", { class: kinds[at] }, cell ?? "-"))));
  const inner = make("table", {}, make("caption", {}, label), make("thead", {}, head), make("tbody", {}, ...body));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, inner);
}

export const column = (name, kind) => (kind ? [word(name), kind] : word(name));

export function share(done, all, failed = 0) {
  const bar = make("progress", { max: Math.max(1, all), value: Math.min(done, Math.max(1, all)), "aria-label": `${done}/${all}` });
  return make("span", { class: failed ? "share failed" : "share" }, bar, ` ${done}/${all}`, failed ? ` (${failed} ✗)` : "");
}

// How something is, as a mark of its own colour.
export const badge = (text, kind) => make("span", { class: `badge ${kind}` }, text);

const KINDS = { RUNNING: "busy", ACTIVE: "busy", PROCESSING: "busy", SUCCEEDED: "good", COMPLETE: "good", COMPLETED: "good", FINISHED: "good", SUCCESS: "good", FAILED: "bad", KILLED: "bad" };
export const status = (name) => badge(word(`is_${name.toLowerCase()}`), KINDS[name] ?? "calm");

// A long text: the exception's own line, and all of it on demand.
export function fold(text, open = false) {
  if (!text) return "-";
  const lines = text.trim().split("\n");
  const first = lines.findLast((line) => /^[\w.]+(Error|Exception|Exit|Interrupt|Warning)\b/.test(line)) ?? lines.find((line) => !line.startsWith("Traceback")) ?? lines[0];
  return make("details", { class: "failure", open: open ? "" : undefined }, make("summary", {}, first.slice(0, 120)), make("pre", { tabindex: "0" }, text));
}

export const killer = (id) => make("button", { type: "button", class: "kill", "data-kill": id, "aria-label": word("kill_job", id) }, word("kill"));

export const stopper = (run, name) => make("button", { type: "button", class: "kill", "data-stop": run, "data-name": name, "aria-label": word("stop_query", name) }, word("stop"));

// `count at /home/kim/word_count.py:12` without the folders.
export const short = (name) => name.replace(/ at \S.*[/\\]([^/\\]+:\d+)$/, " at $1");

// A job of a stream is described with a link to its batch, as Spark writes it; nothing else of it is taken as HTML.
export function described(text) {
  const found = /^(.*)<a href="(\/streaming\/batch\/\?id=\d+)">\[(.*)\]<\/a>(.*)$/.exec(text);
  return found ? [found[1], link(found[2], found[3]), found[4]] : [text];
}
