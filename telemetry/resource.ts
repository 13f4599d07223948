import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { detectResources, envDetector, type Resource, resourceFromAttributes } from '@opentelemetry/resources';

/** Who this process is where no variable says it: name and version from the package.json of the working folder; the instance is one in all its signals. */
export const identity: Resource = resourceFromAttributes({
  ...ownPackage(),
  'service.instance.id': randomUUID(),
});

/** The same with OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, for what no SDK sends. */
export const resource = (): Resource => identity.merge(detectResources({ detectors: [envDetector] }));

function ownPackage(): Record<string, string> {
  const unknown = { 'service.name': 'unknown_service:node', 'service.version': '0.0.0' };
  try {
    const { name = unknown['service.name'], version = unknown['service.version'] } = JSON.parse(
      readFileSync('package.json', 'utf8'),
    );
    return { 'service.name': name, 'service.version': version };
  } catch {
    return unknown;
  }
}
