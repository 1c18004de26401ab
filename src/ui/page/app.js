// The page: what stands in the address is asked for and drawn; the server says when there is something new.
import { make, title } from "/static/elements.js";
import { functions } from "/static/functions.js";
import { jobs } from "/static/jobs.js";
import { choose, log } from "/static/log.js";
import { patch } from "/static/patch.js";
import { queries, query } from "/static/queries.js";
import { begin, kill, program, stop } from "/static/rest.js";
import { stages } from "/static/stages.js";
import { environment, executors, storage } from "/static/storage.js";
import { batch, streaming } from "/static/streaming.js";
import { code, toggle, word } from "/static/words.js";

const PAGES = { jobs, stages, streaming, "streaming batch": batch, StreamingQuery: queries, "StreamingQuery statistics": query, functions, storage, executors, environment, log };
const TABS = ["jobs", "stages", "streaming", "StreamingQuery", "functions", "storage", "executors", "environment", "log"];
const byId = (id) => document.getElementById(id);
const page = location.pathname.replaceAll("/", " ").trim();
// What is shown is drawn anew as often at most, and not while nobody sees it.
const EVERY = 1000;
let paused = false, drawing = null, again = null, due = null, drawn = 0;

async function show(asked) {
  drawn = Date.now();
  const parts = await PAGES[page]();
  if (paused && !asked) return;
  const fresh = document.createElement("main");
  fresh.append(...parts);
  patch(byId("main"), fresh);
}

// One after the other; what comes meanwhile is drawn once behind it. What nobody has asked for doesn't come once it is paused.
function redraw(asked = true) {
  if (drawing) { again = again || asked; return drawing; }
  drawing = show(asked).catch((error) => console.warn(error)).finally(() => {
    const next = again;
    drawing = again = null;
    if (next !== null) redraw(next);
  });
  return drawing;
}

// There is something new.
function soon() {
  if (paused || document.hidden || due !== null) return;
  due = setTimeout(() => { due = null; if (!paused) redraw(false); }, Math.max(0, drawn + EVERY - Date.now()));
}

function frame() {
  const tab = page.split(" ")[0];
  document.documentElement.lang = code();
  document.title = `${program().name} - ${word(tab)}`;
  byId("application").textContent = program().name;
  byId("language").textContent = code() === "ko" ? "English" : "한국어";
  byId("language").lang = code() === "ko" ? "en" : "ko";
  byId("tabs").setAttribute("aria-label", word("pages"));
  byId("pause").textContent = word(paused ? "resume" : "pause");
  byId("pause").setAttribute("aria-pressed", String(paused));
  document.querySelectorAll("[data-word]").forEach((element) => { element.textContent = word(element.dataset.word); });
  byId("tabs").replaceChildren(...TABS.map((name) => make("a", { href: `/${name}/`, "aria-current": name === tab ? "page" : undefined }, word(name))));
}

function say(text, kind) {
  // Who hears the page hears it once.
  if (byId("live").textContent !== text) byId("live").textContent = text;
  byId("live").className = kind;
}

// Elements stay while their content changes, so one listener hears for all of them.
function listen() {
  byId("language").addEventListener("click", () => { toggle(); frame(); redraw(); });
  byId("pause").addEventListener("click", () => { paused = !paused; frame(); if (!paused) redraw(); });
  byId("main").addEventListener("click", async ({ target }) => {
    const id = target.closest("[data-kill]")?.dataset.kill;
    if (id !== undefined && confirm(word("kill_sure", id))) {
      say(word((await kill(id)) ? "killed" : "not_killed", id), "on");
      redraw();
    }
    const run = target.closest("[data-stop]")?.dataset;
    if (run !== undefined && confirm(word("stop_sure", run.name))) {
      say(word((await stop(run.stop)) ? "query_stops" : "not_stopped", run.name), "on");
      redraw();
    }
    const time = target.closest("[data-batch]")?.dataset.batch;
    if (time !== undefined) byId(`batch-${time}`)?.querySelector("a")?.focus();
  });
  byId("main").addEventListener("change", ({ target }) => { if ("level" in target.dataset) { choose(target.value); redraw(); } });
}

async function start() {
  await begin();
  frame();
  listen();
  const events = new EventSource("/events");
  events.onmessage = () => { if (!paused) say(word("live"), "on"); soon(); };
  events.onerror = () => say(word("gone"), "off");
  document.addEventListener("visibilitychange", soon);
  await redraw();
}

start().catch(() => byId("main").replaceChildren(title(word("gone"))));
