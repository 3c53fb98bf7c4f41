;; Asks for a gigabyte of random bytes.
(;IMPORTS;)
(import "wasi:random/random@0.2.0" "get-random-bytes" (func $random (param i64 i32)))
(;RESPOND;)
(call $random (i64.const 1073741824) (i32.const 640))
