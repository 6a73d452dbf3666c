/** Runs tasks one after the other, in the order in which they were given. */
export type Turns = <T>(task: () => Promise<T>) => Promise<T>;

/** One line of turns. A task that fails ends its own turn only. */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const mine = last.then(task);
    last = mine.catch(() => undefined);
    return mine;
  };
}
