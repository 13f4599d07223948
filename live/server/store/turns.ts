/**
 * Whose turn it is. Between two slices of long work the event loop does all else that is due, however much long work there is; and each owner of work (a
 * key) has its slice before any has another, so that whoever asks for much waits for himself alone.
 */
export class Turns {
  private readonly waiting = new Map<string, (() => void)[]>();
  /** Somebody has had a slice since the event loop was last round. */
  private taken = false;

  /** Resolves when it is `owner`'s turn: at once where nobody else has had one since the event loop was last round. */
  take(owner: string): Promise<void> {
    if (!this.taken) {
      this.taken = true;
      setImmediate(() => this.next());
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const line = this.waiting.get(owner);
      if (line === undefined) this.waiting.set(owner, [resolve]);
      else line.push(resolve);
    });
  }

  private next(): void {
    const [first] = this.waiting;
    if (first === undefined) {
      this.taken = false;
      return;
    }
    const [owner, line] = first;
    this.waiting.delete(owner);
    const go = line.shift();
    // Behind all others.
    if (line.length > 0) this.waiting.set(owner, line);
    setImmediate(() => this.next());
    go?.();
  }
}
