/** Rows of blocks -> OTLP JSON: TracesData, LogsData, MetricsData, grouped by resource and scope. */
import type { Block, LogBlock, PointBlock, SpanBlock } from '../store/block.ts';
import type { ColumnSpec } from '../store/columns.ts';
import { POINT_KINDS } from '../store/columns.ts';
import { grouped, type RowRef } from './groups.ts';
import { type JsonObject, jsonNumber, protobufToJson } from './protobuf-to-json.ts';
import { anyValue, fieldsOf, idText, keyValues, plainAttributes, timeNanos } from './values.ts';

export type { RowRef };

export function tracesData(rows: readonly RowRef<SpanBlock>[]): JsonObject {
  return { resourceSpans: grouped(rows, 'scopeSpans', 'spans', (ref) => spanJson(ref)) };
}

export function logsData(rows: readonly RowRef<LogBlock>[]): JsonObject {
  return { resourceLogs: grouped(rows, 'scopeLogs', 'logRecords', (ref) => logJson(ref)) };
}

export function metricsData(rows: readonly RowRef<PointBlock>[]): JsonObject {
  return { resourceMetrics: grouped(rows, 'scopeMetrics', 'metrics', (ref) => metricJson(ref)) };
}

/** One span with its timestamps as they came. */
function spanJson({ block, row }: RowRef<SpanBlock>): JsonObject {
  const { columns } = block;
  const meta = columns.meta[row] as number;
  const parentSpanId = idText(columns.parent, row, 2);
  const rest = restJson(block, columns.rest[row] as number, 'Span');
  const status = { ...((rest.status ?? {}) as JsonObject), ...(meta >>> 4 === 0 ? {} : { code: meta >>> 4 }) };
  return {
    traceId: idText(columns.trace, row, 4),
    spanId: idText(columns.span, row, 2),
    ...(parentSpanId === '' ? {} : { parentSpanId }),
    name: block.dictionary.text(columns.name[row] as number),
    kind: meta & 15,
    startTimeUnixNano: timeNanos(columns.start, row),
    endTimeUnixNano: timeNanos(columns.end, row),
    attributes: keyValues(block, columns.attributes[row] as number),
    ...rest,
    status,
  };
}

function logJson({ block, row }: RowRef<LogBlock>): JsonObject {
  const { columns } = block;
  const traceId = idText(columns.trace, row, 4);
  const spanId = idText(columns.span, row, 2);
  return {
    timeUnixNano: timeNanos(columns.time, row),
    observedTimeUnixNano: timeNanos(columns.observed, row),
    severityNumber: columns.severity[row] as number,
    severityText: block.dictionary.text(columns.severityText[row] as number),
    body: anyValue(block, columns.body[row] as number),
    attributes: keyValues(block, columns.attributes[row] as number),
    ...(traceId === '' ? {} : { traceId }),
    ...(spanId === '' ? {} : { spanId }),
    ...restJson(block, columns.rest[row] as number, 'LogRecord'),
  };
}

/** One point within a metric of its own: OTLP allows a metric to come in parts. */
function metricJson({ block, row }: RowRef<PointBlock>): JsonObject {
  const { columns } = block;
  const metric = plainAttributes(block, columns.metric[row] as number);
  const type = String(metric.type);
  const data: JsonObject = { dataPoints: [pointJson({ block, row })] };
  if (type !== 'gauge' && type !== 'summary') data.aggregationTemporality = metric.temporality ?? 0;
  if (type === 'sum') data.isMonotonic = metric.monotonic ?? false;
  return {
    name: metric.name ?? '',
    description: metric.description ?? '',
    unit: metric.unit ?? '',
    [type]: data,
    ...fieldsOf(block, columns.metric[row] as number, 'Metric'),
  };
}

/** A point as OTLP JSON writes it. */
export function pointJson({ block, row }: RowRef<PointBlock>): JsonObject {
  const { columns } = block;
  const rest = columns.rest[row] as number;
  switch (POINT_KINDS[columns.kind[row] as number]) {
    case 'histogram':
      return restJson(block, rest, 'HistogramDataPoint');
    case 'exponentialHistogram':
      return restJson(block, rest, 'ExponentialHistogramDataPoint');
    case 'summary':
      return restJson(block, rest, 'SummaryDataPoint');
    default:
      return {
        attributes: keyValues(block, columns.attributes[row] as number),
        startTimeUnixNano: timeNanos(columns.start, row),
        timeUnixNano: timeNanos(columns.time, row),
        ...numberJson({ block, row }),
        ...restJson(block, rest, 'NumberDataPoint'),
      };
  }
}

function numberJson({ block, row }: RowRef<PointBlock>): JsonObject {
  const bytes = valueBytes(block, row);
  switch (POINT_KINDS[block.columns.kind[row] as number]) {
    case 'double':
      return { asDouble: jsonNumber(bytes.readDoubleLE()) };
    case 'int':
      return { asInt: bytes.readBigInt64LE().toString() };
    default:
      return {};
  }
}

function valueBytes({ columns: { value } }: PointBlock, row: number): Buffer {
  return Buffer.from(value.buffer, value.byteOffset + row * 8, 8);
}

/** The value of a number point; NaN where it has none. */
export function pointValue(block: PointBlock, row: number): number {
  const bytes = valueBytes(block, row);
  const kind = POINT_KINDS[block.columns.kind[row] as number];
  return kind === 'double' ? bytes.readDoubleLE() : kind === 'int' ? Number(bytes.readBigInt64LE()) : Number.NaN;
}

type RestMessage =
  | 'Span'
  | 'LogRecord'
  | 'NumberDataPoint'
  | 'HistogramDataPoint'
  | 'ExponentialHistogramDataPoint'
  | 'SummaryDataPoint';

export function restJson(block: Pick<Block<ColumnSpec>, 'dictionary'>, rest: number, message: RestMessage): JsonObject {
  return rest === 0 ? {} : protobufToJson(block.dictionary.view(rest - 1), message);
}
