;; The inner loops of aggregation in WebAssembly with 128-bit SIMD: what plain.ts computes, bit for bit.
;; No relaxed SIMD: every instruction used here has one result on every machine (WebAssembly core specification, 4.3).
;; Compiled into binary.ts by `npm run kernels`. Rows are padded with zeros to a multiple of 4 values and lie at multiples
;; of 16 bytes; lengths are in bytes and not 0.
(module
  (import "muster" "memory" (memory 0))

  ;; the bits of all magnitudes of a row of i32 together
  (func (export "magnitudes") (param $at i32) (param $bytes i32) (result i32)
    (local $end i32) (local $value v128) (local $sign v128) (local $bits v128)
    (local.set $end (i32.add (local.get $at) (local.get $bytes)))
    (loop $next
      (local.set $value (v128.load (local.get $at)))
      (local.set $sign (i32x4.shr_s (local.get $value) (i32.const 31)))
      (local.set $bits
        (v128.or (local.get $bits)
          (v128.xor (i32x4.add (local.get $value) (local.get $sign)) (local.get $sign))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (i32.or
      (i32.or (i32x4.extract_lane 0 (local.get $bits)) (i32x4.extract_lane 1 (local.get $bits)))
      (i32.or (i32x4.extract_lane 2 (local.get $bits)) (i32x4.extract_lane 3 (local.get $bits)))))

  ;; sums (f64) += w·a + x·b + y·c + z·d, where a to d are rows of i32, one after the other: 2^53 is not reached, so all is exact
  (func (export "addFour") (param $sums i32) (param $a i32) (param $bytes i32)
    (param $w f64) (param $x f64) (param $y f64) (param $z f64)
    (local $b i32) (local $c i32) (local $d i32) (local $end i32)
    (local $wide v128) (local $low v128) (local $high v128) (local $row v128)
    (local $ws v128) (local $xs v128) (local $ys v128) (local $zs v128)
    (local.set $ws (f64x2.splat (local.get $w)))
    (local.set $xs (f64x2.splat (local.get $x)))
    (local.set $ys (f64x2.splat (local.get $y)))
    (local.set $zs (f64x2.splat (local.get $z)))
    (local.set $end (i32.add (local.get $a) (local.get $bytes)))
    (local.set $b (local.get $end))
    (local.set $c (i32.add (local.get $b) (local.get $bytes)))
    (local.set $d (i32.add (local.get $c) (local.get $bytes)))
    (loop $next
      (local.set $low (v128.load (local.get $sums)))
      (local.set $high (v128.load offset=16 (local.get $sums)))
      (local.set $row (v128.load (local.get $a)))
      (local.set $low (f64x2.add (local.get $low) (f64x2.mul (local.get $ws) (f64x2.convert_low_i32x4_s (local.get $row)))))
      (local.set $row (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $row) (local.get $row)))
      (local.set $high (f64x2.add (local.get $high) (f64x2.mul (local.get $ws) (f64x2.convert_low_i32x4_s (local.get $row)))))
      (local.set $row (v128.load (local.get $b)))
      (local.set $low (f64x2.add (local.get $low) (f64x2.mul (local.get $xs) (f64x2.convert_low_i32x4_s (local.get $row)))))
      (local.set $row (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $row) (local.get $row)))
      (local.set $high (f64x2.add (local.get $high) (f64x2.mul (local.get $xs) (f64x2.convert_low_i32x4_s (local.get $row)))))
      (local.set $row (v128.load (local.get $c)))
      (local.set $low (f64x2.add (local.get $low) (f64x2.mul (local.get $ys) (f64x2.convert_low_i32x4_s (local.get $row)))))
      (local.set $row (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $row) (local.get $row)))
      (local.set $high (f64x2.add (local.get $high) (f64x2.mul (local.get $ys) (f64x2.convert_low_i32x4_s (local.get $row)))))
      (local.set $row (v128.load (local.get $d)))
      (local.set $low (f64x2.add (local.get $low) (f64x2.mul (local.get $zs) (f64x2.convert_low_i32x4_s (local.get $row)))))
      (local.set $row (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $row) (local.get $row)))
      (local.set $high (f64x2.add (local.get $high) (f64x2.mul (local.get $zs) (f64x2.convert_low_i32x4_s (local.get $row)))))
      (v128.store (local.get $sums) (local.get $low))
      (v128.store offset=16 (local.get $sums) (local.get $high))
      (local.set $sums (i32.add (local.get $sums) (i32.const 32)))
      (local.set $a (i32.add (local.get $a) (i32.const 16)))
      (local.set $b (i32.add (local.get $b) (i32.const 16)))
      (local.set $c (i32.add (local.get $c) (i32.const 16)))
      (local.set $d (i32.add (local.get $d) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $a) (local.get $end)))))
)
