/** Polls `attempt` until it returns something truthy, at most `seconds`; then fails with `what`. Tests wait for conditions, never for time to pass. */
export async function eventually<T>(
  what: string,
  attempt: () => T | Promise<T>,
  seconds = 15,
): Promise<Exclude<NonNullable<T>, false>> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const result = await attempt();
    if (result) return result as Exclude<NonNullable<T>, false>;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
