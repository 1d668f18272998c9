export interface Frame {
  webp: Buffer;
  x: number;
  y: number;
  width: number;
  height: number;
  ms: number;
}
export function animate(width: number, height: number, frames: readonly Frame[]): Buffer;
