/** What a mention can go on with, in a list above the box. The box keeps the focus: arrows choose, Enter or Tab takes. */

import type { Mention } from "../messages";
import { element } from "./element";
import { strings, post } from "./host";

const PREFIX = /(?:^|\s)([#@](?:\w+:"[^"\n]*|[^\s"]*))$/;

export class Mentions {
  readonly root = element("ul", {
    id: "mentions",
    class: "mentions",
    role: "listbox",
    "aria-label": strings.suggestions,
    hidden: true,
  });
  private request = 0;
  private prefix = "";
  private entries: readonly Mention[] = [];
  private chosen = 0;

  constructor(private readonly box: HTMLTextAreaElement) {
    for (const [name, value] of [
      ["role", "combobox"],
      ["aria-expanded", "false"],
      ["aria-controls", "mentions"],
      ["aria-autocomplete", "list"],
    ] as const) {
      box.setAttribute(name, value);
    }
  }

  /** The text or the cursor has changed. */
  onInput(): void {
    const before = this.box.value.slice(0, this.box.selectionStart);
    const prefix = this.box.selectionStart === this.box.selectionEnd ? PREFIX.exec(before)?.[1] : undefined;
    if (prefix === undefined) return this.hide();
    this.prefix = prefix;
    post({ kind: "complete", request: ++this.request, prefix });
    this.show(this.entries); // until the answer is there, what still fits
  }

  receive(request: number, entries: readonly Mention[]): void {
    if (request === this.request) this.show(entries); // else something else was typed meanwhile
  }

  /** Whether the key was the list's. */
  handleKey(event: KeyboardEvent): boolean {
    if (this.root.hidden) return false;
    if (event.key === "ArrowDown") this.choose(this.chosen + 1);
    else if (event.key === "ArrowUp") this.choose(this.chosen - 1);
    else if (event.key === "Escape") this.hide();
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") this.accept(this.chosen);
    else return false;
    return true;
  }

  hide(): void {
    this.entries = [];
    this.request++;
    this.draw();
  }

  /** Before the first stands the last. */
  private choose(index: number): void {
    this.chosen = (index + this.entries.length) % this.entries.length;
    this.draw();
  }

  private show(entries: readonly Mention[]): void {
    const fitting = entries.filter(({ insertText }) => fits(insertText, this.prefix));
    const isTyped = fitting.length === 1 && fitting[0]?.insertText.trimEnd() === this.prefix;
    this.entries = isTyped ? [] : fitting;
    this.chosen = 0;
    this.draw();
  }

  private accept(index: number): void {
    const entry = this.entries[index];
    if (!entry) return;
    const end = this.box.selectionStart;
    this.box.setRangeText(entry.insertText, end - this.prefix.length, end, "end");
    this.hide();
    this.box.focus();
    this.box.dispatchEvent(new Event("input")); // "#file:" goes on with the files
  }

  private draw(): void {
    const rows = this.entries.map(({ label, detail }, index) =>
      element(
        "li",
        {
          id: `mention-${index}`,
          role: "option",
          "aria-selected": String(index === this.chosen),
          mousedown: (event) => {
            event.preventDefault();
            this.accept(index);
          },
        },
        element("span", {}, label),
        element("span", { class: "reason" }, detail),
      ),
    );
    this.root.replaceChildren(...rows);
    this.root.hidden = rows.length === 0;
    this.box.setAttribute("aria-expanded", String(rows.length > 0));
    if (rows.length) this.box.setAttribute("aria-activedescendant", `mention-${this.chosen}`);
    else this.box.removeAttribute("aria-activedescendant");
    rows[this.chosen]?.scrollIntoView({ block: "nearest" });
  }
}

/** "#fi" goes on as "#file:", and "#file:cart" as '#file:"my cart.py" '. */
function fits(insertText: string, prefix: string): boolean {
  const [whole, typed] = [insertText, prefix].map((each) => each.toLowerCase().replaceAll('"', "")) as [string, string];
  const [kind, name] = typed.split(/(?<=:)/, 2) as [string, string?];
  return whole.startsWith(kind) && whole.slice(kind.length).includes(name ?? "");
}
