/** A model's answer as elements. Its HTML is hostile until it is sanitised: no script, image, style, form or address is left. */

import DOMPurify from "dompurify";
import type { CodeAction } from "../messages";
import { element, icon, iconButton } from "./element";
import type { Icon } from "./element";
import { post, strings } from "./host";

const TAGS = [
  "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "span",
  "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
]; // prettier-ignore
const CLASS = /^(hljs-[\w-]+|language-[\w#+.-]+)$/;
const WEB = /^https?:\/\//i;
const COPIED_MS = 1_500;

/** Return the blocks of an answer. */
export function renderAnswer(html: string | undefined, text: string): HTMLElement[] {
  if (html === undefined) return [element("pre", { class: "plain" }, text)];
  const untrusted = new DOMParser().parseFromString(html, "text/html"); // an inert document
  showSource(untrusted);
  const clean = DOMPurify.sanitize(untrusted.body.innerHTML, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ["class", "href", "start"],
    ALLOW_ARIA_ATTR: false,
    ALLOW_DATA_ATTR: false,
    ALLOWED_URI_REGEXP: WEB,
    RETURN_DOM: true,
  }) as HTMLElement;
  clean.querySelectorAll("[class]").forEach(keepKnownClasses);
  clean.querySelectorAll("a").forEach(disarmLink);
  clean.querySelectorAll("pre").forEach(addTools);
  return [...clean.childNodes].flatMap((node) => {
    if (node instanceof HTMLElement && node.tagName !== "SPAN") return [node];
    return node.textContent?.trim() ? [element("p", {}, node)] : [];
  });
}

/** Show formulas and diagrams as their source, since they would need scripts and styles. */
function showSource(page: Document): void {
  for (const formula of page.querySelectorAll(".katex")) {
    formula.replaceWith(
      element("code", {}, formula.querySelector("annotation")?.textContent ?? formula.textContent ?? ""),
    );
  }
  for (const diagram of page.querySelectorAll(".mermaid")) {
    diagram.replaceWith(element("pre", {}, element("code", { class: "language-mermaid" }, diagram.textContent ?? "")));
  }
}

function keepKnownClasses(marked: Element): void {
  const kept = [...marked.classList].filter((name) => CLASS.test(name));
  if (kept.length) marked.className = kept.join(" ");
  else marked.removeAttribute("class");
}

/** Take a link's address away from the browser; the extension opens it if the user clicks it. */
function disarmLink(link: HTMLAnchorElement): void {
  const address = link.getAttribute("href") ?? "";
  link.removeAttribute("href");
  if (!WEB.test(address)) return;
  const open = (): void => post({ kind: "link", address });
  link.setAttribute("role", "link");
  link.tabIndex = 0;
  link.title = address;
  link.addEventListener("click", open);
  link.addEventListener("keydown", (event) => {
    if (event.key === "Enter") open();
  });
}

function addTools(block: HTMLPreElement): void {
  const language = /\blanguage-(\S+)/.exec(block.querySelector("code")?.className ?? "")?.[1] ?? "";
  const send = (action: CodeAction) => (): void =>
    post({ kind: "code", action, text: block.textContent ?? "", language });
  const tool = (action: CodeAction, title: string): HTMLButtonElement =>
    iconButton(action satisfies Icon, title, send(action));
  const copy = tool("copy", strings.copy);
  copy.addEventListener("click", () => confirm(copy));
  const tools = element(
    "div",
    { class: "tools", role: "toolbar", "aria-label": strings.code },
    element("span", { class: "language" }, language),
    copy,
    tool("insert", strings.insert),
    tool("apply", strings.apply),
    tool("newFile", strings.newFile),
  );
  block.tabIndex = 0; // so that keys can scroll long lines
  const framed = element("div", { class: "block" }, tools);
  block.replaceWith(framed);
  framed.append(block);
}

function confirm(copy: HTMLButtonElement): void {
  copy.replaceChildren(icon("done"));
  copy.title = strings.copied;
  setTimeout(() => {
    copy.replaceChildren(icon("copy"));
    copy.title = strings.copy;
  }, COPIED_MS);
}

/** Put `blocks` into `place`, and leave equal blocks alone, so that selection and focus in them survive. */
export function update(place: HTMLElement, blocks: readonly HTMLElement[]): void {
  const same = (a: Element | undefined, b: HTMLElement): boolean => a !== undefined && a.outerHTML === b.outerHTML;
  let kept = 0;
  for (const block of blocks) {
    if (!same(place.children[kept], block)) break;
    kept++;
  }
  while (place.children.length > kept) place.lastElementChild?.remove();
  place.append(...blocks.slice(kept));
}
