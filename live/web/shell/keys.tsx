/** Keys of the page and the help that lists them. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';

export interface Key {
  /** As `KeyboardEvent.key` says it; several keys that do the same are parted by a space. `Space` is the space bar. */
  keys: string;
  does: string;
  run(key: string): void;
}
interface Group {
  name: string;
  keys: readonly Key[];
}

const Context = createContext<{ add(group: () => Group): () => void; groups(): Group[] } | undefined>(undefined);

/** Listens for keys anywhere on the page but in fields; the group added last has the first say. */
export function KeysProvider({ children }: { children: ReactNode }) {
  const added = useRef<(() => Group)[]>([]);
  const value = useMemo(
    () => ({
      add(group: () => Group) {
        added.current = [group, ...added.current];
        return () => {
          added.current = added.current.filter((one) => one !== group);
        };
      },
      groups: () => added.current.map((group) => group()),
    }),
    [],
  );
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const pressed = event.key === ' ' ? 'Space' : event.key;
      if (pressed === 'Space' && (event.target as Element).closest?.('button, a, summary')) return;
      // Elsewhere than on the page itself, arrows scroll or move what has the focus.
      if (pressed.startsWith('Arrow') && event.target !== document.body) return;
      // It closes what is open.
      if (pressed === 'Escape' && document.querySelector(':popover-open')) return;
      const found = value
        .groups()
        .flatMap(({ keys }) => keys)
        .find(({ keys }) => keys.split(' ').includes(pressed));
      if (!found) return;
      event.preventDefault();
      found.run(pressed);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [value]);
  return <Context value={value}>{children}</Context>;
}

/** Adds keys while the component is shown. */
export function useKeys(name: string, keys: readonly Key[]): void {
  const context = useContext(Context);
  const latest = useRef({ name, keys });
  latest.current = { name, keys };
  useEffect(() => context?.add(() => latest.current), [context]);
}

/** The list of keys that work right now. */
export function KeyHelp({ close }: { close(): void }) {
  const context = useContext(Context);
  const dialog = useRef<HTMLDialogElement>(null);
  const [groups] = useState(() => context?.groups() ?? []);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="help" aria-label="Keys" onClose={close}>
      <h2>Keys</h2>
      {groups.map(({ name, keys }) => (
        <section key={name}>
          <h3>{name}</h3>
          <dl>
            {keys.map((key) => (
              <div key={key.keys}>
                <dt>
                  {key.keys.split(' ').map((one) => (
                    <kbd key={one}>{SHOWN[one] ?? one}</kbd>
                  ))}
                </dt>
                <dd>{key.does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}

const SHOWN: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
};

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, dialog, [popover]') !== null;
}
