import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const TIMEOUT_MS = 30 * 60_000;

/**
 * Runs one command from the root and collects what it prints; `onLine` sees each line as it comes.
 * Never throws: a command that cannot be started or does not end in half an hour is a failed one.
 */
export function runStep({ command, parameters, env = {}, onLine = () => undefined }) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, {
      cwd: ROOT,
      // A group of its own, so that a hanging step can be ended together with its workers.
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`, ...env },
    });
    let output = '';
    const end = () => endGroup(child.pid);
    const timer = setTimeout(() => {
      output += '\nDid not end within 30 minutes and was stopped.\n';
      end();
    }, TIMEOUT_MS);
    process.once('exit', end);
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (piece) => {
        output += piece;
        const lines = (rest + piece).split('\n');
        rest = lines.pop();
        lines.forEach(onLine);
      });
    }
    const finish = (code) => {
      clearTimeout(timer);
      process.removeListener('exit', end);
      resolve({ code, output });
    };
    child.on('error', (error) => {
      output += `${error.message}\n`;
      finish(1);
    });
    child.on('close', (code) => finish(code ?? 1));
  });
}

function endGroup(pid) {
  if (!pid) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch (error) {
    // Ended by itself at the same moment.
    if (error.code !== 'ESRCH') throw error;
  }
}
