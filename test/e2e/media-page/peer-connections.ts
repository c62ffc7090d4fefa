/** What the media sessions are compared with: a pair of Chromium's own RTCPeerConnections in the same window. */

export interface Shape {
  readonly width: number
  readonly height: number
  readonly fps: number
}

export class PeerConnectionPair {
  readonly #connections = [new RTCPeerConnection(), new RTCPeerConnection()] as const
  readonly #streams: MediaStream[] = []

  /** `show` gets the own picture of the first and the remote picture of both, in this order. `bitrate`: bits a second at most. */
  async open(shape: Shape, bitrate: number, show: readonly HTMLVideoElement[]): Promise<void> {
    const [a, b] = this.#connections
    a.onicecandidate = ({ candidate }) => void b.addIceCandidate(candidate ?? undefined)
    b.onicecandidate = ({ candidate }) => void a.addIceCandidate(candidate ?? undefined)
    const [own, atFirst, atSecond] = show
    a.ontrack = ({ streams }) => atFirst && (atFirst.srcObject = streams[0] ?? null)
    b.ontrack = ({ streams }) => atSecond && (atSecond.srcObject = streams[0] ?? null)
    for (const connection of this.#connections) await this.#capture(connection, shape)
    if (own) own.srcObject = this.#streams[0] ?? null
    await a.setLocalDescription()
    await b.setRemoteDescription(described(a))
    await b.setLocalDescription()
    await a.setRemoteDescription(described(b))
    for (const connection of this.#connections) await limit(connection, bitrate)
  }

  /** Of the first's picture, bits a second at the nominal frame rate. */
  async bitrate(fps: number): Promise<number> {
    const report = await this.#connections[0].getStats()
    // A maplike without an iterator in TypeScript's DOM library.
    const all: { type: string; kind?: string; bytesSent?: number; framesSent?: number }[] = []
    report.forEach((entry: (typeof all)[number]) => all.push(entry))
    const sent = all.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')
    return ((sent?.bytesSent ?? 0) * 8 * fps) / (sent?.framesSent ?? 1)
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
    for (const stream of this.#streams) for (const track of stream.getTracks()) track.stop()
  }

  async #capture(connection: RTCPeerConnection, { width, height, fps }: Shape): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width, height, frameRate: fps } })
    this.#streams.push(stream)
    for (const track of stream.getTracks()) connection.addTrack(track, stream)
    const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? []
    const video = connection.getTransceivers().find(({ sender }) => sender.track?.kind === 'video')
    video?.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === 'video/VP8' || mimeType === 'video/rtx'))
  }
}

async function limit(connection: RTCPeerConnection, bitrate: number): Promise<void> {
  const sender = connection.getSenders().find(({ track }) => track?.kind === 'video')
  const parameters = sender?.getParameters()
  if (sender === undefined || parameters === undefined) return
  parameters.degradationPreference = 'maintain-resolution'
  for (const encoding of parameters.encodings) encoding.maxBitrate = bitrate
  await sender.setParameters(parameters)
}

function described({ localDescription }: RTCPeerConnection): RTCSessionDescriptionInit {
  if (localDescription === null) throw new Error('no description')
  return localDescription
}
