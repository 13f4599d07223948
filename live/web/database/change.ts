/** How a number changed, for a glance. */

export interface Change {
  text: string;
  /** By half and more: worth a look where more is worse. */
  more: boolean;
}

const SAME = 0.05;
const MUCH = 1.5;

/** `before` undefined where it is not known. */
export function changeOf(now: number, before: number | undefined): Change {
  if (before === undefined) return { text: '–', more: false };
  if (before === 0) return now === 0 ? { text: '=', more: false } : { text: 'new', more: true };
  const ratio = now / before;
  if (Math.abs(ratio - 1) < SAME) return { text: '=', more: false };
  const more = ratio >= MUCH;
  if (ratio >= 2) return { text: `×${ratio >= 10 ? Math.round(ratio) : Number(ratio.toFixed(1))}`, more };
  return { text: `${ratio > 1 ? '+' : '−'}${Math.round(Math.abs(ratio - 1) * 100)}%`, more };
}
