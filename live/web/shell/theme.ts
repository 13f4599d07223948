/** Light or dark, and the stylesheet's colours for canvases. */

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const STORED = 'sightline.theme';

export function storedTheme(): Theme {
  const stored = localStorage.getItem(STORED);
  return THEMES.find((theme) => theme === stored) ?? 'auto';
}

/** Sets the page's theme and remembers it; `auto` follows the system. */
export function setTheme(theme: Theme): void {
  localStorage.setItem(STORED, theme);
  document.documentElement.dataset.theme = theme;
  forget();
}

/** Custom properties of style.css that canvases draw with. */
const TOKENS = ['bg', 'panel', 'raised', 'line', 'text', 'muted', 'faint', 'accent', 'error', 'warn', 'ok', 'critical'] as const;
export const HUES = 12;

export type Palette = Record<(typeof TOKENS)[number], string> & { hues: string[]; font: string; mono: string };

let palette: Palette | undefined;
const listeners = new Set<() => void>();

/** Colours as the page shows them now. Canvases redraw on `onPalette`. */
export function colors(): Palette {
  palette ??= readPalette();
  return palette;
}

export function onPalette(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function forget(): void {
  palette = undefined;
  for (const listener of listeners) listener();
}

/** Custom properties keep `light-dark()` unresolved; the colour of an element does not. */
function readPalette(): Palette {
  const probe = document.createElement('i');
  probe.hidden = true;
  document.body.append(probe);
  const resolve = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const tokens = Object.fromEntries(TOKENS.map((name) => [name, resolve(name)])) as Record<(typeof TOKENS)[number], string>;
  const hues = Array.from({ length: HUES }, (_, i) => resolve(`hue-${i}`));
  const root = getComputedStyle(document.documentElement);
  const found = { ...tokens, hues, font: root.getPropertyValue('--font').trim(), mono: root.getPropertyValue('--mono').trim() };
  probe.remove();
  return found;
}

/** Applies the stored theme and follows the system's changes; call once. */
export function startTheme(): void {
  setTheme(storedTheme());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', forget);
}
