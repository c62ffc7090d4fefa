/** One picture that comes in from another side, of its camera or of its screen: buffered, decoded, shown; what is missing is asked for. */
import type { Ms } from '../../src-shared/base/time.ts'
import type { VideoCodec } from '../../src-shared/media/payload-types.ts'
import type { PlayoutPlan, VideoBuffer } from '../../src-shared/media/received.ts'
import type { RtpPacket } from '../../src-shared/media/rtp.ts'
import type { ReceivedVideo } from '../devices/media-session.ts'
import type { PictureSink } from './picture-sink.ts'
import { PacketRequests, patienceFor } from './repair.ts'
import { type PictureListener, VideoPlayout } from './video-playout.ts'

/** While packets are missing, they are looked after this often. */
const MISSING_INTERVAL: Ms = 10

/** Asks the sender, or in a group the relay. */
export interface PictureRequests {
  requestKeyframe(ssrc: number): void
  requestPackets(ssrc: number, lost: readonly number[]): void
}

export interface RemotePictureListener extends Omit<PictureListener, 'polled'> {
  /** From here to the other side and back, as far as is known. */
  roundTrip(): Ms | undefined
}

export class RemotePicture {
  readonly #buffer: VideoBuffer
  readonly #requests: PictureRequests
  readonly #listener: RemotePictureListener
  readonly #missing = new PacketRequests()
  readonly #playout: VideoPlayout
  /** Since `packetsTaken`. */
  #came = false
  #missingTimer: ReturnType<typeof setTimeout> | undefined

  /** `buffer`: which one suits the stream. `sink`: `undefined` while nobody looks. */
  constructor(
    buffer: VideoBuffer,
    sink: PictureSink | undefined,
    requests: PictureRequests,
    listener: RemotePictureListener,
  ) {
    this.#buffer = buffer
    this.#requests = requests
    this.#listener = listener
    this.#playout = new VideoPlayout(buffer, sink, {
      size: (size) => listener.size(size),
      shown: (rtpTimestamp, at) => listener.shown(rtpTimestamp, at),
      failed: (codec) => listener.failed(codec),
      polled: (now) => this.#askForKeyframe(now),
    })
  }

  /** `Date.now()` of the first frame that was shown. */
  get firstAt(): number | undefined {
    return this.#playout.firstAt
  }

  get counters(): ReceivedVideo {
    return this.#playout.counters
  }

  get keyframesRequested(): number {
    return this.#buffer.statistics.keyframesRequested
  }

  /** See `VideoPlayout`. */
  rehearse(codec: VideoCodec, chunk: EncodedVideoChunk): void {
    this.#playout.rehearse(codec, chunk)
  }

  /** An authentic packet of it came in. `leftOut`: what is missing just before it was not sent here. */
  take(rtp: RtpPacket, now: Ms, leftOut: boolean): void {
    if (!this.#playout.isShown) return
    this.#missing.arrived(rtp.ssrc, rtp.sequenceNumber, now, leftOut)
    this.#buffer.insert(rtp, now)
    this.#came = true
  }

  /** All packets that came in together were taken. */
  packetsTaken(): void {
    // Most messages bring sound only, and what waits for time to pass has timers of its own.
    if (!this.#came) return
    this.#came = false
    this.#playout.poll()
    this.#askForMissing()
  }

  /** The other side switched it on or off. */
  setOn(isOn: boolean): void {
    this.#playout.setOn(isOn)
  }

  /** Another place for it; `undefined`: nobody looks, nothing is decoded. */
  show(sink: PictureSink | undefined): void {
    if (sink === undefined) this.#missing.clear()
    this.#playout.show(sink)
  }

  /** Packets that were missed since the last call of this, whether or not they came later. */
  takeMissed(): number {
    return this.#missing.takeMissed()
  }

  pathChanged(): void {
    this.#playout.poll()
  }

  plan(): PlayoutPlan | undefined {
    return this.#buffer.plan()
  }

  setExtraDelay(extra: Ms): void {
    this.#buffer.setExtraDelay(extra)
  }

  /** Nothing comes in any more. */
  stop(): void {
    clearTimeout(this.#missingTimer)
    this.#playout.setOn(false)
  }

  close(): void {
    this.stop()
    this.#playout.close()
  }

  #askForKeyframe(now: Ms): void {
    if (!this.#buffer.takeKeyframeRequest(now, this.#listener.roundTrip())) return
    const media = this.#buffer.ssrc
    if (media !== undefined) this.#requests.requestKeyframe(media)
  }

  /** Asks at once, and again while the answer does not come. */
  #askForMissing(): void {
    clearTimeout(this.#missingTimer)
    const roundTrip = this.#listener.roundTrip()
    const patience = patienceFor(roundTrip, this.#missing.loss)
    this.#buffer.setPatience(patience)
    const lost = this.#missing.take(performance.now(), roundTrip, patience)
    const media = this.#missing.ssrc
    if (media !== undefined && lost.length > 0) this.#requests.requestPackets(media, lost)
    if (!this.#missing.isEmpty) this.#missingTimer = setTimeout(() => this.#askForMissing(), MISSING_INTERVAL)
  }
}
