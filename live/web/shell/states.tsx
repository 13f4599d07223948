/** What stands where there is nothing to show: loading, empty, failed. */
import type { ReactNode } from 'react';
import type { Answer } from '../api/use-api.ts';

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** An answer's loading and failed states; nothing while there is data. */
export function AnswerState({ answer, what }: { answer: Answer<unknown>; what: string }) {
  if (answer.error) {
    return (
      <div className="empty" role="alert">
        <p className="empty-title">
          {answer.error.status === 404 ? `No such ${what} is held.` : `The ${what} could not be loaded.`}
        </p>
        <p>{answer.error.message}</p>
        <button type="button" onClick={answer.reload}>
          Try again
        </button>
      </div>
    );
  }
  return answer.loading ? <p className="loading" role="status">{`Loading the ${what}…`}</p> : null;
}

/** What to do while the live view has received nothing. */
export function NothingYet() {
  const host = location.hostname;
  return (
    <Empty title="Nothing has come in yet.">
      <p>Start the shop (npm start does), or point any OpenTelemetry SDK here:</p>
      <pre>
        {`OTEL_EXPORTER_OTLP_ENDPOINT=http://${host}:4318
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer <key>"`}
      </pre>
      <p>Addresses and key are in the table that was printed at start. Refused requests are counted on Health.</p>
    </Empty>
  );
}
