/** Makes HTML elements and icons. Text is always text here, never markup. */

type Attributes = Record<string, string | boolean | ((event: Event) => void)>;

/** Make an element. Of the `attributes`, a function listens to the event of that name; `true` sets one, `false` omits it. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";
// SVG paths on a grid of 16 by 16.
const PATHS = {
  apply: "M5.5 2.5v8M2.5 7.5l3 3 3-3M10.5 13.5v-8M7.5 8.5l3-3 3 3",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  done: "M3 8.5l3.5 3.5L13 4.5",
  eye: "M1.5 8s2.5-4.5 6.5-4.5S14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  insert: "M2.5 3.5h11M2.5 12.5h11M13.5 8h-8M8 5.5 5.5 8 8 10.5",
  newFile: "M9 2.5H3.5v11h9V6zM9 2.5V6h3.5M8 7.5v4M6 9.5h4",
  send: "M2.5 2.5 14 8 2.5 13.5 4.5 8zM4.5 8H9",
  stop: "M3.5 3.5h9v9h-9z",
};

export type Icon = keyof typeof PATHS;

export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon ${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name: Icon, title: string, press: () => void): HTMLButtonElement {
  return element("button", { type: "button", class: "tool", title, "aria-label": title, click: press }, icon(name));
}
