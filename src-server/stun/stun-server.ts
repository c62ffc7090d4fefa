/** Tells devices behind a NAT how others see them. Keeps nothing, knows nobody, answers with no more than it was asked with. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import { SECOND } from '../../src-shared/base/time.ts'
import { bindingResponse } from './binding.ts'

export interface StunServer {
  readonly port: number
  stop(): Promise<void>
}

export interface StunOptions {
  /** 0: any. */
  readonly port: number
  /** The one address to listen on; all of the machine's if left out. */
  readonly host?: string | undefined
}

/** Answers a second, to all together: a call asks a few times, and forged senders get no more through us than this. */
const ANSWERS_MAX = 500

/** Throws what the system says if the port is taken. */
export async function startStun({ port, host }: StunOptions): Promise<StunServer> {
  const socket = await bound(port, host)
  let answers = 0
  const second = setInterval(() => (answers = 0), SECOND)
  second.unref()
  socket.on('message', (message, { address, port: from }) => {
    const response = answers < ANSWERS_MAX ? bindingResponse(message, { address, port: from }) : undefined
    if (response === undefined) return
    answers += 1
    // A sender that cannot be reached is nobody's trouble.
    socket.send(response, from, address, () => undefined)
  })
  socket.on('error', () => undefined)
  return {
    port: socket.address().port,
    async stop() {
      clearInterval(second)
      socket.close()
      await once(socket, 'close')
    },
  }
}

/** Both address families where the system has both. */
async function bound(port: number, host: string | undefined): Promise<Socket> {
  if (host !== undefined) return bind(isIPv4(host) || host === 'localhost' ? 'udp4' : 'udp6', port, host)
  try {
    return await bind('udp6', port, undefined)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') throw error
    return bind('udp4', port, undefined)
  }
}

async function bind(type: 'udp4' | 'udp6', port: number, address: string | undefined): Promise<Socket> {
  const socket = createSocket({ type })
  try {
    socket.bind({ port, ...(address === undefined ? {} : { address }) })
    await once(socket, 'listening')
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}
