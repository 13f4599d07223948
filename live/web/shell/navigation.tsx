/**
 * Room shell: what all pages share: the bar, the address, the interval of time, keys, themes, canvases.
 *
 * Where the reader is, and links that go elsewhere without loading the page anew.
 */
import { createContext, type MouseEvent, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { isZone, type Zone } from '../format/time.ts';
import { useStream } from '../stream/hooks.ts';
import { type Interval, intervalParams, readInterval } from './interval.ts';
import { PAGES, type PageName, type Place, placeHref, readPlace } from './place.ts';

const STORED_ZONE = 'sightline.zone';
/** Browsers refuse an address that changes a hundred times in half a minute. */
const ADDRESS_MS = 350;

interface Navigation {
  place: Place;
  /** Goes to a page at the interval chosen now, or at another: null for live. */
  go(page: PageName, id?: string, params?: Place['params'], interval?: Interval | null): void;
  setParam(name: string, value: string): void;
  zone: Zone;
  setZone(zone: Zone): void;
  /** The interval chosen; undefined where the page is live. */
  interval: Interval | undefined;
  /** What was wrong with the interval that an address named: the page is live instead. */
  wrongInterval: string | undefined;
  /** Chooses an interval, undefined for live: a step that the Back button takes back. */
  choose(interval: Interval | undefined): void;
}

const Context = createContext<Navigation | undefined>(undefined);

export function useNavigation(): Navigation {
  const navigation = useContext(Context);
  if (!navigation) throw new Error('useNavigation needs a NavigationProvider around it');
  return navigation;
}

export function NavigationProvider({ children }: { children: ReactNode }) {
  const stream = useStream();
  const [zone, setStoredZone] = useState(() => localStorage.getItem(STORED_ZONE) ?? 'local');
  const own = isZone(zone) ? zone : 'local';
  const [{ place, wrong }, setHere] = useState(() => settle(readHere(), stream.now(), own));
  const here = useRef(place);
  here.current = place;
  const writtenAt = useRef(0);
  useEffect(() => {
    const follow = () => setHere(settle(readHere(), stream.now(), own));
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, [stream, own]);
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
      setHere((before) => ({ place: next, wrong: replace ? before.wrong : undefined }));
    };
    const shownZone = zoneOf(place, own);
    // Both ends are numbers by now: what now is makes no difference.
    const { interval } = readInterval(place.from, place.to, 0, shownZone);
    return {
      place,
      go: (page, id = '', params = {}, at) => {
        const ends = at === undefined ? {} : intervalParams(at ?? undefined);
        show({ ...here.current, page, id, params, ...ends }, false);
      },
      setParam: (name, value) => show({ ...here.current, params: { ...here.current.params, [name]: value } }, true),
      zone: shownZone,
      setZone(next) {
        localStorage.setItem(STORED_ZONE, next);
        setStoredZone(next);
        show({ ...here.current, zone: next === 'local' ? '' : next }, true);
      },
      interval,
      wrongInterval: wrong,
      choose: (next) => show({ ...here.current, ...intervalParams(next) }, false),
    };
  }, [place, wrong, own]);
  return <Context value={navigation}>{children}</Context>;
}

const zoneOf = (place: Place, own: Zone): Zone => (isZone(place.zone) ? place.zone : own);

/**
 * The same place with an interval that stands still: `-10m` is counted once, so that a link and a reload show the same rows. Live, and what is
 * wrong, where its interval cannot be read.
 */
function settle(place: Place, nowMs: number, own: Zone): { place: Place; wrong: string | undefined } {
  const { interval, wrong } = readInterval(place.from, place.to, nowMs, zoneOf(place, own));
  return { place: { ...place, ...intervalParams(interval) }, wrong };
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
  /** The interval it leads to: the one chosen now unless given, null for live. */
  interval?: Interval | null;
  className?: string;
  label?: string;
  current?: boolean;
  children: ReactNode;
}

/** A link to a page: opens in a new tab as any link does. */
export function Link({ page, id = '', params = {}, interval, className, label, current, children }: LinkProps) {
  const { place, go } = useNavigation();
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(page, id, params, interval);
  };
  const ends = interval === undefined ? {} : intervalParams(interval ?? undefined);
  const href = placeHref({ ...place, page, id, params, ...ends });
  return (
    <a href={href} className={className} aria-label={label} aria-current={current ? 'page' : undefined} onClick={follow}>
      {children}
    </a>
  );
}
