import { existsSync, rmSync } from "node:fs";

/** Remove a folder. Processes that are ending may still write into it, and Node's own retries do not find new files. */
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
