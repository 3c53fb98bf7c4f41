;; Waits in the host, for ten seconds.
(;IMPORTS;)
(import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $timer (param i64) (result i32)))
(import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
(;RESPOND;)
(call $block (call $timer (i64.const 10000000000)))
