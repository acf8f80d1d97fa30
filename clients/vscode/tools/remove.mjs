import { existsSync, rmSync } from "node:fs";

/** A folder with all it holds. What still ends may write into it meanwhile: Node's own retries do not look for new files. */
export async function remove(folder) {
  for (let tries = 40; existsSync(folder); tries--) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch (fault) {
      if (tries === 0 || !["ENOTEMPTY", "EBUSY", "EPERM"].includes(fault.code)) throw fault;
      await new Promise((done) => setTimeout(done, 250));
    }
  }
}
