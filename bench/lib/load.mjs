import { fork } from 'node:child_process';

/** Starts the load generator. It stays for the whole run, so that its code is warm in every slice. */
export function startLoad() {
  const child = fork(new URL('./load-generator.mjs', import.meta.url), { execArgv: [] });
  let settle;
  child.on('message', (answer) => settle?.(answer));
  child.on('exit', () => settle?.({ error: 'the load generator ended' }));
  return {
    /** Runs one slice and returns its figures; one at a time. */
    async run(slice) {
      const answered = new Promise((resolve) => (settle = resolve));
      child.send(slice);
      const { result, error } = await answered;
      if (error) throw new Error(error);
      return result;
    },
    stop: () => child.disconnect(),
  };
}
