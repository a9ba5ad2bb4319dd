const isTerminal = process.stdout.isTTY === true;
const running = new Map();
let timer;

/** Announces a step: a live line in a terminal, nothing in a pipe until it has ended. */
export function begin(name) {
  running.set(name, Date.now());
  if (isTerminal) timer ??= setInterval(draw, 200);
}

/** Reports the end of a step in one line. */
export function end(name, mark, remark) {
  const seconds = ((Date.now() - running.get(name)) / 1000).toFixed(1);
  running.delete(name);
  say(`${mark} ${name.padEnd(14)} ${seconds.padStart(6)} s  ${remark}`.trimEnd());
  if (running.size === 0) {
    clearInterval(timer);
    timer = undefined;
  }
}

/** Prints above the live line. */
export function say(text) {
  process.stdout.write(`${isTerminal ? '\r\x1b[K' : ''}${text}\n`);
  draw();
}

function draw() {
  if (!isTerminal || running.size === 0) return;
  const steps = [...running].map(([name, since]) => `${name} ${Math.round((Date.now() - since) / 1000)} s`);
  process.stdout.write(`\r\x1b[K... ${steps.join(', ')}`);
}
