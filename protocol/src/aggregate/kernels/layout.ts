// How numbers lie in the memory of the kernels.

/** Numbers of a row are padded to a multiple of this: what one step of a loop over int32 takes. */
export const LANES = 4;

/** The least multiple of {@link LANES} that holds so many values. */
export const padded = (values: number): number => Math.ceil(values / LANES) * LANES;

/** Parameters that robust rules take at once, from a multiple of it on. Sums over parameters are made block by block. */
export const BLOCK = 512;

/** Numbers from one row of a block to the next: a cache line more, else all rows would share few lines of the cache. */
export const STRIDE = BLOCK + 8;

/** Rows of a block in the kernels' memory: row i begins at i × {@link STRIDE}, and what a block lacks is 0. */
export type Block = Float64Array;

/** What an array of so many values of so many bytes takes of the memory. */
export const room = (values: number, bytes: number): number => Math.ceil((values * bytes) / 16) * 16;
