/** Why something does not hold, and what to do next. */
export class Failure extends Error {
  readonly next: string;
  constructor(reason: string, next: string) {
    super(reason);
    this.next = next;
  }
}
