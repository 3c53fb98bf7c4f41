;; Makes timers and never drops one.
(;IMPORTS;)
(import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $timer (param i64) (result i32)))
(;RESPOND;)
(loop $again (drop (call $timer (i64.const 1))) (br $again))
