import { useEffect, useState } from 'react';
import { useParam } from '../shell/navigation.tsx';

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const TYPING_MS = 250;

/** What lines are wanted: '' where all are. */
export interface LogFilter {
  text: string;
  level: string;
  service: string;
  traceId: string;
}

/** The filter in the address; a text that is still being typed counts once it rests. */
export function useLogFilter(): LogFilter {
  const [text] = useParam('text');
  const [level] = useParam('level');
  const [service] = useParam('service');
  const [traceId] = useParam('trace');
  return {
    text: useSettled(text),
    level: LEVELS.includes(level) ? level : '',
    service,
    traceId: /^[0-9a-f]{32}$/.test(traceId) ? traceId : '',
  };
}

/** The value once it has not changed for a quarter of a second: not every key is a new subscription. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), TYPING_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
