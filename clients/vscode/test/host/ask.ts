import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { ask } from "../../src/ask";
import type { Exports } from "../../src/extension";
import { ASK, CANCEL_PROGRESS } from "../../src/protocol";
import type { Answer, AnswerProgress } from "../../src/protocol";

const ANSWER: Answer = { text: "Yes.", sources: [], notices: [], warnings: [], converses: true, stopped: false, model: "m" };
const REQUEST_FAILED = -32803;
const INTERNAL_ERROR = -32603;

const refusal = (message: string, code: number): Error => Object.assign(new Error(message), { code });

/** A connection whose other end is the test. */
class FakeClient {
  readonly notified: string[] = [];
  requested: unknown;
  cancelled = false;
  progress!: (progress: AnswerProgress) => void;
  answer!: (answer: Answer) => void;
  fail!: (fault: Error) => void;
  private readonly states = new vscode.EventEmitter<void>();
  private running = true;
  readonly onDidChangeState = this.states.event;

  isRunning(): boolean {
    return this.running;
  }

  end(): void {
    this.running = false;
    this.states.fire();
  }

  onProgress(_type: unknown, _token: string, handler: (progress: AnswerProgress) => void): vscode.Disposable {
    this.progress = handler;
    return new vscode.Disposable(() => undefined);
  }

  sendRequest(method: string, params: object, token: vscode.CancellationToken): Promise<Answer> {
    this.requested = { method, ...params };
    return new Promise((resolve, reject) => {
      [this.answer, this.fail] = [resolve, reject];
      token.onCancellationRequested(() => {
        this.cancelled = true;
        reject(new Error("cancelled"));
      });
    });
  }

  sendNotification(method: string): Promise<void> {
    this.notified.push(method);
    return Promise.resolve();
  }
}

suite("ask", () => {
  let client: FakeClient;
  let source: vscode.CancellationTokenSource;
  let texts: string[];
  let answer: Promise<Answer>;

  function begin(what: string): void {
    [client, source, texts] = [new FakeClient(), new vscode.CancellationTokenSource(), []];
    const watcher = { onText: (text: string) => texts.push(text), onStage: (stage: string) => texts.push(`<${stage}>`) };
    answer = ask(client as unknown as LanguageClient, what, { question: "?" }, source.token, watcher);
  }

  test("an answer streams, and comes whole", async () => {
    begin(ASK);
    client.progress({ kind: "text", text: "Ye" });
    client.progress({ kind: "stage", stage: "checking" });
    client.answer(ANSWER);
    assert.deepEqual(await answer, ANSWER);
    assert.deepEqual(texts, ["Ye", "<checking>"]);
  });

  test("a task is a command that changes nothing by itself", async () => {
    begin("codegeex.fix");
    client.answer(ANSWER);
    await answer;
    const { method, command, arguments: given } = client.requested as Record<string, unknown>;
    assert.deepEqual([method, command], ["workspace/executeCommand", "codegeex.fix"]);
    assert.equal((given as { apply: boolean }[])[0]?.apply, false);
  });

  test("cancelled before any text, the request is cancelled and the answer is empty", async () => {
    begin(ASK);
    source.cancel();
    assert.deepEqual(await answer, { ...ANSWER, text: "", stopped: true, model: "" });
    assert.ok(client.cancelled);
  });

  test("cancelled later, the daemon ends the answer, and its text is kept", async () => {
    begin(ASK);
    client.progress({ kind: "text", text: "Ye" });
    source.cancel();
    assert.deepEqual([client.cancelled, client.notified], [false, [CANCEL_PROGRESS]]);
    client.answer({ ...ANSWER, text: "Ye" });
    assert.deepEqual(await answer, { ...ANSWER, text: "Ye", stopped: true });
  });

  test("a connection that ends is one fault, whoever notices it first", async () => {
    begin(ASK);
    client.end();
    await assert.rejects(answer, /The CodeGeeX server stopped before/);
    begin(ASK);
    client.end();
    client.fail(new Error("Pending response rejected"));
    await assert.rejects(answer, /The CodeGeeX server stopped before/);
  });

  test("a refusal is in the daemon's words, any other fault in ours", async () => {
    begin(ASK);
    client.fail(refusal("too long for the model", REQUEST_FAILED));
    await assert.rejects(answer, { message: "too long for the model" });
    begin("codegeex.fix");
    client.fail(refusal("boom", INTERNAL_ERROR));
    await assert.rejects(answer, { message: "The CodeGeeX server could not answer: boom" });
  });
});

suite("daemon.ready", () => {
  let daemon: Exports["daemon"];

  suiteSetup(() => {
    daemon = vscode.extensions.getExtension<Exports>("codegeex-lsp.codegeex-lsp")!.exports.daemon;
  });

  test("is the connection of a daemon that runs", async () => {
    assert.equal(await daemon.ready(new vscode.CancellationTokenSource().token), daemon.client);
  });

  test("waits for a daemon that does not run yet, until it is cancelled", async () => {
    const source = new vscode.CancellationTokenSource();
    await daemon.stop();
    const waits = daemon.ready(source.token);
    source.cancel();
    await assert.rejects(waits, vscode.CancellationError);
    await daemon.restart();
  });

  test("says why there will be none", async () => {
    await vscode.commands.executeCommand("codegeex.toggle");
    await assert.rejects(daemon.ready(new vscode.CancellationTokenSource().token), /turned off/);
    await vscode.commands.executeCommand("codegeex.toggle");
    await daemon.ready(new vscode.CancellationTokenSource().token);
  });
});
