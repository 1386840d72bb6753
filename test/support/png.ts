import { crc32, deflateSync } from "node:zlib";

/** A PNG file of unfiltered lines; `lines` are bytes as the colour type and depth pack them. */
export function pngFile(
  { width, height, depth = 8, color = 2 }: { width: number; height: number; depth?: number; color?: number },
  lines: readonly (readonly number[])[],
  palette?: readonly number[],
): Uint8Array {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, color, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    ...(palette ? [chunk("PLTE", Uint8Array.from(palette))] : []),
    chunk("IDAT", deflateSync(Uint8Array.from(lines.flatMap((line) => [0, ...line])))),
    chunk("IEND", new Uint8Array(0)),
  ]);
}
