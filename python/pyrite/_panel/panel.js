// A panel of Pyrite's: shows the model's HTML, changes it part by part, moves rows to their new places, says what was
// pressed. It asks no address for anything.

// Filled in from words.py.
const KOREAN = /* KOREAN */ {};
const ENGLISH = /* ENGLISH */ {};
// An answer that takes longer than this many milliseconds doesn't come before the running cell ends.
const PATIENCE = 800;

function language() {
  const said = document.documentElement.lang || navigator.language || "en";
  return said.toLowerCase().startsWith("ko") ? "ko" : "en";
}

function translate(root) {
  if (language() !== "ko") return;
  root.lang = "ko";
  for (const one of root.querySelectorAll("[data-word]")) one.textContent = KOREAN[one.dataset.word] ?? one.textContent;
  for (const one of root.querySelectorAll("[data-label]"))
    one.setAttribute("aria-label", `${KOREAN[one.dataset.label]}: ${one.dataset.what}`);
}

// What each piece of the page was made from: what hasn't changed is left alone, with its focus and what was unfolded.
const made = new WeakMap();

function take(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

function replace(old, fresh) {
  const source = fresh.outerHTML;
  if (made.get(old) === source) return;
  made.set(old, source);
  take(old, fresh);
  old.replaceChildren(...fresh.childNodes);
}

function remember(root) {
  for (const part of root.querySelectorAll("[data-part]")) made.set(part, part.outerHTML);
}

// The rows of a table by their keys: those that stay change their cells, so that bars grow, and move to where they belong.
function move(old, fresh) {
  const known = new Map([...old.rows].map((row) => [row.dataset.key, row]));
  const before = new Map([...old.rows].map((row) => [row, row.offsetTop]));
  const order = [...fresh.rows].map((row) => {
    const kept = known.get(row.dataset.key);
    if (!kept || kept.cells.length !== row.cells.length) return row;
    [...row.cells].forEach((cell, at) => {
      const bar = cell.querySelector(".bar");
      const shown = bar && kept.cells[at].querySelector(".bar");
      if (shown) take(shown, bar);
      else replace(kept.cells[at], cell);
    });
    return kept;
  });
  const same = order.length === old.rows.length && order.every((row, at) => row === old.rows[at]);
  if (same) return;
  old.replaceChildren(...order);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const row of order) {
    const from = before.get(row);
    if (from === undefined) row.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 250 });
    else if (from !== row.offsetTop)
      row.animate([{ transform: `translateY(${from - row.offsetTop}px)` }, { transform: "none" }], {
        duration: 350,
        easing: "ease-out",
      });
  }
}

function change(old, fresh) {
  const [was, is] = [old, fresh].map((root) => [...root.querySelectorAll("[data-part]")]);
  const names = (parts) => parts.map((part) => part.dataset.part).join();
  if (names(was) !== names(is)) {
    take(old, fresh);
    remember(fresh);
    old.replaceChildren(...fresh.childNodes);
    return;
  }
  take(old, fresh);
  was.forEach((part, at) => {
    const [here, there] = [part, is[at]].map((one) => one.querySelector("tbody[data-keyed]"));
    if (!here || !there || !part.querySelector("thead") !== !is[at].querySelector("thead")) {
      replace(part, is[at]);
      return;
    }
    made.delete(part);
    take(part, is[at]);
    const [caption, next] = [part, is[at]].map((one) => one.querySelector("caption"));
    replace(caption, next);
    const [head, title] = [part, is[at]].map((one) => one.querySelector("thead"));
    if (head && title) replace(head, title);
    move(here, there);
  });
}

// JupyterLab and Notebook change no output whose cell ran before the page was loaded: the widget does, where it can reach
// the notebook. Elsewhere, and where the output is as it should be, this does nothing.
function keep(model) {
  const saved = model.get("saved");
  const cells = model.widget_manager?.context?.model?.cells;
  if (!saved?.["text/html"] || !cells) return;
  const mark = `pyrite-saved-${model.get("mark")}`;
  for (const { outputs } of cells) {
    for (let at = 0; at < (outputs?.length ?? 0); at++) {
      const output = outputs.get(at).toJSON();
      const html = [output.data?.["text/html"] ?? ""].flat().join("");
      if (!html.includes(mark) || html === saved["text/html"]) continue;
      outputs.set(at, { ...output, data: { ...output.data, ...saved } });
    }
  }
}

function tryToKeep(model) {
  try {
    keep(model);
  } catch (error) {
    console.warn("pyrite: what the notebook keeps of the view was not brought up to date", error);
  }
}

function render({ model, el }) {
  const root = document.createElement("div");
  // What the notebook keeps is the same; it is seen where this isn't.
  const hides = document.createElement("style");
  hides.textContent = `.pyrite-saved-${model.get("mark")} { display: none !important; }`;
  el.classList.add("pyrite-panel-place");
  // Enter and the space bar on a button are the button's, not JupyterLab's.
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  const hint = document.createElement("div");
  hint.setAttribute("role", "status");
  hint.className = "pyrite-hint";
  el.append(hides, root, hint);

  function draw() {
    const template = document.createElement("template");
    template.innerHTML = model.get("html");
    const fresh = template.content.firstElementChild;
    if (!fresh) {
      root.replaceChildren();
      return;
    }
    translate(fresh);
    if (root.firstElementChild) {
      change(root.firstElementChild, fresh);
    } else {
      remember(fresh);
      root.append(fresh);
    }
    if (!root.querySelector("button[data-do]")) hint.textContent = "";
  }

  let waits = 0;
  function press(event) {
    const button = event.target.closest("button[data-do]");
    if (!button) return;
    button.setAttribute("aria-disabled", "true");
    model.send({ do: button.dataset.do, of: button.dataset.of });
    clearTimeout(waits);
    waits = setTimeout(unheard, PATIENCE, button);
  }

  // A kernel that runs a cell and hears nothing beside it: interrupting a cell that waits for this is the same.
  function unheard(button) {
    if (!button.isConnected || button.getAttribute("aria-disabled") !== "true") return;
    button.removeAttribute("aria-disabled");
    if (root.firstElementChild?.dataset.awaited) interrupt();
    else tell();
  }

  async function interrupt() {
    try {
      await model.widget_manager.kernel.interrupt();
    } catch {
      tell(); // In VS Code nothing is behind that.
    }
  }

  function tell() {
    hint.textContent = (language() === "ko" ? KOREAN : ENGLISH).busy;
  }

  root.addEventListener("click", press);
  const keepThis = () => tryToKeep(model);
  model.on("change:html", draw);
  model.on("change:saved", keepThis);
  draw();
  model.send({ do: "seen", language: language() });
  return () => {
    clearTimeout(waits);
    root.removeEventListener("click", press);
    model.off("change:html", draw);
    model.off("change:saved", keepThis);
  };
}

export default { render };
