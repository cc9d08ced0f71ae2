/** Remembers the newest of many names. */
export class Seen {
  readonly #names = new Set<string>();

  constructor(private readonly most: number) {}

  /** True the first time that a name comes, as far as it was not forgotten. */
  first(name: string): boolean {
    if (this.#names.has(name)) return false;
    this.#names.add(name);
    const [oldest] = this.#names;
    if (this.#names.size > this.most && oldest !== undefined) this.#names.delete(oldest);
    return true;
  }
}
