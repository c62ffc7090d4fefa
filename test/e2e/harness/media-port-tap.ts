/**
 * Listens to the media port of a page's next call: every batch of protected packets and every key that crosses it.
 * Put in place before the page loads; the page's own code sees an ordinary port.
 */
import type { MediaKind } from '../../../src-shared/media/ssrc.ts'
import type { RunningApp } from './app.ts'

export interface TappedCall {
  /** Base64 of what the page sent to main, in order: batches of `src-shared/ipc/packet-batch.ts`. */
  readonly sent: readonly string[]
  /** The `keys` messages, byte strings as base64. */
  readonly keys: readonly TappedKeys[]
}

interface TappedStream {
  readonly key: string
  readonly salt: string
}

export interface TappedKeys {
  readonly generation: number
  readonly send: Readonly<Record<MediaKind, TappedStream>>
  readonly receive: Readonly<Record<MediaKind, TappedStream>>
}

interface TapWindow extends Window {
  tapped?: { sent: string[]; keys: TappedKeys[] }
}

export async function tapMediaPort(app: RunningApp): Promise<void> {
  const page = await app.main()
  await app.electron.context().addInitScript(() => {
    const scope: TapWindow = window
    const tapped = (scope.tapped = { sent: [] as string[], keys: [] as TappedKeys[] })
    const text = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    addEventListener(
      'message',
      (event: MessageEvent<{ kind?: string }>) => {
        const [port] = event.ports
        if (event.data.kind !== 'sightline-media-port' || !port || !event.isTrusted) return
        event.stopImmediatePropagation()
        const middle = new MessageChannel()
        port.onmessage = ({ data }: MessageEvent<{ kind: string }>) => {
          if (data.kind === 'keys') {
            tapped.keys.push(
              JSON.parse(
                JSON.stringify(data, (_name, value: unknown) => (value instanceof Uint8Array ? text(value) : value)),
              ) as TappedKeys,
            )
          }
          middle.port1.postMessage(data)
        }
        middle.port1.onmessage = ({ data }: MessageEvent<{ kind: string; batch?: Uint8Array }>) => {
          if (data.batch && tapped.sent.length < 2000) tapped.sent.push(text(data.batch))
          port.postMessage(data)
        }
        dispatchEvent(
          new MessageEvent('message', {
            data: event.data,
            origin: event.origin,
            source: window,
            ports: [middle.port2],
          }),
        )
      },
      { capture: true },
    )
  })
  await page.reload()
}

export async function takeTapped(app: RunningApp): Promise<TappedCall> {
  const page = await app.main()
  return page.evaluate(() => {
    const scope: TapWindow = window
    if (!scope.tapped) throw new Error('the port was not tapped')
    return scope.tapped
  })
}
