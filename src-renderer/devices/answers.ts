/** Matches what the worker answers with what it was asked. */

export class Answers<Answer> {
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #next = 0

  ask(send: (id: number) => void): Promise<Answer> {
    const id = this.#next++
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      send(id)
    })
  }

  take(id: number, answer: Answer): void {
    this.#waiting.get(id)?.(answer)
    this.#waiting.delete(id)
  }
}
