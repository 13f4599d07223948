/** OTLP's enums by their names, which protobuf's JSON mapping allows beside the numbers. Source: opentelemetry-proto 1.11. */

const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((level) =>
  ['', '2', '3', '4'].map((step) => `SEVERITY_NUMBER_${level}${step}`),
);

/** Number by name, by the field that has such a value. */
export const ENUMS: Readonly<Record<string, ReadonlyMap<string, number>>> = {
  kind: numbered('SPAN_KIND_', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']),
  code: numbered('STATUS_CODE_', ['UNSET', 'OK', 'ERROR']),
  severityNumber: numbered('', ['SEVERITY_NUMBER_UNSPECIFIED', ...severities]),
  aggregationTemporality: numbered('AGGREGATION_TEMPORALITY_', ['UNSPECIFIED', 'DELTA', 'CUMULATIVE']),
};

function numbered(prefix: string, names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, number) => [prefix + name, number]));
}
