;; Reads a clock without end.
(;IMPORTS;)
(import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
(;RESPOND;)
(loop $again (drop (call $now)) (br $again))
