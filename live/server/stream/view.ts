/** What the views share: what one is, and how far a client has got in it. */
import type { ViewName, ViewRequest } from './frame-layout.ts';
import type { Section } from './frames.ts';

/** Whose the slices are in which views are made: theirs come in turn with those of the keys. */
export const STREAM = '(stream)';

/** What a client has of a view. */
export interface Position {
  version: number;
  row: number;
}

export interface View {
  readonly id: number;
  readonly request: Required<Omit<ViewRequest, 'view'>> & { view: ViewName };
  /** What this client has not seen yet; empty where there is no news. Moves the position on. */
  sections(nowMs: number, position: Position): readonly Section[];
  close(): void;
}
