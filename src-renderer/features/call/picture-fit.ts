/** Whether the remote picture fills the window and loses its edges, or is shown whole with bars beside it. */

interface Size {
  readonly width: number
  readonly height: number
}

/** Up to this ratio of the two shapes, cutting the edges loses less than bars would disturb. */
const MOST_CUT = 1.6

export function pictureFit(picture: Size, area: Size): 'cover' | 'contain' {
  if (picture.width <= 0 || picture.height <= 0 || area.width <= 0 || area.height <= 0) return 'cover'
  const ratio = picture.width / picture.height / (area.width / area.height)
  return Math.max(ratio, 1 / ratio) <= MOST_CUT ? 'cover' : 'contain'
}
