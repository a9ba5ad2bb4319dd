import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends exact bytes, which no HTTP client would, and reads the first answer until the server closes. */
export function rawRequest(port: number, bytes: Buffer | string): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A refusal may be followed by a reset while we were still sending; what arrived before counts.
      if (chunks.length === 0) reject(error);
    });
    socket.on('close', () => {
      try {
        resolve(parseAnswer(Buffer.concat(chunks)));
      } catch (error) {
        reject(error instanceof Error ? error : new Error('no answer', { cause: error }));
      }
    });
  });
}

/** A request with a body, closing the connection after the answer. */
export function requestBytes(line: string, headers: Record<string, string>, body: Buffer | string = ''): Buffer {
  const content = Buffer.from(body);
  const all: Record<string, string> = { Host: 'localhost', Connection: 'close', ...headers };
  if (content.length > 0 && !('Transfer-Encoding' in all)) all['Content-Length'] ??= String(content.length);
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1'), content]);
}

function parseAnswer(bytes: Buffer): RawAnswer {
  const text = bytes.toString();
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) throw new Error(`Not an HTTP answer: ${text.slice(0, 200)}`);
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(statusLine.split(' ')[1]), headers, body: text.slice(end + 4) };
}
