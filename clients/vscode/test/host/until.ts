const PATIENCE_MS = 50_000; // a shared machine

/** Poll until `holds` returns something true. */
export async function until(what: string, holds: () => unknown): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
