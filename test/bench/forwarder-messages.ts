/** Between `relay.ts` and the processes that it measures. Answers come in the order of the requests. */

export interface Connect {
  readonly kind: 'connect'
  readonly offer: string
  readonly certHash: Uint8Array
  readonly accountPub: Uint8Array
  readonly groupId: Uint8Array
  readonly founderCertHash: Uint8Array
}

export type Request = Connect | { readonly kind: 'cpu' }

/** `us`: microseconds of all threads since the start. */
export type Answer = { readonly kind: 'answer'; readonly sdp: string } | { readonly kind: 'cpu'; readonly us: number }

/** Answers requests until the process that made this one is gone. */
export function serve(connect: (request: Connect) => Promise<string>): void {
  let work = Promise.resolve()
  process.on('message', (request: Request) => {
    work = work.then(async () =>
      answer(request.kind === 'cpu' ? cpu() : { kind: 'answer', sdp: await connect(request) }),
    )
  })
  process.on('disconnect', () => process.exit())
}

function cpu(): Answer {
  const { user, system } = process.cpuUsage()
  return { kind: 'cpu', us: user + system }
}

function answer(message: Answer): void {
  process.send?.(message)
}
