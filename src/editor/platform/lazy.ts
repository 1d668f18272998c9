/** A part that is loaded and made when it is first needed; `made` is it once that has happened. */
export interface Lazy<T> {
  (): Promise<T>;
  readonly made: T | undefined;
}

/** Wraps the making of a part, which happens at most once; after a failure it is tried again. */
export function lazy<T>(make: () => Promise<T>): Lazy<T> {
  let making: Promise<T> | undefined;
  let made: T | undefined;
  const get = (): Promise<T> =>
    (making ??= make().then(
      (part) => (made = part),
      (error: unknown) => {
        making = undefined;
        throw error;
      },
    ));
  return Object.defineProperty(get, 'made', { get: () => made }) as Lazy<T>;
}
