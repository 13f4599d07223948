/** A statement's text, set out so that it can be read. */
import { useEffect, useState } from 'react';
import { ScrollRegion } from '../shell/scroll-region.tsx';

/** The text as it came until the formatter is loaded, and where it cannot read it: a watcher cuts what is very long. */
export function Sql({ text }: { text: string }) {
  const [formatted, setFormatted] = useState<string>();
  useEffect(() => {
    let gone = false;
    setFormatted(undefined);
    // Loaded here alone: it is as large as the page itself.
    import('sql-formatter')
      .then(({ formatDialect, postgresql }) => formatDialect(text, { dialect: postgresql, keywordCase: 'preserve' }))
      .then(
        (set) => gone || setFormatted(set),
        () => {},
      );
    return () => {
      gone = true;
    };
  }, [text]);
  return (
    <ScrollRegion label="Statement text">
      <pre className="sql">{formatted ?? text}</pre>
    </ScrollRegion>
  );
}
