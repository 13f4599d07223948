import type { Dashboard, DataLink } from './grafana.ts';
import type { Placed } from './panels.ts';

/** Panels under one heading, in reading order. */
export interface Section {
  title: string;
  panels: Placed[];
  /** Where to go from here: in the corner of each of its panels. */
  onwards: readonly DataLink[];
}

const COLUMNS = 24;

/** Places sections below each other and panels from left to right, wrapping at Grafana's 24 columns; a line is as high as its highest panel. */
export function layOut(sections: Section[]): Dashboard['panels'] {
  const panels: Dashboard['panels'] = [];
  let y = 0;
  for (const { title, panels: placed, onwards } of sections) {
    panels.push({
      type: 'row',
      id: panels.length + 1,
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y += 1;
    let [x, lineHeight] = [0, 0];
    for (const { panel, size } of placed) {
      const [w, h] = size;
      if (x + w > COLUMNS) [x, y, lineHeight] = [0, y + lineHeight, 0];
      panels.push({ id: panels.length + 1, ...panel, links: [...onwards], gridPos: { x, y, w, h } });
      x += w;
      lineHeight = Math.max(lineHeight, h);
    }
    y += lineHeight;
  }
  return panels;
}
