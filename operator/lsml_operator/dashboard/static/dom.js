// Elements from words. Whatever a job says becomes text, never markup: there is no innerHTML on this page.

const SVG = "http://www.w3.org/2000/svg";

export const h = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) => filled(document.createElementNS(SVG, tag), attributes, children);

/** Sets the text where it differs, so that nothing is laid out again for nothing. */
export function say(node, text) {
  const only = node.firstChild;
  if (only?.nodeType === Node.TEXT_NODE && only === node.lastChild) {
    if (only.data !== text) only.data = text;
  } else if (node.textContent !== text) {
    node.textContent = text;
  }
  return node;
}

/** A list of elements that is kept in step with data: those of the same key stay, and so does the focus in them. */
export function keyed(parent, make) {
  const known = new Map();
  return (items, keyOf, update) => {
    const wanted = items.map((item) => {
      const key = keyOf(item);
      if (!known.has(key)) known.set(key, make(item));
      const node = known.get(key);
      update(node, item);
      return [key, node];
    });
    const keys = new Set(wanted.map(([key]) => key));
    for (const key of [...known.keys()]) if (!keys.has(key)) known.delete(key);
    const nodes = wanted.map(([, node]) => node);
    if (nodes.length !== parent.childNodes.length || nodes.some((node, i) => node !== parent.childNodes[i])) {
      parent.replaceChildren(...nodes);
    }
  };
}

function filled(node, attributes = {}, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
