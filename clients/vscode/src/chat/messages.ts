/** What the view and the extension tell each other. The view shows, and says what a person does; it keeps nothing. */

/** One question and what came of it, as it is shown. `html` is not trusted: the view sanitises it. */
export interface RenderedTurn {
  question: string;
  about: string; // the code it was asked about, "" for none
  html: string | undefined; // rendered Markdown; without it, `text` is shown as it is
  text: string;
  sources: { label: string; reason: string; opens: boolean }[];
  notices: string[];
  warnings: string[];
  converses: boolean;
  fault: string; // why there is no more of it
  stopped: boolean;
  stage: string; // what is being done, while it is being answered
  answering: boolean;
  model: string;
}

/** What a question is about unless it is switched off: the active editor, its selection. */
export interface Attachment {
  label: string; // "" where there is no editor
  detail: string;
  on: boolean;
}

export type ViewRemedy = "install" | "choose" | "restart" | "log" | "enable";

/** What keeps the daemon from answering, and what a person can do about it. */
export interface Trouble {
  text: string;
  remedies: { remedy: ViewRemedy; title: string }[];
}

/** Where text goes: in full above an empty conversation, and in short, "" if it stays here, below any other. */
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
  | { kind: "again" } // the last question, anew
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
