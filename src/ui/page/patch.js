// Makes what is shown equal to what was drawn anew, changing no more than differs: what has the focus, is selected, scrolled
// or unfolded stays so.

export function patch(old, fresh) {
  const keyed = new Map();
  for (const child of old.children) if (child.id) keyed.set(child.id, child);
  let at = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const known = child.id ? keyed.get(child.id) : fits(at, child) ? at : null;
    if (!known) {
      old.insertBefore(child, at);
      continue;
    }
    if (known === at) at = at.nextSibling;
    else old.insertBefore(known, at);
    if (child.nodeType === Node.TEXT_NODE) {
      if (known.data !== child.data) known.data = child.data;
    } else {
      attributes(known, child);
      patch(known, child);
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

const fits = (old, fresh) => old && !old.id && old.nodeName === fresh.nodeName && old.getAttribute?.("class") === fresh.getAttribute?.("class");

function attributes(old, fresh) {
  // Whether it is unfolded is the reader's own affair.
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
}
