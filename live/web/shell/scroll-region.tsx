import type { ReactNode } from 'react';

/** A wide table's own scrolling box: it can be reached by keyboard, so that its far end can. */
export function ScrollRegion({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolling by keyboard needs the focus
    <section className="scroll-x" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
