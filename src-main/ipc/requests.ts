/** Registers every request of the contract with Electron, once. */
import { ipcMain, type IpcMainInvokeEvent, type WebContents } from 'electron'
import type { RequestName, Requests } from '../../src-shared/ipc/contract.ts'
import { isOwnUrl, REQUEST_PREFIX } from './channels.ts'
import { checkArgument, mayAsk, REQUEST_NAMES, type WindowKind } from './request-schemas.ts'

type Answer<Name extends RequestName> = Requests[Name]['answer'] | Promise<Requests[Name]['answer']>

export type RequestHandlers = {
  readonly [Name in RequestName]: (argument: Requests[Name]['argument'], sender: WebContents) => Answer<Name>
}

export interface RequestListener {
  /** The kind of window that shows `contents`; `undefined` for contents that are not ours. */
  windowOf(contents: WebContents): WindowKind | undefined
  refused(request: RequestName, reason: 'sender' | 'malformed'): void
  failed(request: RequestName, error: unknown): void
}

export function registerRequests(handlers: RequestHandlers, listener: RequestListener): void {
  for (const name of REQUEST_NAMES) register(name, handlers[name], listener)
}

function register<Name extends RequestName>(
  name: Name,
  handler: RequestHandlers[Name],
  listener: RequestListener,
): void {
  ipcMain.handle(`${REQUEST_PREFIX}${name}`, async (event, argument: unknown) => {
    const window = comesFromOwnPage(event) ? listener.windowOf(event.sender) : undefined
    if (window === undefined || !mayAsk(window, name)) {
      listener.refused(name, 'sender')
      throw new RequestError()
    }
    const checked = checkArgument(name, argument)
    if (!checked.ok) {
      listener.refused(name, 'malformed')
      throw new RequestError()
    }
    try {
      return await handler(checked.value, event.sender)
    } catch (error) {
      listener.failed(name, error)
      throw new RequestError()
    }
  })
}

/** What a renderer learns of any failure: nothing about its cause. */
class RequestError extends Error {
  override readonly name = 'RequestError'

  constructor() {
    super('request failed')
  }
}

/** The frame's own URL counts, not its window's: a frame inside our page is not our page. */
function comesFromOwnPage({ senderFrame, sender }: IpcMainInvokeEvent): boolean {
  return senderFrame !== null && senderFrame === sender.mainFrame && isOwnUrl(senderFrame.url)
}
