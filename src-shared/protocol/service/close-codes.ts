/** Why the service ends a connection: WebSocket close codes (docs/protocol/service.md, section 1). */
export const CLOSE = {
  goingAway: 1001,
  malformed: 4000,
  unauthenticated: 4001,
  replaced: 4002,
  revoked: 4003,
} as const
