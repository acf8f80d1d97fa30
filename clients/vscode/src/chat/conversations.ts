/** Conversations, saved on disk, the latest first. Their number and size are bounded. */

import { randomUUID } from "node:crypto";
import { promises as fs } from "node:fs";
import * as path from "node:path";
import type { AskParams, Source } from "../protocol";

const SUFFIX = ".json";
const ID = /^[\w-]{1,64}$/;
const MAX_CONVERSATIONS = 200; // in all workspaces
const MAX_TURNS = 100; // in one conversation
const MAX_TEXT_CHARS = 64_000; // of one question or answer
const MAX_CONVERSATION_CHARS = 250_000;
const MAX_CHARS = 4_000_000; // of all conversations
const MAX_LISTED = 40; // sources or notices of an answer
const TITLE_CHARS = 80;

export interface Turn {
  question: string;
  about: string;
  text: string;
  sources: Source[];
  notices: string[];
  warnings: string[];
  converses: boolean;
  stopped: boolean;
  fault: string;
  model: string;
}

export interface Conversation {
  id: string;
  place: string; // the URI of its workspace
  touched: number; // when it was last saved, in milliseconds since 1970
  turns: Turn[];
}

export function newTurn(question: string, about: string): Turn {
  const nothing = { text: "", sources: [], notices: [], warnings: [], fault: "", model: "" };
  // `stopped` until it is answered: that is how it ends if the window is closed first.
  return { question, about, stopped: true, converses: true, ...nothing };
}

export function conversationTitle(conversation: Conversation): string {
  const line = conversation.turns[0]?.question.trim().split("\n", 1)[0] ?? "";
  return line.length > TITLE_CHARS ? `${line.slice(0, TITLE_CHARS - 1)}…` : line;
}

/** Return the turns that a model has answered itself, as the history of the next request. */
export function historyOf(turns: readonly Turn[]): NonNullable<AskParams["history"]> {
  return turns
    .filter((turn) => turn.converses && turn.text)
    .flatMap(({ question, text }) => [
      { role: "user" as const, text: question },
      { role: "assistant" as const, text },
    ]);
}

/**
 * The saved conversations, one file each, in one folder for all workspaces. In a workspace's `workspaceState`, its windows
 * would overwrite each other's conversations; in its storage folder, only one window would see them.
 */
export class Conversations {
  private all: Conversation[] = [];

  constructor(
    private readonly folder: string,
    private readonly place: string,
  ) {}

  /** The conversations of this workspace that have a question, the latest first. */
  get list(): readonly Conversation[] {
    return this.all.filter(({ place }) => place === this.place);
  }

  create(): Conversation {
    return { id: randomUUID(), place: this.place, touched: Date.now(), turns: [] };
  }

  /** Read the conversations on disk, and skip unreadable ones. */
  async load(): Promise<void> {
    const names = await fs.readdir(this.folder).catch(() => []);
    const files = names.filter((name) => name.endsWith(SUFFIX)).map((name) => path.join(this.folder, name));
    const texts = await Promise.all(files.map((file) => fs.readFile(file, "utf8").catch(() => "")));
    const read = texts.map(parseJson).filter(isConversation);
    await this.trim(read.sort((one, other) => other.touched - one.touched));
  }

  /** Save a conversation as it is now, and drop what exceeds the bounds. */
  async save(conversation: Conversation): Promise<void> {
    conversation.touched = Date.now();
    await this.trim([conversation, ...this.all.filter((each) => each.id !== conversation.id)]);
    await fs.mkdir(this.folder, { recursive: true });
    const file = this.file(conversation.id);
    const fresh = `${file}.${randomUUID()}`;
    await fs.writeFile(fresh, JSON.stringify(this.all[0]));
    await fs.rename(fresh, file); // atomically
  }

  async remove(id: string): Promise<void> {
    this.all = this.all.filter((each) => each.id !== id);
    await fs.rm(this.file(id), { force: true });
  }

  private async trim(all: readonly Conversation[]): Promise<void> {
    this.all = trimConversations(all);
    const kept = new Set(this.all.map(({ id }) => id));
    const dropped = all.filter(({ id }) => !kept.has(id));
    await Promise.all(dropped.map(({ id }) => fs.rm(this.file(id), { force: true })));
  }

  private file(id: string): string {
    return path.join(this.folder, id + SUFFIX);
  }
}

/** Return `conversations` within the bounds: without ends of long texts, old turns, and old conversations. */
export function trimConversations(conversations: readonly Conversation[]): Conversation[] {
  let room = MAX_CHARS;
  const kept: Conversation[] = [];
  for (const { id, place, touched, turns } of conversations.slice(0, MAX_CONVERSATIONS)) {
    const fitting: Turn[] = [];
    let within = Math.min(MAX_CONVERSATION_CHARS, room);
    for (const turn of turns.slice(-MAX_TURNS).reverse()) {
      const short = shortenTurn(turn);
      const size = JSON.stringify(short).length;
      if (size > within) break;
      [within, room] = [within - size, room - size];
      fitting.unshift(short);
    }
    if (fitting.length) kept.push({ id, place, touched, turns: fitting });
  }
  return kept;
}

function shortenTurn(turn: Turn): Turn {
  return {
    ...turn,
    question: turn.question.slice(0, MAX_TEXT_CHARS),
    text: turn.text.slice(0, MAX_TEXT_CHARS),
    sources: turn.sources.slice(0, MAX_LISTED),
    notices: turn.notices.slice(0, MAX_LISTED),
    warnings: turn.warnings.slice(0, MAX_LISTED),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** True if a saved value has the shape of this version. */
function isConversation(value: unknown): value is Conversation {
  const { id, place, touched, turns } = Object(value) as Partial<Conversation>;
  const whole = (turn: Partial<Turn>): boolean =>
    [turn.question, turn.about, turn.text, turn.fault, turn.model].every((each) => typeof each === "string") &&
    [turn.sources, turn.notices, turn.warnings].every(Array.isArray);
  return (
    typeof id === "string" &&
    ID.test(id) &&
    typeof place === "string" &&
    typeof touched === "number" &&
    Array.isArray(turns) &&
    turns.every((turn) => whole(Object(turn)))
  );
}
