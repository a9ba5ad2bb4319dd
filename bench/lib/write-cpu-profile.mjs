// Preloaded into Studio by `--profile`: records a CPU profile from the first statement to the exit.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';

const INTERVAL_MICROSECONDS = 1000;

const folder = process.env.CPU_PROFILE_DIR;
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.setSamplingInterval', { interval: INTERVAL_MICROSECONDS });
session.post('Profiler.start');

// In-process sessions answer at once, so this works in an exit handler.
process.once('exit', () => {
  session.post('Profiler.stop', (error, answer) => {
    if (error) throw error;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `studio-${process.pid}.cpuprofile`), JSON.stringify(answer.profile));
  });
});
