// One PNG or JPEG file as pixels of a wanted size: sizes are read from its header before anything is decoded.
import jpeg from 'jpeg-js';
import { readFile, stat } from 'node:fs/promises';
import { PNG } from 'pngjs';
import { malformed, wordsOf } from './malformed.ts';

export interface ImageSize {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
}

const FILE_BYTES = 1 << 26;
/** 64 megapixels. */
const PIXELS_MAX = 1 << 26;
const JPEG_MEMORY_MIB = 1024;
const PNG_MAGIC = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

interface Rgba {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Width and height of a JPEG, from its start of frame (ITU-T T.81, B.2.2). */
function jpegSize(bytes: Buffer): [number, number] | undefined {
  for (let at = 2; at + 9 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    // fill bytes before a marker
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)];
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** @returns width and height as the header tells them; undefined for what is neither PNG nor JPEG */
function sizeOf(bytes: Buffer): [number, number] | undefined {
  if (bytes.length >= 24 && bytes.subarray(0, 8).equals(PNG_MAGIC))
    return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  return bytes.length >= 4 && bytes.readUInt16BE(0) === 0xffd8 ? jpegSize(bytes) : undefined;
}

function decode(bytes: Buffer, name: string): Rgba {
  try {
    if (bytes[0] === PNG_MAGIC[0]) return PNG.sync.read(bytes, { checkCRC: true });
    return jpeg.decode(bytes, {
      useTArray: true,
      tolerantDecoding: false,
      maxResolutionInMP: PIXELS_MAX / 1e6,
      maxMemoryUsageInMB: JPEG_MEMORY_MIB,
    });
  } catch (error) {
    throw malformed(name, `cannot be decoded: ${wordsOf(error)}`, error);
  }
}

/** Rounded luma of ITU-R BT.601, in whole numbers as Pillow's mode L has it. */
const luma = ([red = 0, green = 0, blue = 0]: Uint8Array): number =>
  (19_595 * red + 38_470 * green + 7471 * blue + 0x8000) >> 16;

/** Picks for each wanted pixel the one under its middle: of an image of the wanted size, each itself. */
function pick(image: Rgba, { channels, height, width }: ImageSize): Uint8Array {
  const pixels = new Uint8Array(channels * height * width);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * image.height) / height) * image.width;
    for (let x = 0; x < width; x++) {
      const at = 4 * (row + Math.floor(((x + 0.5) * image.width) / width));
      const place = y * width + x;
      const colours = image.data.subarray(at, at + 3);
      if (channels === 1) pixels[place] = luma(colours);
      else for (let plane = 0; plane < 3; plane++) pixels[plane * height * width + place] = colours[plane] ?? 0;
    }
  }
  return pixels;
}

function checkSize(
  [across, down]: [number, number],
  wanted: ImageSize,
  resize: 'refuse' | 'nearest',
  path: string,
): void {
  if (across * down === 0 || across * down > PIXELS_MAX) throw malformed(path, `is ${across} × ${down} pixels`);
  if (resize === 'refuse' && (across !== wanted.width || down !== wanted.height)) {
    throw malformed(path, `is ${across} × ${down} pixels, not ${wanted.width} × ${wanted.height}`);
  }
}

/**
 * Reads an image. Transparency is ignored; of a coloured image the single channel is its luma.
 * @param resize `nearest` takes the pixel under the middle of each wanted one; `refuse` takes no other size
 * @returns [channels, height, width] bytes
 * @throws MusterError ERR_DATA_MALFORMED naming the file
 */
export async function readImage(path: string, wanted: ImageSize, resize: 'refuse' | 'nearest'): Promise<Uint8Array> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw malformed(path, 'cannot be read', cause);
  });
  if (size > FILE_BYTES) throw malformed(path, `has ${size} bytes, the limit is ${FILE_BYTES}`);
  const bytes = await readFile(path);
  const told = sizeOf(bytes);
  if (told === undefined) throw malformed(path, 'is neither PNG nor JPEG');
  checkSize(told, wanted, resize, path);
  const image = decode(bytes, path);
  // the header's word was taken for the limits, so the decoder must have found the same
  if (image.width !== told[0] || image.height !== told[1]) throw malformed(path, 'has two sizes');
  return pick(image, wanted);
}
