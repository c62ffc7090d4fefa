/** `length` bytes from a cryptographic generator. Injected, so that tests and vectors can repeat a run. */
export type RandomBytes = (length: number) => Uint8Array
