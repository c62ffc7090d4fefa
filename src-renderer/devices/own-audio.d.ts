/** `restrictOwnAudio` of the Screen Capture draft: the page's own sound is left out of what the computer plays. TypeScript's DOM library lacks it. */
export {}

declare global {
  interface MediaTrackConstraintSet {
    restrictOwnAudio?: ConstrainBoolean
  }

  interface MediaTrackSettings {
    restrictOwnAudio?: boolean
  }
}
