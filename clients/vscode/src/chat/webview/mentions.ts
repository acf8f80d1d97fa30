/** A list of mentions above the question box, which keeps the focus: arrow keys choose, Enter or Tab accepts. */

import type { Mention } from "../messages";
import { element } from "./element";
import { post, strings } from "./host";

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

  /** Request mentions if the text before the cursor begins one. */
  onInput(): void {
    const before = this.box.value.slice(0, this.box.selectionStart);
    const prefix = this.box.selectionStart === this.box.selectionEnd ? PREFIX.exec(before)?.[1] : undefined;
    if (prefix === undefined) return this.hide();
    this.prefix = prefix;
    post({ kind: "complete", request: ++this.request, prefix });
    this.show(this.entries); // those that still fit, until the response is there
  }

  receive(request: number, entries: readonly Mention[]): void {
    if (request === this.request) this.show(entries); // otherwise the user has typed on
  }

  /** Handle a key; true if it was for the list. */
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

  /** Choose the entry at `index`; the list is circular. */
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
    this.box.dispatchEvent(new Event("input")); // after "#file:" the files are listed
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

/** True if a mention completes `prefix`: "#file:" completes "#fi", and '#file:"my cart.py" ' completes "#file:cart". */
function fits(insertText: string, prefix: string): boolean {
  const [whole, typed] = [insertText, prefix].map((each) => each.toLowerCase().replaceAll('"', "")) as [string, string];
  const [kind, name] = typed.split(/(?<=:)/, 2) as [string, string?];
  return whole.startsWith(kind) && whole.slice(kind.length).includes(name ?? "");
}
