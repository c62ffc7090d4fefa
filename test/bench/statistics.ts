/** Middle values of noisy measurements. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}

/** To three significant digits: more would claim a precision that these machines do not have. */
export function significant(value: number): number {
  return Number(value.toPrecision(3))
}
