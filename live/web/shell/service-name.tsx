import { createHues } from './hue.ts';
import { HUES } from './theme.ts';

/** The hue of a service, by its name; for classes `hue-<n>` and for `palette.hues`. */
export const serviceHue = createHues(HUES);

/** What the server calls all services that it has no room for one by one. */
const OTHER_SERVICES = '(other services)';
const GROUPED = 'There are more services than numbers are kept for: those that came last are counted together here.';

/** Says that services are grouped, where they are. */
export function GroupedServices({ services }: { services: readonly string[] }) {
  return services.includes(OTHER_SERVICES) ? (
    <p className="hint" role="note">
      <b>{OTHER_SERVICES}</b> {GROUPED}
    </p>
  ) : null;
}

/** A service with its colour. */
export function ServiceName({ service }: { service: string }) {
  return (
    <span className="service" title={service === OTHER_SERVICES ? GROUPED : undefined}>
      <span className={`chip hue-${serviceHue(service)}`} aria-hidden="true" />
      {service || 'unnamed'}
    </span>
  );
}
