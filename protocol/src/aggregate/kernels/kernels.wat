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

  ;; out (f64) = a row of i32
  (func (export "widen") (param $row i32) (param $out i32) (param $bytes i32)
    (local $end i32) (local $value v128)
    (local.set $end (i32.add (local.get $row) (local.get $bytes)))
    (loop $next
      (local.set $value (v128.load (local.get $row)))
      (v128.store offset=0 (local.get $out) (f64x2.convert_low_i32x4_s (local.get $value)))
      (v128.store offset=16 (local.get $out)
        (f64x2.convert_low_i32x4_s
          (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $value) (local.get $value))))
      (local.set $out (i32.add (local.get $out) (i32.const 32)))
      (local.set $row (i32.add (local.get $row) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $row) (local.get $end)))))

  ;; the squared distance of two rows of f64: lane k of 8 sums the columns that are k modulo 8, then ((0+2)+(4+6)) + ((1+3)+(5+7))
  (func $between (param $a i32) (param $b i32) (param $bytes i32) (result f64)
    (local $end i32) (local $value v128) (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (local.set $end (i32.add (local.get $a) (local.get $bytes)))
    (loop $next
      (local.set $value (f64x2.sub (v128.load offset=0 (local.get $a)) (v128.load offset=0 (local.get $b))))
      (local.set $sum0 (f64x2.add (local.get $sum0) (f64x2.mul (local.get $value) (local.get $value))))
      (local.set $value (f64x2.sub (v128.load offset=16 (local.get $a)) (v128.load offset=16 (local.get $b))))
      (local.set $sum1 (f64x2.add (local.get $sum1) (f64x2.mul (local.get $value) (local.get $value))))
      (local.set $value (f64x2.sub (v128.load offset=32 (local.get $a)) (v128.load offset=32 (local.get $b))))
      (local.set $sum2 (f64x2.add (local.get $sum2) (f64x2.mul (local.get $value) (local.get $value))))
      (local.set $value (f64x2.sub (v128.load offset=48 (local.get $a)) (v128.load offset=48 (local.get $b))))
      (local.set $sum3 (f64x2.add (local.get $sum3) (f64x2.mul (local.get $value) (local.get $value))))
      (local.set $a (i32.add (local.get $a) (i32.const 64)))
      (local.set $b (i32.add (local.get $b) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $a) (local.get $end))))
    (local.set $sum0
      (f64x2.add
        (f64x2.add (local.get $sum0) (local.get $sum1))
        (f64x2.add (local.get $sum2) (local.get $sum3))))
    (f64.add (f64x2.extract_lane 0 (local.get $sum0)) (f64x2.extract_lane 1 (local.get $sum0))))

  ;; the dot product of two rows of f64: lane k of 8 sums the columns that are k modulo 8, then ((0+2)+(4+6)) + ((1+3)+(5+7))
  (func $dot (param $a i32) (param $b i32) (param $bytes i32) (result f64)
    (local $end i32) (local $value v128) (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (local.set $end (i32.add (local.get $a) (local.get $bytes)))
    (loop $next
      (local.set $value (f64x2.mul (v128.load offset=0 (local.get $a)) (v128.load offset=0 (local.get $b))))
      (local.set $sum0 (f64x2.add (local.get $sum0) (local.get $value)))
      (local.set $value (f64x2.mul (v128.load offset=16 (local.get $a)) (v128.load offset=16 (local.get $b))))
      (local.set $sum1 (f64x2.add (local.get $sum1) (local.get $value)))
      (local.set $value (f64x2.mul (v128.load offset=32 (local.get $a)) (v128.load offset=32 (local.get $b))))
      (local.set $sum2 (f64x2.add (local.get $sum2) (local.get $value)))
      (local.set $value (f64x2.mul (v128.load offset=48 (local.get $a)) (v128.load offset=48 (local.get $b))))
      (local.set $sum3 (f64x2.add (local.get $sum3) (local.get $value)))
      (local.set $a (i32.add (local.get $a) (i32.const 64)))
      (local.set $b (i32.add (local.get $b) (i32.const 64)))
      (br_if $next (i32.lt_u (local.get $a) (local.get $end))))
    (local.set $sum0
      (f64x2.add
        (f64x2.add (local.get $sum0) (local.get $sum1))
        (f64x2.add (local.get $sum2) (local.get $sum3))))
    (f64.add (f64x2.extract_lane 0 (local.get $sum0)) (f64x2.extract_lane 1 (local.get $sum0))))

  ;; out[i] += the squared distance of row i to one row
  (func (export "addDistancesTo") (param $rows i32) (param $stride i32) (param $count i32) (param $to i32) (param $out i32) (param $bytes i32)
    (loop $next
      (f64.store (local.get $out)
        (f64.add (f64.load (local.get $out)) (call $between (local.get $rows) (local.get $to) (local.get $bytes))))
      (local.set $rows (i32.add (local.get $rows) (local.get $stride)))
      (local.set $out (i32.add (local.get $out) (i32.const 8)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; out[i] += the dot product of row i with one row
  (func (export "addDots") (param $rows i32) (param $stride i32) (param $count i32) (param $to i32) (param $out i32) (param $bytes i32)
    (loop $next
      (f64.store (local.get $out)
        (f64.add (f64.load (local.get $out)) (call $dot (local.get $rows) (local.get $to) (local.get $bytes))))
      (local.set $rows (i32.add (local.get $rows) (local.get $stride)))
      (local.set $out (i32.add (local.get $out) (i32.const 8)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; out = Σ weights[i] · the row at offsets[i] in bytes, in that order, from 0
  (func (export "combine") (param $rows i32) (param $offsets i32) (param $weights i32) (param $count i32) (param $out i32) (param $bytes i32)
    (local $end i32) (local $row i32) (local $weight i32) (local $offset i32) (local $last i32) (local $w v128)
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (local.set $end (i32.add (local.get $out) (local.get $bytes)))
    (local.set $last (i32.add (local.get $weights) (i32.shl (local.get $count) (i32.const 3))))
    (loop $columns
      (local.set $offset (local.get $offsets))
      (local.set $weight (local.get $weights))
      (local.set $sum0 (v128.const i64x2 0 0))
      (local.set $sum1 (v128.const i64x2 0 0))
      (local.set $sum2 (v128.const i64x2 0 0))
      (local.set $sum3 (v128.const i64x2 0 0))
      (loop $next
        (local.set $w (v128.load64_splat (local.get $weight)))
        (local.set $row (i32.add (local.get $rows) (i32.load (local.get $offset))))
        (local.set $sum0 (f64x2.add (local.get $sum0) (f64x2.mul (local.get $w) (v128.load offset=0 (local.get $row)))))
        (local.set $sum1 (f64x2.add (local.get $sum1) (f64x2.mul (local.get $w) (v128.load offset=16 (local.get $row)))))
        (local.set $sum2 (f64x2.add (local.get $sum2) (f64x2.mul (local.get $w) (v128.load offset=32 (local.get $row)))))
        (local.set $sum3 (f64x2.add (local.get $sum3) (f64x2.mul (local.get $w) (v128.load offset=48 (local.get $row)))))
        (local.set $offset (i32.add (local.get $offset) (i32.const 4)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 8)))
        (br_if $next (i32.lt_u (local.get $weight) (local.get $last))))
      (v128.store offset=0 (local.get $out) (local.get $sum0))
      (v128.store offset=16 (local.get $out) (local.get $sum1))
      (v128.store offset=32 (local.get $out) (local.get $sum2))
      (v128.store offset=48 (local.get $out) (local.get $sum3))
      (local.set $out (i32.add (local.get $out) (i32.const 64)))
      (local.set $rows (i32.add (local.get $rows) (i32.const 64)))
      (br_if $columns (i32.lt_u (local.get $out) (local.get $end)))))

  ;; sorts every column by the comparators of a network: pairs of rows, as offsets in bytes; 64 columns at a time, which
  ;; the innermost cache holds
  (func (export "sort") (param $rows i32) (param $pairs i32) (param $pairsEnd i32) (param $bytes i32)
    (local $end i32) (local $pair i32) (local $a i32) (local $b i32) (local $stop i32) (local $x v128) (local $y v128)
    (local.set $end (i32.add (local.get $rows) (local.get $bytes)))
    (loop $columns
      (local.set $pair (local.get $pairs))
      (loop $comparators
        (local.set $a (i32.add (local.get $rows) (i32.load (local.get $pair))))
        (local.set $b (i32.add (local.get $rows) (i32.load offset=4 (local.get $pair))))
        (local.set $stop (i32.add (local.get $a) (i32.const 512)))
        (loop $next
          (local.set $x (v128.load offset=0 (local.get $a)))
          (local.set $y (v128.load offset=0 (local.get $b)))
          (v128.store offset=0 (local.get $a) (f64x2.pmin (local.get $x) (local.get $y)))
          (v128.store offset=0 (local.get $b) (f64x2.pmax (local.get $x) (local.get $y)))
          (local.set $x (v128.load offset=16 (local.get $a)))
          (local.set $y (v128.load offset=16 (local.get $b)))
          (v128.store offset=16 (local.get $a) (f64x2.pmin (local.get $x) (local.get $y)))
          (v128.store offset=16 (local.get $b) (f64x2.pmax (local.get $x) (local.get $y)))
          (local.set $x (v128.load offset=32 (local.get $a)))
          (local.set $y (v128.load offset=32 (local.get $b)))
          (v128.store offset=32 (local.get $a) (f64x2.pmin (local.get $x) (local.get $y)))
          (v128.store offset=32 (local.get $b) (f64x2.pmax (local.get $x) (local.get $y)))
          (local.set $x (v128.load offset=48 (local.get $a)))
          (local.set $y (v128.load offset=48 (local.get $b)))
          (v128.store offset=48 (local.get $a) (f64x2.pmin (local.get $x) (local.get $y)))
          (v128.store offset=48 (local.get $b) (f64x2.pmax (local.get $x) (local.get $y)))
          (local.set $a (i32.add (local.get $a) (i32.const 64)))
          (local.set $b (i32.add (local.get $b) (i32.const 64)))
          (br_if $next (i32.lt_u (local.get $a) (local.get $stop))))
        (local.set $pair (i32.add (local.get $pair) (i32.const 8)))
        (br_if $comparators (i32.lt_u (local.get $pair) (local.get $pairsEnd))))
      (local.set $rows (i32.add (local.get $rows) (i32.const 512)))
      (br_if $columns (i32.lt_u (local.get $rows) (local.get $end)))))

  ;; slides a window of sorted rows, whose sum is in out, up for as long as its lowest value is further from the middle than
  ;; the value above it; low is the window's first row, high the row above it, steps how often it may move
  (func (export "slide") (param $low i32) (param $high i32) (param $stride i32) (param $steps i32) (param $middle i32) (param $out i32) (param $bytes i32)
    (local $at i32) (local $x v128) (local $y v128) (local $m v128)
    (loop $rows
      (local.set $at (i32.const 0))
      (loop $next
        (local.set $x (v128.load (i32.add (local.get $low) (local.get $at))))
        (local.set $y (v128.load (i32.add (local.get $high) (local.get $at))))
        (local.set $m (v128.load (i32.add (local.get $middle) (local.get $at))))
        (v128.store (i32.add (local.get $out) (local.get $at))
          (f64x2.add
            (v128.load (i32.add (local.get $out) (local.get $at)))
            (v128.and
              (f64x2.gt (f64x2.sub (local.get $m) (local.get $x)) (f64x2.sub (local.get $y) (local.get $m)))
              (f64x2.sub (local.get $y) (local.get $x)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $at) (local.get $bytes))))
      (local.set $low (i32.add (local.get $low) (local.get $stride)))
      (local.set $high (i32.add (local.get $high) (local.get $stride)))
      (br_if $rows (local.tee $steps (i32.sub (local.get $steps) (i32.const 1))))))
)
