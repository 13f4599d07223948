declare module 'pino-roll' {
  import type { DestinationStream } from 'pino';
  /** Opens `<file>.<n>.log` and goes on to the next number when it reaches `size`; keeps `limit.count` older files. */
  export default function roll(options: {
    file: string;
    size: string;
    mkdir: boolean;
    limit: { count: number; removeOtherLogFiles: boolean };
  }): Promise<DestinationStream>;
}
