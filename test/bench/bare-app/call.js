/** One side of a call with Chromium's own RTCPeerConnection; the bench carries the descriptions between the two. */
const connection = new RTCPeerConnection({ iceServers: [] })
const remote = document.querySelector('[data-testid="remote-video"]')
connection.ontrack = ({ streams }) => {
  remote.srcObject = streams[0]
}

const gathered = () =>
  new Promise((resolve) => {
    if (connection.iceGatheringState === 'complete') resolve()
    connection.onicegatheringstatechange = () => connection.iceGatheringState === 'complete' && resolve()
  })

async function described(description) {
  await connection.setLocalDescription(description)
  await gathered()
  return JSON.stringify(connection.localDescription)
}

window.call = {
  /** @param {{ width: number, height: number, fps: number }} shape */
  async open({ width, height, fps }, camera = true) {
    const video = camera && { width, height, frameRate: fps }
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video })
    document.querySelector('[data-testid="own-video"]').srcObject = stream
    for (const track of stream.getTracks()) connection.addTrack(track, stream)
    if (!camera) return
    const codecs = RTCRtpReceiver.getCapabilities('video').codecs
    const transceiver = connection.getTransceivers().find(({ sender }) => sender.track.kind === 'video')
    transceiver.setCodecPreferences(
      codecs.filter(({ mimeType }) => mimeType === 'video/VP8' || mimeType === 'video/rtx'),
    )
  },
  /** After the descriptions are exchanged. bit/s; what is given up where the network carries less. */
  async limit(bitrate, preference) {
    const sender = connection.getSenders().find(({ track }) => track.kind === 'video')
    const parameters = sender.getParameters()
    parameters.degradationPreference = preference
    parameters.encodings[0].maxBitrate = bitrate
    await sender.setParameters(parameters)
  },
  offer: async () => described(await connection.createOffer()),
  async answer(offer) {
    await connection.setRemoteDescription(JSON.parse(offer))
    return described(await connection.createAnswer())
  },
  accept: (answer) => connection.setRemoteDescription(JSON.parse(answer)),
  /** Milliseconds of sound since the start, and of them made up. */
  async heard() {
    const report = [...(await connection.getStats()).values()].find(
      ({ type, kind }) => type === 'inbound-rtp' && kind === 'audio',
    )
    const samples = 48
    return { playedMs: report.totalSamplesReceived / samples, concealedMs: report.concealedSamples / samples }
  },
  /** The estimate of the sending bandwidth, bit/s. */
  async available() {
    const report = [...(await connection.getStats()).values()].find(
      ({ type, nominated, availableOutgoingBitrate }) =>
        type === 'candidate-pair' && nominated && availableOutgoingBitrate !== undefined,
    )
    return report?.availableOutgoingBitrate ?? 0
  },
  async sent() {
    const report = [...(await connection.getStats()).values()].find(
      ({ type, kind }) => type === 'outbound-rtp' && kind === 'video',
    )
    return { frames: report.framesSent, bytes: report.bytesSent, width: report.frameWidth, height: report.frameHeight }
  },
}
