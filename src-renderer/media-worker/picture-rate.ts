/** What the sender of a picture is told of the network. */
export interface PictureRate {
  /** For the encoder, bits a second. */
  readonly bitrate: number
  /** At which packets may leave, bits a second. */
  readonly pacing: number
}
