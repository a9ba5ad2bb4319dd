import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Starts the load generator. It stays for the whole run, so that its code is warm in every slice. */
export function startLoad() {
  const child = fork(new URL('./load-generator.mjs', import.meta.url), { execArgv: [] });
  return {
    /** Runs one slice and returns its figures. */
    async run(slice) {
      child.send(slice);
      const [answer] = await Promise.race([
        once(child, 'message'),
        once(child, 'exit').then(() => [{ error: 'the load generator ended' }]),
      ]);
      if (answer.error) throw new Error(answer.error);
      return answer.result;
    },
    stop: () => child.disconnect(),
  };
}
