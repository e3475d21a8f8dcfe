/** What `promise` gives, or `late` does when that takes longer than `ms` milliseconds; others may go on waiting for it. */
export async function inTime<T, L>(promise: Promise<T>, ms: number, late: () => L): Promise<T | L> {
  const over = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => over.resolve(undefined), Math.max(ms, 1));
  try {
    const first = await Promise.race([promise.then((value) => ({ value })), over.promise]);
    return first === undefined ? late() : first.value;
  } finally {
    clearTimeout(timer);
  }
}
