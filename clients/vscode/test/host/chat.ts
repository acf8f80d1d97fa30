import assert from "node:assert/strict";
import { promises as fs } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Conversations, historyOf, newTurn, trimConversations } from "../../src/chat/conversations";
import type { Conversation } from "../../src/chat/conversations";
import { destinationOf } from "../../src/chat/destination";
import type { Status } from "../../src/protocol";

/** A conversation of `turns` answers, each of `chars` characters. */
function conversation(id: string, turns: number, chars: number): Conversation {
  const text = "x".repeat(chars);
  return {
    id,
    place: "here",
    touched: 0,
    turns: Array.from({ length: turns }, (_, i) => ({ ...newTurn(`question ${i}`, ""), text })),
  };
}

suite("conversations", () => {
  test("what is saved does not grow without bound: the oldest goes first", () => {
    const many = trimConversations(Array.from({ length: 300 }, (_, i) => conversation(String(i), 3, 10)));
    assert.equal(many.length, 200);
    assert.equal(many[0]?.id, "0");
    const [long] = trimConversations([conversation("long", 1_000, 10)]);
    assert.equal(long?.turns.length, 100);
    assert.equal(long.turns.at(-1)?.question, "question 999");
    const large = trimConversations(Array.from({ length: 50 }, (_, i) => conversation(String(i), 10, 200_000)));
    assert.ok(JSON.stringify(large).length < 4_200_000);
    assert.equal(large[0]?.turns.at(-1)?.question, "question 9");
  });

  test("what another version saved, or what is damaged, is skipped", async () => {
    const folder = await fs.mkdtemp(path.join(tmpdir(), "codegeex-chat-"));
    const good = conversation("good", 1, 5);
    const kept = [good, null, { id: 1 }, { ...good, id: "../bad" }, { ...good, id: "bad", turns: [{ question: "?" }] }];
    const texts = [...kept.map((each) => JSON.stringify(each)), "{", ""];
    await Promise.all(texts.map((text, i) => fs.writeFile(path.join(folder, `${i}.json`), text)));
    const conversations = new Conversations(folder, "here");
    await conversations.load();
    assert.deepEqual(conversations.list, [good]);
  });

  test("two windows save theirs next to each other, the latest first, and a removed one is gone", async () => {
    const folder = path.join(await fs.mkdtemp(path.join(tmpdir(), "codegeex-chat-")), "chat");
    const [here, there] = [new Conversations(folder, "here"), new Conversations(folder, "here")];
    await here.load(); // there is no folder yet
    await here.save(conversation("one", 1, 5));
    await there.save(conversation("two", 1, 5));
    await here.save(conversation("three", 1, 5));
    await here.remove("one");
    await there.load();
    assert.deepEqual(new Set(there.list.map(({ id }) => id)), new Set(["two", "three"]));
    await here.save(conversation("two", 1, 5));
    assert.deepEqual(
      here.list.map(({ id }) => id),
      ["two", "three"],
    );
    const elsewhere = new Conversations(folder, "elsewhere");
    await elsewhere.load();
    assert.deepEqual(elsewhere.list, []);
  });

  test("the history has the model's own answers only", () => {
    const { turns } = conversation("one", 1, 3);
    const places = { ...newTurn("where?", ""), text: "Look there.", converses: false };
    const failed = newTurn("why?", "");
    assert.deepEqual(historyOf([...turns, places, failed]), [
      { role: "user", text: "question 0" },
      { role: "assistant", text: "xxx" },
    ]);
  });
});

suite("where text goes", () => {
  const sentences = (servers: Status["servers"], remote = ""): { intro: string; note: string } =>
    destinationOf({ busy: false, kind: "Normal", message: "", model: "m", remote, ...(servers && { servers }) });

  test("is nowhere if no model here can converse", () => {
    const status = { busy: false, kind: "Normal", message: "", model: "m", chat: "", remote: "", servers: {} } as const;
    assert.match(destinationOf(status).intro, /choose a model that can converse/);
  });

  test("is this machine only if no server is named", () => {
    assert.deepEqual(sentences({}), { intro: "A model on your own machine answers. Nothing you write leaves it.", note: "" });
    for (const servers of [{ chat: "a.example" }, { completion: "b.example" }, { chat: "a.example", completion: "b.example" }]) {
      assert.doesNotMatch(sentences(servers).intro, /Nothing you write leaves/);
    }
  });

  test("is the host that answers, or the one that completes", () => {
    const both = sentences({ chat: "a.example:8080", completion: "b.example" });
    assert.match(both.intro, /^The server a\.example:8080 answers\./);
    assert.match(both.note, /sent to a\.example:8080/);
    assert.match(sentences({ completion: "b.example" }).intro, /your questions stay there\. .* sent to b\.example/);
  });

  test("is not promised while it is not known", () => {
    assert.deepEqual(destinationOf(undefined), { intro: "", note: "" });
    assert.deepEqual(sentences(undefined, "chat: https://a.example/v1 (remote)").intro, "chat: https://a.example/v1 (remote)");
  });
});
