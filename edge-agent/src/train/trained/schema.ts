// The recipe's choice of what is trained: tensors by name, and low-rank adapters beside frozen weights.
import { z } from 'zod';

const PATTERNS_MAX = 256;
const RANK_MAX = 1024;

const patterns = z.array(z.string().min(1).max(200)).min(1).max(PATTERNS_MAX);

/** Names with `*` and `?`; a tensor that no pattern fits is frozen: a constant that no update holds. */
export const trainableSchema = patterns;

/** LoRA (Hu et al. 2022): beside a frozen weight W the product of A (seeded) and B (zeros), times alpha / rank. */
export const loraSchema = z.strictObject({
  rank: z.int().min(1).max(RANK_MAX),
  alpha: z.number().positive().max(10_000),
  /** weights of MatMul, Gemm or Conv nodes */
  targets: patterns,
});

export type Lora = z.infer<typeof loraSchema>;
