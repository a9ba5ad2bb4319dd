/** Something was not as the demo promises. */
export class UnexpectedError extends Error {
  override readonly name = 'UnexpectedError';

  /** @param advice what the reader can do now */
  constructor(
    message: string,
    readonly advice: string,
  ) {
    super(message);
  }
}

/** Tells what the demo does and sees, line by line. */
export class Story {
  private chapters = 0;

  constructor(private readonly tell: (line: string) => void) {}

  chapter(title: string): void {
    this.chapters += 1;
    this.tell(`\n${this.chapters}. ${title}`);
  }

  /** Something that was checked and is as it should be. */
  saw(line: string): void {
    this.tell(`   ✓ ${line}`);
  }

  remark(line: string): void {
    this.tell(`     ${line}`);
  }

  /** Tells the line when the check holds. @throws UnexpectedError with what was seen instead. */
  check(holds: boolean, line: string, seen: unknown, advice: string): void {
    if (!holds) throw new UnexpectedError(`expected: ${line}\n     saw: ${JSON.stringify(seen)}`, advice);
    this.saw(line);
  }
}
