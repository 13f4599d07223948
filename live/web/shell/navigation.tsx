/** Where the reader is, and links that go elsewhere without loading the page anew. */
import { createContext, type MouseEvent, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { isZone, type Zone } from '../format/time.ts';
import { PAGES, type PageName, type Place, placeHref, readPlace } from './place.ts';

const STORED_ZONE = 'sightline.zone';
/** Browsers refuse an address that changes a hundred times in half a minute. */
const ADDRESS_MS = 350;

interface Navigation {
  place: Place;
  go(page: PageName, id?: string, params?: Place['params']): void;
  setParam(name: string, value: string): void;
  zone: Zone;
  setZone(zone: Zone): void;
}

const Context = createContext<Navigation | undefined>(undefined);

export function useNavigation(): Navigation {
  const navigation = useContext(Context);
  if (!navigation) throw new Error('useNavigation needs a NavigationProvider around it');
  return navigation;
}

export function NavigationProvider({ children }: { children: ReactNode }) {
  const [place, setPlace] = useState(readHere);
  const [zone, setStoredZone] = useState(() => localStorage.getItem(STORED_ZONE) ?? 'local');
  const here = useRef(place);
  here.current = place;
  const writtenAt = useRef(0);
  useEffect(() => {
    const follow = () => setPlace(readHere());
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  useEffect(() => {
    const { title } = PAGES[place.page];
    document.title = `${place.id && place.page === 'metric' ? place.id : title} · Sightline`;
    const write = () => {
      writtenAt.current = performance.now();
      writeAddress(place);
    };
    const timer = setTimeout(write, Math.max(0, writtenAt.current + ADDRESS_MS - performance.now()));
    return () => clearTimeout(timer);
  }, [place]);
  const navigation = useMemo<Navigation>(() => {
    const show = (next: Place, replace: boolean) => {
      if (placeHref(next) === placeHref(here.current)) return;
      if (!replace) {
        writeAddress(here.current);
        history.pushState(null, '', placeHref(next));
      }
      here.current = next;
      setPlace(next);
    };
    const named = isZone(place.zone) ? place.zone : undefined;
    return {
      place,
      go: (page, id = '', params = {}) => show({ page, id, params, zone: here.current.zone }, false),
      setParam: (name, value) => show({ ...here.current, params: { ...here.current.params, [name]: value } }, true),
      zone: named ?? (isZone(zone) ? zone : 'local'),
      setZone(next) {
        localStorage.setItem(STORED_ZONE, next);
        setStoredZone(next);
        show({ ...here.current, zone: next === 'local' ? '' : next }, true);
      },
    };
  }, [place, zone]);
  return <Context value={navigation}>{children}</Context>;
}

function readHere(): Place {
  return readPlace(location.pathname, location.search);
}

function writeAddress(place: Place): void {
  const href = placeHref(place);
  if (href !== placeHref(readHere())) history.replaceState(null, '', href);
}

/** One parameter of the address, and how to set it ('' removes it); a change takes no step for the Back button. */
export function useParam(name: string): [string, (value: string) => void] {
  const { place, setParam } = useNavigation();
  return [place.params[name] ?? '', (value) => setParam(name, value)];
}

interface LinkProps {
  page: PageName;
  id?: string;
  params?: Place['params'];
  className?: string;
  label?: string;
  current?: boolean;
  children: ReactNode;
}

/** A link to a page: opens in a new tab as any link does. */
export function Link({ page, id = '', params = {}, className, label, current, children }: LinkProps) {
  const { place, go } = useNavigation();
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(page, id, params);
  };
  const href = placeHref({ page, id, params, zone: place.zone });
  return (
    <a href={href} className={className} aria-label={label} aria-current={current ? 'page' : undefined} onClick={follow}>
      {children}
    </a>
  );
}
