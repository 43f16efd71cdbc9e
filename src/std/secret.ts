const inspect = Symbol.for('nodejs.util.inspect.custom')

/**
 * Text that must never be printed: passwords, shared secrets, tokens. Every way of serialising it gives `[redacted]`;
 * only {@link SecretText.reveal} gives the text, and each call of it is worth a look in review.
 */
export class SecretText {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect](): string {
    return '[redacted]'
  }
}
