/** Values that tell who someone is or where they are. They have no printable form, so no log line can hold one by accident. */

const inspect = Symbol.for('nodejs.util.inspect.custom')

export class Sensitive<Value> {
  readonly #value: Value

  constructor(value: Value) {
    this.#value = value
  }

  /** The value itself; a call of this is a place to look at in review. */
  reveal(): Value {
    return this.#value
  }

  toString(): string {
    return '[sensitive]'
  }

  toJSON(): string {
    return '[sensitive]'
  }

  [inspect](): string {
    return '[sensitive]'
  }
}
