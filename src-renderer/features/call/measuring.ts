import { SECOND } from '../../../src-shared/base/time.ts'

/** Every second, beginning now, until what it returns is called: after that nothing is taken any more. */
export function everySecond<Measured>(read: () => Promise<Measured>, take: (measured: Measured) => void): () => void {
  let on = true
  const measure = async () => {
    const measured = await read()
    if (on) take(measured)
  }
  void measure()
  const timer = setInterval(() => void measure(), SECOND)
  return () => {
    on = false
    clearInterval(timer)
  }
}
