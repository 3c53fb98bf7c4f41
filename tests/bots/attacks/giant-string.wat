;; Hands the host a text of 8 MiB in one call.
(;IMPORTS;)
(import "retort:bot/log@1.0.0" "write" (func $log (param i32 i32 i32)))
(;RESPOND;)
(drop (memory.grow (i32.const 128)))
(call $log (i32.const 1) (i32.const 65536) (i32.const 8388608))
