/**
 * The WebSocket frame that a broadcast encodes once for all. It comes in two pieces, which would cost each member two writes and a
 * gathering: from the first call on it is one piece.
 */
export function preEncodedFrame(options: object | undefined): Buffer | undefined {
  if (options === undefined || !("wsPreEncodedFrame" in options)) return undefined;
  const { wsPreEncodedFrame: pieces } = options;
  if (!Array.isArray(pieces)) return undefined;
  const frame: unknown = pieces.length > 1 ? Buffer.concat(pieces) : pieces[0];
  if (pieces.length > 1) options.wsPreEncodedFrame = [frame];
  return Buffer.isBuffer(frame) ? frame : undefined;
}
