/** The messages between the extension and the chat view. The view keeps no state but what the user is typing. */

/** One question and its answer, as they are shown. `html` is not trusted: the view sanitises it. */
export interface RenderedTurn {
  question: string;
  about: string; // the code that went with the question, "" if none did
  html: string | undefined; // rendered Markdown; if undefined, `text` is shown as it is
  text: string;
  sources: { label: string; reason: string; opens: boolean }[];
  notices: string[];
  warnings: string[];
  converses: boolean;
  fault: string; // why the answer is not complete
  stopped: boolean;
  stage: string; // what the daemon is doing, while `answering`
  answering: boolean;
  model: string;
}

/** The code that goes with the next question: the active editor, or its selection. */
export interface Attachment {
  label: string; // "" if there is no editor
  detail: string;
  on: boolean;
}

export type ViewRemedy = "install" | "choose" | "restart" | "log" | "enable";

/** What keeps the daemon from answering, and what the user can do about it. */
export interface Trouble {
  text: string;
  remedies: { remedy: ViewRemedy; title: string }[];
}

/** Where text goes: `intro` is shown in an empty conversation, `note` always, unless it is "" because all stays here. */
export interface Destination {
  intro: string;
  note: string;
}

export interface Mention {
  label: string;
  detail: string;
  insertText: string;
}

export type ToView =
  | { kind: "conversation"; id: string; turns: RenderedTurn[] }
  | { kind: "turn"; id: string; index: number; turn: RenderedTurn }
  | { kind: "attachment"; attachment: Attachment }
  | { kind: "trouble"; trouble: Trouble | undefined }
  | { kind: "destination"; destination: Destination }
  | { kind: "mentions"; request: number; mentions: Mention[] }
  | { kind: "focus" };

export type CodeAction = "copy" | "insert" | "apply" | "newFile";

export type FromView =
  | { kind: "ready" }
  | { kind: "ask"; question: string }
  | { kind: "again" } // ask the last question again
  | { kind: "stop" }
  | { kind: "attach"; on: boolean }
  | { kind: "code"; action: CodeAction; text: string; language: string }
  | { kind: "source"; turn: number; source: number }
  | { kind: "link"; address: string }
  | { kind: "complete"; request: number; prefix: string }
  | { kind: "remedy"; remedy: ViewRemedy };

/** The texts of the view, in the language of the window. */
export interface Strings {
  title: string;
  hints: string[];
  placeholder: string;
  send: string;
  stop: string;
  you: string;
  answer: string;
  sources: string;
  places: string;
  stopped: string;
  nothing: string;
  again: string;
  copy: string;
  copied: string;
  insert: string;
  apply: string;
  newFile: string;
  code: string;
  attachedTitle: string;
  detachedTitle: string;
  suggestions: string;
  answered: string;
}
