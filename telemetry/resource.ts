import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { detectResources, envDetector, type Resource, resourceFromAttributes } from '@opentelemetry/resources';

/** One process, one instance, in all its signals. */
const INSTANCE = randomUUID();

/**
 * Who this process is: `service.name` and `service.version` from OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, else from the package.json of the
 * working folder, and an instance id of its own.
 */
export function resource(): Resource {
  const { name = 'unknown_service:node', version = '0.0.0' } = ownPackage();
  const defaults = resourceFromAttributes({ 'service.name': name, 'service.version': version, 'service.instance.id': INSTANCE });
  return defaults.merge(detectResources({ detectors: [envDetector] }));
}

function ownPackage(): { name?: string; version?: string } {
  try {
    return JSON.parse(readFileSync('package.json', 'utf8'));
  } catch {
    return {};
  }
}
