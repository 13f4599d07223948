import { createHues } from './hue.ts';
import { HUES } from './theme.ts';

/** The hue of a service, by its name; for classes `hue-<n>` and for `palette.hues`. */
export const serviceHue = createHues(HUES);

/** A service with its colour. */
export function ServiceName({ service }: { service: string }) {
  return (
    <span className="service">
      <span className={`chip hue-${serviceHue(service)}`} aria-hidden="true" />
      {service || 'unnamed'}
    </span>
  );
}
