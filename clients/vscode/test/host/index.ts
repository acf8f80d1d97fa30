/** Runs the suites inside VS Code's extension host, which calls `run`; CODEGEEX_SUITE names those of assist.ts. */

import Mocha from "mocha";

const PATIENCE_MS = 60_000; // a shared machine

/** One line a test: they travel to the terminal through the browser's console. */
class Lines extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner) {
    super(runner);
    runner.on("pass", (test) => console.log(`ok: ${test.fullTitle()} (${test.duration} ms)`));
    runner.on("fail", (test, fault: Error) => console.log(`not ok: ${test.fullTitle()}: ${fault.stack}`));
  }
}

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: "tdd", timeout: PATIENCE_MS, reporter: Lines });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  if (process.env["CODEGEEX_SUITE"] === "assist") {
    await import("./assist");
  } else {
    await import("./suites");
    await import("./chat");
    await import("./ask");
  }
  const failures = await new Promise<number>((done) => mocha.run(done));
  if (failures) throw new Error(`${failures} failed`);
}
