const PATIENCE_MS = 50_000; // a shared machine

/** Polls until something holds. */
export async function until(what: string, holds: () => unknown): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`in vain waited for ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
