/** Moving pictures in the format WebP, of frames that a browser encoded. Format: https://developers.google.com/speed/webp/docs/riff_container */

/**
 * One frame: what changed since the frame before.
 * @typedef {object} Frame
 * @property {Buffer} webp a still WebP picture of the part that changed
 * @property {number} x pixels from the left, even
 * @property {number} y pixels from the top, even
 * @property {number} width pixels of the part
 * @property {number} height pixels of the part
 * @property {number} ms how long the frame is shown, in milliseconds
 */

/**
 * Joins frames to one moving picture that repeats for as long as it is shown.
 * @param {number} width pixels of the whole picture
 * @param {number} height pixels of the whole picture
 * @param {readonly Frame[]} frames
 * @returns {Buffer} a WebP file
 */
export function animate(width, height, frames) {
  const header = Buffer.alloc(10);
  header[0] = 0b10; // it is an animation, without transparency
  header.writeUIntLE(width - 1, 4, 3);
  header.writeUIntLE(height - 1, 7, 3);
  const forever = Buffer.from([0, 0, 0, 255, 0, 0]); // background, number of loops
  const body = Buffer.concat([
    Buffer.from('WEBP'),
    chunk('VP8X', header),
    chunk('ANIM', forever),
    ...frames.map((frame) => chunk('ANMF', frameBody(frame))),
  ]);
  return chunk('RIFF', body);
}

/** @param {Frame} frame */
function frameBody({ webp, x, y, width, height, ms }) {
  const head = Buffer.alloc(16);
  for (const [n, value] of [x / 2, y / 2, width - 1, height - 1, Math.round(ms)].entries())
    head.writeUIntLE(value, n * 3, 3);
  head[15] = 0b10; // drawn over the frame before, without blending
  return Buffer.concat([head, ...picture(webp)]);
}

/**
 * The chunks of a still picture that hold its pixels.
 * @param {Buffer} webp
 */
function picture(webp) {
  if (webp.toString('latin1', 0, 4) !== 'RIFF' || webp.toString('latin1', 8, 12) !== 'WEBP')
    throw new Error('A frame is no WebP picture.');
  const found = [];
  for (let at = 12; at + 8 <= webp.length;) {
    const size = webp.readUInt32LE(at + 4);
    const end = at + 8 + size + (size % 2);
    if (['ALPH', 'VP8 ', 'VP8L'].includes(webp.toString('latin1', at, at + 4))) found.push(webp.subarray(at, end));
    at = end;
  }
  return found;
}

/**
 * @param {string} name four letters
 * @param {Buffer} body
 */
function chunk(name, body) {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}
