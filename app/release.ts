/** A preload, before telemetry's, which reads the resource once: makes this process the release that deploy.ts's note says. */
import { resource } from '../telemetry/resource.ts';
import { badUntil } from './deploy.ts';

if (badUntil(process.env)) {
  const version = `service.version=${resource().attributes['service.version']}-bad`;
  process.env.OTEL_RESOURCE_ATTRIBUTES = [process.env.OTEL_RESOURCE_ATTRIBUTES, version].filter(Boolean).join(',');
}
