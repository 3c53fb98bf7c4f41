;; Logs what nobody outside may read, and panics.
(;IMPORTS;)
(import "retort:bot/log@1.0.0" "write" (func $log (param i32 i32 i32)))
(;MODULE;)
(data (i32.const 512) "the secret is 4711")
(;RESPOND;)
(call $log (i32.const 3) (i32.const 512) (i32.const 18))
(unreachable)
